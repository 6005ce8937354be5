import {
  checkObject,
  checkOptions,
  checkRange,
  checkSize,
  invalidType,
  outOfRange,
  unsupported,
} from './arguments.js'
import { readAsync } from './async-read.js'
import { checkGroup, safe } from './data-input.js'
import type { MapFailedError } from './errors.js'
import type { ExportedChunk } from './exported-chunk.js'
import {
  type ByteRange,
  IndexInput,
  type LoadRange,
  type ReadAsyncOptions,
  type ViewOptions,
} from './index-input.js'
import { copyAligned, copyBytes, copyOption, endOfFile, InputFamily, NO_FAMILY } from './input-family.js'
import {
  type ArrayOf,
  checkPart,
  decodeUtf8,
  elementCount,
  floatsOf,
  int64,
  intsOf,
  lengthOfKind,
  longsOf,
} from './intrinsics.js'
import { checkContext, type IOContext, type ReadAdvice } from './io-context.js'
import { openPart, opensParts } from './open-part.js'
import type { RandomAccessInput } from './random-access-input.js'
import { SharedInput, type SharedInputData } from './shared-input.js'
import { checkSignal } from './sleep.js'
import { hasZeroByte, isLost, NOTHING, type Window, type WindowSource } from './window.js'
import { WindowedRandomAccess } from './windowed-random-access.js'

/**
 * The one IndexInput of every storage. All reads are written here, against the current window;
 * only when a read leaves it does the input ask the source for another.
 *
 * The fields repeat what window and family know, so that a read costs one comparison and one load.
 * The methods are the class's own rather than inherited, and there is one class, so that a
 * caller's read sites stay monomorphic whatever directory the input came from.
 */
export class WindowedInput extends IndexInput {
  readonly #opened: boolean
  readonly #start: number // of this input in the file
  readonly #length: number
  readonly #parent: WindowedInput | undefined // of a slice, for its description
  readonly #name: string | undefined

  // With values of their kind from the first moment: V8 then knows what these fields hold, and no
  // read checks it again.
  #family = NO_FAMILY
  #window = NOTHING
  #bytes = NOTHING.bytes // the window's
  #data = NOTHING.data // the window's
  #base = 0 // the position in this input of the window's first byte; below 0 where a slice begins later
  #at = 0 // the position of the next read, in the window
  #limit = 0 // where this window or this input ends, in the window

  private constructor(
    family: InputFamily,
    opened: boolean,
    start: number,
    length: number,
    parent: WindowedInput | undefined,
    name: string | undefined,
    window: Window,
    base: number,
    at: number,
    limit: number,
  ) {
    super()
    this.#family = family
    this.#opened = opened
    this.#start = start
    this.#length = length
    this.#parent = parent
    this.#name = name
    this.#window = window
    this.#bytes = window.bytes
    this.#data = window.data
    this.#base = base
    this.#at = at
    this.#limit = limit
  }

  /** What IndexInput.from() does. */
  static over(source: WindowSource, description: string): IndexInput {
    if (typeof source?.window !== 'function' || typeof source.close !== 'function') {
      throw invalidType('source', 'a WindowSource', source)
    }
    checkSize('source.length', source.length)
    if (typeof description !== 'string') throw invalidType('description', 'a string', description)
    const family = new InputFamily(source, description)
    return new WindowedInput(family, true, 0, source.length, undefined, undefined, NOTHING, 0, 0, 0)
  }

  /**
   * Opens a part of an input as a file of its own: as slice() does, but closing it ends its clones
   * and slices, too. Of an input that is neither of this class nor a filter, it is a slice.
   */
  static openPart(
    input: IndexInput,
    name: string,
    offset: number,
    length: number,
    context: IOContext,
  ): IndexInput {
    if (opensParts(input)) return input[openPart](name, offset, length, context)
    const part = input.slice(name, offset, length, context)
    if (!(part instanceof WindowedInput)) return part
    const family = new InputFamily(part.#family.source, part.toString(), part.#family)
    return new WindowedInput(family, true, part.#start, length, undefined, undefined, NOTHING, 0, 0, 0)
  }

  /**
   * Continues a CRC-32 with a part of an input, where its storage does so without copying; undefined
   * where it does not, and for inputs of other classes: what those change is to be summed up.
   */
  static checksum(input: IndexInput, offset: number, length: number, checksum: number): number | undefined {
    if (!(input instanceof WindowedInput)) return undefined
    return input.#family.checksum(input.#start + offset, length, checksum, input)
  }

  /** An input on a part of a source, which it owns, at a position. */
  static attach(source: WindowSource, shared: Omit<SharedInputData, 'kind' | 'source'>): WindowedInput {
    const { description, start, length, position } = shared
    const family = new InputFamily(source, description)
    return new WindowedInput(family, true, start, length, undefined, undefined, NOTHING, position, 0, 0)
  }

  static {
    // Not in index-input.ts, which this module needs before it can exist.
    IndexInput.from = WindowedInput.over
  }

  // Position

  getFilePointer(): number {
    if (this.#family.closed) this.#family.ensureOpen(this)
    return this.#base + this.#at
  }

  length(): number {
    if (this.#family.closed) this.#family.ensureOpen(this)
    return this.#length
  }

  seek(position: number): void {
    if (typeof position !== 'number') throw invalidType('position', 'a number', position)
    const at = position - this.#base
    const whole = at | 0 // compared as an integer, `at` may be none
    if (whole !== at || whole < 0 || whole > this.#limit || position < 0 || this.#family.closed)
      this.#seekAway(position)
    else this.#at = whole
  }

  skipBytes(count: number): void {
    if (typeof count !== 'number') throw invalidType('count', 'a number', count)
    const at = this.#at + count
    if (at >>> 0 !== at || at > this.#limit || count < 0 || this.#family.closed) {
      this.#family.ensureOpen(this)
      checkSize('count', count)
      const position = this.#base + this.#at
      if (count > this.#length - position) throw endOfFile(this.toString(), position, count, this.#length)
      this.#leave(position + count)
    } else {
      this.#at = at | 0
    }
  }

  #seekAway(position: number): void {
    const family = this.#family
    if (position >= 0 && position <= this.#length && Math.floor(position) === position && !family.closed) {
      const window = family.known(this.#start + position)
      if (window === NOTHING) this.#leave(position)
      else this.#use(window, position)
    } else {
      family.ensureOpen(this)
      if (position < 0) throw outOfRange('position', `from 0 to ${this.#length}`, position)
      checkSize('position', position)
      throw endOfFile(this.toString(), position, 0, this.#length)
    }
  }

  /** Goes to a position outside the window. Which bytes are there is asked by the next read. */
  #leave(position: number): void {
    this.#base = position
    this.#at = 0
    this.#limit = 0
  }

  /** Makes `need` bytes (1..8) readable at the position. The position stays the same. */
  #enter(need: number): void {
    const family = this.#family
    family.ensureOpen(this)
    const position = this.#base + this.#at
    if (need > this.#length - position) throw endOfFile(this.toString(), position, need, this.#length)
    const spent = this.#window
    this.#leave(position) // should the source fail, the spent window holds nothing to rely on
    this.#use(family.window(this.#start + position, need, spent.shared ? undefined : spent), position)
  }

  /** Goes to a position in a window. */
  #use(window: Window, position: number): void {
    const base = window.start - this.#start
    this.#window = window
    this.#bytes = window.bytes
    this.#data = window.data
    this.#base = base
    // Kept as small integers: a field that has once held the result of a floating-point
    // operation is boxed from then on, and every read takes twice as long.
    this.#at = (position - base) | 0
    this.#limit = Math.min(window.length, this.#length - base) | 0
  }

  protected atomically<T>(read: () => T): T {
    this.#family.ensureOpen(this)
    const position = this.#base + this.#at
    try {
      return read()
    } catch (error) {
      this.#leave(position)
      throw error
    }
  }

  protected need(bytes: number, what: string): void {
    const position = this.#base + this.#at
    if (bytes > this.#length - position) {
      throw endOfFile(`${what}, ${this.toString()}`, position, bytes, this.#length)
    }
  }

  // Fixed width

  override readByte(): number {
    if (this.#at >= this.#limit || this.#family.closed) this.#enter(1)
    const at = this.#at
    const value = this.#bytes[at]!
    if (!value && (value === undefined || isLost(this.#window))) this.#family.checkRead(value)
    this.#at = at + 1
    return value
  }

  override readShort(): number {
    if (this.#at + 2 > this.#limit || this.#family.closed) this.#enter(2)
    const at = this.#at
    const value = this.#data.getInt16(at, true)
    if (((value & 0xff) === 0 || (value & 0xff00) === 0) && isLost(this.#window))
      this.#family.checkFault(false)
    this.#at = at + 2
    return value
  }

  override readInt(): number {
    if (this.#at + 4 > this.#limit || this.#family.closed) this.#enter(4)
    const at = this.#at
    const value = this.#data.getInt32(at, true)
    if (hasZeroByte(value) && isLost(this.#window)) this.#family.checkFault(false)
    this.#at = at + 4
    return value
  }

  override readLong(): bigint {
    if (this.#at + 8 > this.#limit || this.#family.closed) this.#enter(8)
    const at = this.#at
    const low = this.#data.getUint32(at, true)
    const high = this.#data.getInt32(at + 4, true)
    if ((hasZeroByte(high) || hasZeroByte(low)) && isLost(this.#window)) this.#family.checkFault(false)
    this.#at = at + 8
    return int64(high, low)
  }

  override readSafeLong(): number {
    if (this.#at + 8 > this.#limit || this.#family.closed) this.#enter(8)
    const at = this.#at
    const low = this.#data.getUint32(at, true)
    const high = this.#data.getInt32(at + 4, true)
    // A safe integer from 0 on has a byte that is 0.
    if ((high >= 0 || hasZeroByte(high) || hasZeroByte(low)) && isLost(this.#window))
      this.#family.checkFault(false)
    // These are no high halves of -(2^53 - 2^32) to 2^53 - 1.
    if ((high + 0x1f_ffff) >>> 0 > 0x3f_fffe) safe(int64(high, low))
    this.#at = at + 8
    // A sum of whole numbers is checked for being safe at every read: V8 14 makes twenty instructions of it.
    return (high + low * 2 ** -32) * 0x1_0000_0000
  }

  override readFloat(): number {
    if (this.#at + 4 > this.#limit || this.#family.closed) this.#enter(4)
    const at = this.#at
    const value = this.#data.getFloat32(at, true)
    if (this.#bytes[at + 3] === 0 && isLost(this.#window)) this.#family.checkFault(false)
    this.#at = at + 4
    return value
  }

  override readDouble(): number {
    if (this.#at + 8 > this.#limit || this.#family.closed) this.#enter(8)
    const at = this.#at
    const value = this.#data.getFloat64(at, true)
    if (this.#bytes[at + 7] === 0 && isLost(this.#window)) this.#family.checkFault(false)
    this.#at = at + 8
    return value
  }

  // Variable width: unrolled where the longest value fits the window

  override readVInt(): number {
    let at = this.#at
    if (at + 5 > this.#limit || this.#family.closed) return super.readVInt()
    const bytes = this.#bytes
    let byte = bytes[at++]!
    let value = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      value |= (byte & 0x7f) << 7
      if (byte >= 0x80) {
        byte = bytes[at++]!
        value |= (byte & 0x7f) << 14
        if (byte >= 0x80) {
          byte = bytes[at++]!
          value |= (byte & 0x7f) << 21
          if (byte >= 0x80) {
            byte = bytes[at++]!
            value |= byte << 28
          }
        }
      }
    }
    if (!byte && (byte === undefined || isLost(this.#window))) this.#family.checkRead(byte)
    this.#at = at
    return value
  }

  override readSafeVLong(): number {
    const value = this.#readShortVLong()
    return value >= 0 ? value : super.readSafeVLong()
  }

  override readSafeZLong(): number {
    const value = this.#readShortVLong()
    if (value < 0) return super.readSafeZLong()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A vLong of at most seven bytes, all in the window; otherwise −1, and the position stays. */
  #readShortVLong(): number {
    let at = this.#at
    if (at + 7 > this.#limit || this.#family.closed) return -1
    const bytes = this.#bytes
    let value = 0
    let scale = 1
    for (let end = at + 7; at < end; scale *= 0x80) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale // 49 bits: exact
      if (byte < 0x80) {
        if (byte === 0 && isLost(this.#window)) this.#family.checkFault(false)
        this.#at = at
        return value
      }
    }
    return -1
  }

  override readGroupVInts(target: Int32Array, count: number): void {
    checkGroup(target, count)
    this.#family.ensureOpen(this)
    const position = this.#base + this.#at
    try {
      const whole = count - (count % 4)
      for (let i = 0; i < whole; i += 4) this.readGroupVInt(target, i)
      for (let i = whole; i < count; i++) target[i] = this.readVInt()
    } catch (error) {
      this.#leave(position)
      throw error
    }
  }

  protected override readGroupVInt(target: Int32Array, index: number): void {
    let at = this.#at
    // Seventeen bytes are the longest group. Every value is read as four bytes, and those of the
    // next one are masked away.
    if (at + 17 > this.#limit || this.#family.closed) {
      super.readGroupVInt(target, index)
      return
    }
    const data = this.#data
    const flags = this.#bytes[at++]!
    for (let i = 0; i < 4; i++) {
      const more = (flags >>> (6 - 2 * i)) & 3
      target[index + i] = data.getInt32(at, true) & GROUP_MASK[more]!
      at += more + 1
    }
    if (isLost(this.#window)) this.#family.checkFault(false)
    this.#at = at
  }

  override readString(): string {
    const position = this.#base + this.#at
    const length = this.readVInt()
    const at = this.#at
    if (length >= 0 && at + length <= this.#limit) {
      let text: string
      try {
        if (length > 0 && this.#bytes[at + length - 1] === undefined) this.#family.checkRead(undefined)
        text = decodeUtf8(this.#bytes, at, at + length)
        this.#family.checkCopied(this.#window, length)
      } catch (error) {
        this.#leave(position) // longer than the engine's strings, or lost
        throw error
      }
      this.#at = (at + length) | 0
      return text
    }
    this.#leave(position)
    return super.readString()
  }

  // Bulk

  override readBytes(target: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(target, 'Uint8Array')
    if (available === undefined) throw invalidType('target', 'a Uint8Array', target)
    if (typeof offset !== 'number' || (length !== undefined && typeof length !== 'number')) {
      checkPart(offset, length ?? 0, available)
    }
    const count = length ?? available - offset
    if (offset >>> 0 !== offset || count >>> 0 !== count || count > available - offset) {
      checkPart(offset, count, available)
    }
    const at = this.#at
    if (at + count > this.#limit || this.#family.closed) {
      this.#readFar(target, offset, count)
    } else {
      copyBytes(this.#window, at, target, offset, count)
      this.#family.checkCopied(this.#window, count)
      this.#at = (at + count) | 0
    }
  }

  override readInts(target: Int32Array, offset = 0, length?: number): void {
    const count = elementCount(target, 'Int32Array', offset, length)
    if (!this.#readAligned(intsOf, target, offset, count, 4)) super.readInts(target, offset, length)
  }

  override readLongs(target: BigInt64Array, offset = 0, length?: number): void {
    const count = elementCount(target, 'BigInt64Array', offset, length)
    if (!this.#readAligned(longsOf, target, offset, count, 8)) super.readLongs(target, offset, length)
  }

  override readFloats(target: Float32Array, offset = 0, length?: number): void {
    const count = elementCount(target, 'Float32Array', offset, length)
    if (!this.#readAligned(floatsOf, target, offset, count, 4)) super.readFloats(target, offset, length)
  }

  /** False where they are not all in the window as in an array of them. */
  #readAligned<T extends ArrayBufferView>(of: ArrayOf<T>, to: T, index: number, count: number, size: number) {
    const end = this.#at + count * size
    if (end > this.#limit || this.#family.closed) return false
    if (!copyAligned(this.#window, this.#at, of, to, index, count, size)) return false
    this.#family.checkCopied(this.#window, count * size)
    this.#at = end | 0
    return true
  }

  /** A read that leaves the window: the rest of it, then whole windows, or past them altogether. */
  #readFar(target: Uint8Array, offset: number, length: number): void {
    const family = this.#family
    family.ensureOpen(this)
    const position = this.#base + this.#at
    if (length > this.#length - position) throw endOfFile(this.toString(), position, length, this.#length)
    this.atomically(() => {
      let done = 0
      const { source } = family
      while (done < length) {
        const rest = length - done
        let count = Math.min(this.#limit - this.#at, rest)
        if (count === 0) {
          if (source.read !== undefined && rest >= (source.directLength ?? 0)) {
            const from = this.#base + this.#at
            source.read(this.#start + from, target, offset + done, rest)
            this.#leave(from + rest)
            return
          }
          this.#enter(1)
          count = Math.min(this.#limit - this.#at, rest)
        }
        copyBytes(this.#window, this.#at, target, offset + done, count)
        family.checkCopied(this.#window, count)
        this.#at = (this.#at + count) | 0
        done += count
      }
      family.checkCopied(this.#window, length) // in all: it may be long, though no part of it is
    })
  }

  // Parts

  clone(): IndexInput {
    if (this.#family.closed) this.#family.ensureOpen(this)
    this.#window.shared = true
    return new WindowedInput(
      this.#family,
      false,
      this.#start,
      this.#length,
      this.#parent,
      this.#name,
      this.#window,
      this.#base,
      this.#at,
      this.#limit,
    )
  }

  slice(description: string, offset: number, length: number, context?: IOContext): IndexInput {
    if (typeof description !== 'string') throw invalidType('description', 'a string', description)
    this.#checkPart(`slice() ${description}`, offset, length)
    const family = this.#family
    if (context !== undefined) {
      checkContext(context)
      this.#advise(this.#start + offset, length, context)
    }
    return new WindowedInput(family, false, this.#start + offset, length, this, description, NOTHING, 0, 0, 0)
  }

  randomAccessSlice(offset: number, length: number): RandomAccessInput {
    this.#checkPart('randomAccessSlice()', offset, length)
    return new WindowedRandomAccess(this.#family, this, this.#start + offset, length)
  }

  view(offset: number, length: number, options: ViewOptions = {}): Uint8Array<ArrayBuffer> {
    const copy = copyOption(options)
    this.#checkPart('view()', offset, length)
    return this.#family.view(this.#start + offset, length, copy, this)
  }

  #checkPart(what: string, offset: number, length: number): void {
    if (this.#family.closed) this.#family.ensureOpen(this)
    if (
      !(
        typeof offset === 'number' &&
        typeof length === 'number' &&
        offset >= 0 &&
        length >= 0 &&
        offset + length <= this.#length &&
        Number.isSafeInteger(offset + length)
      )
    )
      checkRange(`${what} of ${this.toString()}`, offset, length, this.#length)
    if (!Number.isInteger(offset)) throw outOfRange('offset', 'a whole number', offset)
  }

  // Memory

  async readAsync(position: number, target: Uint8Array, options: ReadAsyncOptions = {}): Promise<void> {
    const length = lengthOfKind(target, 'Uint8Array')
    if (length === undefined) throw invalidType('target', 'a Uint8Array', target)
    checkOptions('readAsync', options, ['signal'])
    const { signal } = options
    checkSignal(signal)
    const family = this.#family
    family.ensureOpen(this)
    checkSize('position', position)
    if (length > this.#length - position) throw endOfFile(this.toString(), position, length, this.#length)
    const ensureOpen = (): void => this.#family.ensureOpen(this)
    await readAsync({ family, position: this.#start + position, target, length, signal, ensureOpen })
  }

  prefetch(offset: number, length: number): void {
    this.#checkPart('prefetch()', offset, length)
    this.#family.source.prefetch?.(this.#start + offset, length)
  }

  prefetchRanges(ranges: readonly ByteRange[]): void {
    this.#family.ensureOpen(this)
    if (!Array.isArray(ranges)) throw invalidType('ranges', 'an array', ranges)
    const count = ranges.length // asked once: a Proxy could answer something else, or close this
    const pairs = new Float64Array(2 * count)
    for (let i = 0; i < count; i++) {
      const range = ranges[i]!
      checkObject('each of the ranges', range)
      const { offset, length } = range
      this.#checkPart('prefetchRanges()', offset, length)
      pairs[2 * i] = this.#start + offset
      pairs[2 * i + 1] = length
    }
    const { source } = this.#family
    if (source.prefetchRanges !== undefined) source.prefetchRanges(pairs)
    else for (let i = 0; i < pairs.length; i += 2) source.prefetch?.(pairs[i]!, pairs[i + 1]!)
  }

  async load(range: LoadRange = {}): Promise<void> {
    this.#family.ensureOpen(this)
    await this.#family.load(this.#start, this.#length, range, this)
  }

  get loaded(): Promise<void> | undefined {
    this.#family.ensureOpen(this)
    return this.#family.source.loaded
  }

  isLoaded(): boolean | undefined {
    this.#family.ensureOpen(this)
    return this.#family.source.isLoaded?.(this.#start, this.#length)
  }

  residentBytes(): number | undefined {
    this.#family.ensureOpen(this)
    return this.#family.source.residentBytes?.(this.#start, this.#length)
  }

  get advice(): ReadAdvice {
    this.#family.ensureOpen(this)
    return this.#family.source.advice?.(this.#start, this.#length) ?? 'normal'
  }

  updateIOContext(context: IOContext): void {
    this.#family.ensureOpen(this)
    checkContext(context)
    this.#advise(this.#start, this.#length, context)
  }

  #advise(start: number, length: number, context: IOContext): void {
    try {
      this.#family.source.advise?.(start, length, context)
    } finally {
      this.#family.ensureOpen(this) // which advice that is, the program is asked, and may close this
    }
  }

  share(): SharedInput {
    this.#family.ensureOpen(this)
    const { source } = this.#family
    if (source.share === undefined) {
      throw unsupported(`Cannot be shared with another thread: ${this.toString()}`)
    }
    const shared = source.share(this.#start, this.#length)
    checkObject('what share() of the source has returned', shared)
    const { release, ...where } = shared
    const data = {
      ...where,
      description: this.toString(),
      start: this.#start,
      length: this.#length,
      position: this.#base + this.#at,
    }
    return new SharedInput(data, release)
  }

  exportChunks(): ExportedChunk[] {
    this.#family.ensureOpen(this)
    return this.#family.exportChunks(this.#start, this.#length, this)
  }

  checkFault(): void {
    this.#family.ensureOpen(this)
    this.#family.checkFault(true)
  }

  get mapped(): boolean {
    this.#family.ensureOpen(this)
    return this.#family.source.mapped ?? false
  }

  get mapFailure(): MapFailedError | undefined {
    this.#family.ensureOpen(this)
    return this.#family.source.mapFailure
  }

  // End

  close(): void {
    const family = this.#family
    if (this.#opened) {
      try {
        family.close()
      } finally {
        this.#forget()
      }
    } else {
      // Even of a family that has ended: who closes a part of what is lost has closed it.
      this.#family = family.closedTwin()
      this.#forget()
    }
  }

  #forget(): void {
    this.#window = NOTHING
    this.#bytes = NOTHING.bytes
    this.#data = NOTHING.data
    this.#limit = 0
  }

  override toString(): string {
    return this.#parent === undefined
      ? this.#family.description
      : `${this.#parent.toString()} [slice=${this.#name}]`
  }
}

const GROUP_MASK = [0xff, 0xffff, 0xff_ffff, -1]
