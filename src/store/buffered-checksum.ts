import { crc32 } from 'node:zlib'

import { checkSize, invalidType, outOfRange } from './arguments.js'
import { checkInt, checkLong, setLong } from './data-output.js'
import {
  bufferOf,
  byteOffsetOf,
  bytesOf,
  partLength,
  lengthOfKind,
  newBytes,
  privateView,
  setElements,
} from './intrinsics.js'

/**
 * A CRC-32 (as zlib's) of bytes that come a few at a time: they are gathered, because summing up a
 * few bytes costs as much as summing up a few hundred. Values are taken as their little-endian
 * bytes, as outputs write them. Inputs and outputs know their checksums themselves; this is for
 * bytes that come from elsewhere.
 */
export class BufferedChecksum {
  readonly #size: number
  readonly #buffer: Uint8Array
  readonly #data: DataView
  #at = 0
  #checksum = 0

  /** Gathers up to `size` bytes, 8 or more. */
  constructor(size = 1024) {
    checkSize('size', size)
    if (size < 8 || size > LONGEST) throw outOfRange('size', `from 8 to ${LONGEST}`, size)
    this.#size = size
    this.#buffer = newBytes(size)
    this.#data = privateView(bufferOf(this.#buffer), 0, size)
  }

  /** One byte, 0..255; −128..−1 is taken for a signed byte. */
  updateByte(value: number): void {
    if (typeof value !== 'number' || value < -0x80 || value > 0xff || (value | 0) !== value)
      throw outOfRange('value', 'a byte', value)
    this.#need(1)
    this.#buffer[this.#at++] = value
  }

  /** An int16. */
  updateShort(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value)
      throw outOfRange('value', 'an int16', value)
    this.#need(2)
    this.#data.setInt16(this.#at, value, true)
    this.#at += 2
  }

  /** An int32. */
  updateInt(value: number): void {
    checkInt(value)
    this.#need(4)
    this.#data.setInt32(this.#at, value, true)
    this.#at += 4
  }

  /** An int64; a number must be a whole one within ±(2^53 − 1). */
  updateLong(value: bigint | number): void {
    checkLong(value)
    this.#need(8)
    setLong(this.#data, this.#at, value)
    this.#at += 8
  }

  /** `length` bytes of `source` from `offset` (by default all). */
  update(source: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(source, 'Uint8Array')
    if (available === undefined) throw invalidType('source', 'a Uint8Array', source)
    const count = partLength(offset, length, available)
    const start = byteOffsetOf(source) + offset
    if (count <= this.#size) {
      this.#need(count)
      setElements(this.#buffer, bytesOf(bufferOf(source), start, count), this.#at)
      this.#at += count
      return
    }
    this.#sum()
    // In pieces: zlib's checksum takes lengths of 32 bits.
    for (let done = 0; done < count; done += LONGEST) {
      const piece = bytesOf(bufferOf(source), start + done, Math.min(count - done, LONGEST))
      this.#checksum = crc32(piece, this.#checksum)
    }
  }

  /** CRC-32 of everything so far, 0..2^32 − 1. */
  getValue(): number {
    this.#sum()
    return this.#checksum
  }

  /** Begins anew. */
  reset(): void {
    this.#at = 0
    this.#checksum = 0
  }

  #need(count: number): void {
    if (this.#at + count > this.#size) this.#sum()
  }

  #sum(): void {
    if (this.#at === 0) return
    this.#checksum = crc32(bytesOf(bufferOf(this.#buffer), 0, this.#at), this.#checksum)
    this.#at = 0
  }
}

const LONGEST = 2 ** 30
