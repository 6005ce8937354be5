import { invalidType, memoryGone, outOfRange } from '../store/arguments.js'
import { checkInt, checkLong, DataOutput } from '../store/data-output.js'
import { EndOfFileError } from '../store/errors.js'
import {
  bufferOf,
  byteOffsetOf,
  bytesOf,
  partLength,
  lengthOfKind,
  setElements,
} from '../store/intrinsics.js'

/**
 * Lucene's ByteArrayDataOutput: writes into an array that is there already. A value for which no
 * room is left throws EndOfFileError; the position then is what it was before the call, and what
 * is in the array behind it is unspecified.
 */
export class ByteArrayDataOutput extends DataOutput {
  #bytes: Uint8Array = NOTHING
  #at = 0
  #limit = 0

  /** Writes to `length` bytes of `bytes` from `offset` (by default all). Throws as reset() does. */
  constructor(bytes: Uint8Array, offset?: number, length?: number) {
    super()
    this.reset(bytes, offset, length)
  }

  /**
   * Goes on in another array, or in another part of it. Throws a TypeError for what is no
   * Uint8Array, a RangeError for a part that is not in it.
   */
  reset(bytes: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(bytes, 'Uint8Array')
    if (available === undefined) throw invalidType('bytes', 'a Uint8Array', bytes)
    const count = partLength(offset, length, available)
    this.#bytes = bytes
    this.#at = offset
    this.#limit = offset + count
  }

  /** Where in the array the next byte goes, counted from its start. */
  getPosition(): number {
    return this.#at
  }

  override writeByte(value: number): void {
    if (typeof value !== 'number' || value < -0x80 || value > 0xff || (value | 0) !== value)
      throw outOfRange('value', 'a byte', value)
    this.#need(1)
    this.#bytes[this.#at++] = value
  }

  override writeBytes(source: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(source, 'Uint8Array')
    if (available === undefined) throw invalidType('source', 'a Uint8Array', source)
    const count = partLength(offset, length, available)
    this.#need(count)
    setElements(this.#bytes, bytesOf(bufferOf(source), byteOffsetOf(source) + offset, count), this.#at)
    this.#at += count
  }

  override writeShort(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value)
      throw outOfRange('value', 'an int16', value)
    this.#need(2)
    this.#bytes[this.#at++] = value
    this.#bytes[this.#at++] = value >>> 8
  }

  override writeInt(value: number): void {
    checkInt(value)
    this.#need(4)
    this.#bytes[this.#at++] = value
    this.#bytes[this.#at++] = value >>> 8
    this.#bytes[this.#at++] = value >>> 16
    this.#bytes[this.#at++] = value >>> 24
  }

  override writeLong(value: bigint | number): void {
    checkLong(value)
    this.#need(8)
    super.writeLong(value)
  }

  override writeVInt(value: number): void {
    this.#atomically(() => super.writeVInt(value))
  }

  override writeVLong(value: bigint | number): void {
    this.#atomically(() => super.writeVLong(value))
  }

  override writeZLong(value: bigint | number): void {
    this.#atomically(() => super.writeZLong(value))
  }

  override writeGroupVInts(source: Int32Array, count: number): void {
    this.#atomically(() => super.writeGroupVInts(source, count))
  }

  override writeString(value: string): void {
    this.#atomically(() => super.writeString(value))
  }

  override writeMapOfStrings(map: ReadonlyMap<string, string>): void {
    this.#atomically(() => super.writeMapOfStrings(map))
  }

  override writeSetOfStrings(set: ReadonlySet<string>): void {
    this.#atomically(() => super.writeSetOfStrings(set))
  }

  override toString(): string {
    return `ByteArrayDataOutput(position=${this.#at}, end=${this.#limit})`
  }

  #need(count: number): void {
    if (count > this.#limit - this.#at) {
      throw new EndOfFileError(
        `write past the end: bytes=${count}, ${this.#limit - this.#at} left: ${this.toString()}`,
      )
    }
    if (count > 0 && this.#bytes[this.#at + count - 1] === undefined) throw memoryGone(this.toString())
  }

  #atomically(write: () => void): void {
    const at = this.#at
    try {
      write()
    } catch (error) {
      this.#at = at
      throw error
    }
  }
}

const NOTHING = new Uint8Array(0)
