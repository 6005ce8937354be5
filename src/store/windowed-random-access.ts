import { checkRange, checkSize, invalidType } from './arguments.js'
import { safe } from './data-input.js'
import { copyBytes, endOfFile, type InputFamily, NO_FAMILY } from './input-family.js'
import { int64, lengthOfKind, partLength } from './intrinsics.js'
import type { RandomAccessInput } from './random-access-input.js'
import { hasZeroByte, isLost, NOTHING } from './window.js'

/** Absolute reads over the windows of an opened input. */
export class WindowedRandomAccess implements RandomAccessInput {
  readonly #family = NO_FAMILY // see the fields of WindowedInput
  readonly #origin: { toString(): string }
  readonly #start: number // of the range in the file
  readonly #length: number

  #window = NOTHING
  #bytes = NOTHING.bytes // the window's
  #data = NOTHING.data // the window's
  #base = 0 // the position in the range of the window's first byte
  #limit = 0 // where the window or the range ends, in the window

  constructor(family: InputFamily, origin: { toString(): string }, start: number, length: number) {
    this.#family = family
    this.#origin = origin
    this.#start = start
    this.#length = length
  }

  length(): number {
    this.#family.ensureOpen(this)
    return this.#length
  }

  readByte(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at >= this.#limit || position < 0 || this.#family.closed)
      at = this.#enter(position, 1)
    const value = this.#bytes[at]!
    if (!value && (value === undefined || isLost(this.#window))) this.#family.checkRead(value)
    return value
  }

  readShort(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 2 || position < 0 || this.#family.closed)
      at = this.#enter(position, 2)
    const value = this.#data.getInt16(at, true)
    if (((value & 0xff) === 0 || (value & 0xff00) === 0) && isLost(this.#window))
      this.#family.checkFault(false)
    return value
  }

  readInt(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 4 || position < 0 || this.#family.closed)
      at = this.#enter(position, 4)
    const value = this.#data.getInt32(at, true)
    if (hasZeroByte(value) && isLost(this.#window)) this.#family.checkFault(false)
    return value
  }

  readLong(position: number): bigint {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 8 || position < 0 || this.#family.closed)
      at = this.#enter(position, 8)
    const low = this.#data.getUint32(at, true)
    const high = this.#data.getInt32(at + 4, true)
    if ((hasZeroByte(high) || hasZeroByte(low)) && isLost(this.#window)) this.#family.checkFault(false)
    return int64(high, low)
  }

  readSafeLong(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 8 || position < 0 || this.#family.closed)
      at = this.#enter(position, 8)
    const low = this.#data.getUint32(at, true)
    const high = this.#data.getInt32(at + 4, true)
    // A safe integer from 0 on has a byte that is 0.
    if ((high >= 0 || hasZeroByte(high) || hasZeroByte(low)) && isLost(this.#window))
      this.#family.checkFault(false)
    // Whole numbers from -(2^53 - 2^32) to 2^53 - 1 have a high half of these.
    if ((high + 0x1f_ffff) >>> 0 > 0x3f_fffe) safe(int64(high, low))
    // A sum of whole numbers is checked for being safe at every read: V8 14 makes twenty instructions of it.
    return (high + low * 2 ** -32) * 0x1_0000_0000
  }

  readFloat(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 4 || position < 0 || this.#family.closed)
      at = this.#enter(position, 4)
    const value = this.#data.getFloat32(at, true)
    if (this.#bytes[at + 3] === 0 && isLost(this.#window)) this.#family.checkFault(false)
    return value
  }

  readDouble(position: number): number {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 8 || position < 0 || this.#family.closed)
      at = this.#enter(position, 8)
    const value = this.#data.getFloat64(at, true)
    if (this.#bytes[at + 7] === 0 && isLost(this.#window)) this.#family.checkFault(false)
    return value
  }

  readBytes(position: number, target: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(target, 'Uint8Array')
    if (available === undefined) throw invalidType('target', 'a Uint8Array', target)
    const count = partLength(offset, length, available)
    if (
      this.#family.closed ||
      typeof position !== 'number' ||
      position < 0 ||
      position >>> 0 !== position ||
      count > this.#length - position
    ) {
      this.#check(position, count)
    }
    const { source } = this.#family
    for (let done = 0; done < count;) {
      const rest = count - done
      let at = position + done - this.#base
      if (at < 0 || at >= this.#limit) {
        if (source.read !== undefined && rest >= (source.directLength ?? 0)) {
          source.read(this.#start + position + done, target, offset + done, rest)
          return
        }
        at = this.#enter(position + done, 1)
      }
      const part = Math.min(this.#limit - at, rest)
      copyBytes(this.#window, at, target, offset + done, part)
      this.#family.checkCopied(this.#window, part)
      done += part
    }
    this.#family.checkCopied(this.#window, count)
  }

  prefetch(offset: number, length: number): void {
    this.#family.ensureOpen(this)
    checkRange(`prefetch() of ${this.toString()}`, offset, length, this.#length)
    this.#family.source.prefetch?.(this.#start + offset, length)
  }

  isLoaded(): boolean | undefined {
    this.#family.ensureOpen(this)
    return this.#family.source.isLoaded?.(this.#start, this.#length)
  }

  toString(): string {
    return `${this.#origin.toString()} [slice=randomaccess]`
  }

  #check(position: number, need: number): void {
    this.#family.ensureOpen(this)
    checkSize('position', position)
    if (need > this.#length - position) throw endOfFile(this.toString(), position, need, this.#length)
  }

  /** Makes `need` bytes readable at the position and returns where in the window they are. */
  #enter(position: number, need: number): number {
    const family = this.#family
    const inFile = this.#start + position
    let window = position >= 0 ? family.known(inFile) : NOTHING
    if (
      !(position >= 0 && inFile + need <= window.start + window.length) ||
      need > this.#length - position ||
      Math.floor(position) !== position ||
      family.closed
    ) {
      this.#check(position, need)
      const spent = this.#window
      this.#limit = 0 // should the source fail, the spent window holds nothing to rely on
      window = family.window(inFile, need, spent.shared ? undefined : spent)
    }
    const base = window.start - this.#start
    this.#window = window
    this.#bytes = window.bytes
    this.#data = window.data
    this.#base = base
    this.#limit = Math.min(window.length, this.#length - base) | 0 // a small integer, not a boxed one
    return (position - base) | 0
  }
}
