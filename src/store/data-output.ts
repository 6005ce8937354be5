import { checkInstance, checkSize, checkString, invalidType, outOfRange } from './arguments.js'
import { DataInput } from './data-input.js'
import { IndexInput } from './index-input.js'
import { endOfFile } from './input-family.js'
import { elementBytes, lengthOfKind, toMachineOrder } from './intrinsics.js'

/**
 * Writes typed values one after the other: the mirror image of DataInput. Fixed-width values are
 * little-endian. A value that does not fit its type is a RangeError, and nothing is written of it.
 */
export abstract class DataOutput {
  /** One byte, 0..255; −128..−1 is taken for a signed byte. */
  abstract writeByte(value: number): void

  /** `length` bytes of `source` from `offset` (by default all). */
  abstract writeBytes(source: Uint8Array, offset?: number, length?: number): void

  /** An int16, little-endian. */
  writeShort(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value)
      throw outOfRange('value', 'an int16', value)
    this.writeByte(value & 0xff)
    this.writeByte((value >>> 8) & 0xff)
  }

  /** An int32, little-endian. */
  writeInt(value: number): void {
    checkInt(value)
    this.writeByte(value & 0xff)
    this.writeByte((value >>> 8) & 0xff)
    this.writeByte((value >>> 16) & 0xff)
    this.writeByte(value >>> 24)
  }

  /** An int64; a number must be a whole one within ±(2^53 − 1). */
  writeLong(value: bigint | number): void {
    checkLong(value)
    if (typeof value === 'number') {
      this.writeInt(value | 0)
      this.writeInt(Math.floor(value / 0x1_0000_0000))
    } else {
      this.writeInt(Number(BigInt.asIntN(32, value)))
      this.writeInt(Number(value >> 32n))
    }
  }

  /** A float32, little-endian. */
  writeFloat(value: number): void {
    const view = new DataView(new ArrayBuffer(4))
    view.setFloat32(0, checkNumber(value), true)
    this.writeInt(view.getInt32(0, true))
  }

  /** A float64, little-endian. */
  writeDouble(value: number): void {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, checkNumber(value), true)
    this.writeLong(view.getBigInt64(0, true))
  }

  /** An int32 in one to five bytes; negative values take five. */
  writeVInt(value: number): void {
    checkInt(value)
    while ((value & ~0x7f) !== 0) {
      this.writeByte((value & 0x7f) | 0x80)
      value >>>= 7
    }
    this.writeByte(value)
  }

  /** An int64 of 0 or more in one to nine bytes. */
  writeVLong(value: bigint | number): void {
    const long = longOf(value)
    if (long < 0n) throw outOfRange('value', '0 or more; writeZLong takes negative values', value)
    this.#writeVarint(long)
  }

  /** An int32, zig-zag encoded. */
  writeZInt(value: number): void {
    checkInt(value)
    this.writeVInt((value << 1) ^ (value >> 31))
  }

  /** An int64, zig-zag encoded, in one to ten bytes. */
  writeZLong(value: bigint | number): void {
    const long = longOf(value)
    this.#writeVarint(BigInt.asUintN(64, (long << 1n) ^ (long >> 63n)))
  }

  /** `length` int32 values of `source` from index `offset`. */
  writeInts(source: Int32Array, offset = 0, length?: number): void {
    this.#writeElements(elementBytes(source, 'Int32Array', offset, length), 4)
  }

  /** `length` int64 values of `source` from index `offset`. */
  writeLongs(source: BigInt64Array, offset = 0, length?: number): void {
    this.#writeElements(elementBytes(source, 'BigInt64Array', offset, length), 8)
  }

  /** `length` float32 values of `source` from index `offset`. */
  writeFloats(source: Float32Array, offset = 0, length?: number): void {
    this.#writeElements(elementBytes(source, 'Float32Array', offset, length), 4)
  }

  /** The first `count` values in group-varint: see DataInput.readGroupVInts(). */
  writeGroupVInts(source: Int32Array, count: number): void {
    if (lengthOfKind(source, 'Int32Array') === undefined) throw invalidType('source', 'an Int32Array', source)
    checkSize('count', count)
    if (count > source.length)
      throw outOfRange('count', `at most ${source.length}, the source's length`, count)
    this.writeBytes(NOTHING)
    const whole = count - (count % 4)
    for (let i = 0; i < whole; i += 4) {
      let flags = 0
      for (let j = i; j < i + 4; j++) flags = (flags << 2) | (bytesOfInt(source[j]!) - 1)
      this.writeByte(flags)
      for (let j = i; j < i + 4; j++) {
        const value = source[j]!
        for (let byte = 0; byte < bytesOfInt(value); byte++) this.writeByte((value >>> (byte * 8)) & 0xff)
      }
    }
    for (let i = whole; i < count; i++) this.writeVInt(source[i]!)
  }

  /** A string: its length in bytes as a vInt, then UTF-8, in which half a surrogate pair becomes U+FFFD. */
  writeString(value: string): void {
    checkString('value', value)
    const bytes = encoder.encode(value)
    this.writeVInt(bytes.length)
    this.writeBytes(bytes)
  }

  /** Pairs of strings behind their number. Nothing is written where one of them is no string. */
  writeMapOfStrings(map: ReadonlyMap<string, string>): void {
    if (!(map instanceof Map)) throw invalidType('map', 'a Map', map)
    for (const [key, value] of map) {
      checkString('key', key)
      checkString('value', value)
    }
    this.writeVInt(map.size)
    for (const [key, value] of map) {
      this.writeString(key)
      this.writeString(value)
    }
  }

  /** Strings behind their number. Nothing is written where one of them is no string. */
  writeSetOfStrings(set: ReadonlySet<string>): void {
    if (!(set instanceof Set)) throw invalidType('set', 'a Set', set)
    for (const value of set) checkString('value', value)
    this.writeVInt(set.size)
    for (const value of set) this.writeString(value)
  }

  /**
   * The next `length` bytes of an input, which moves past them. Where an IndexInput has not as many,
   * throws EndOfFileError and nothing is copied. A copy that fails later has copied a part, and the
   * input is behind it.
   */
  copyBytes(input: DataInput, length: number): void {
    checkInstance('input', input, DataInput)
    checkSize('length', length)
    this.writeBytes(NOTHING)
    if (input instanceof IndexInput) {
      const position = input.getFilePointer()
      if (length > input.length() - position) throw endOfFile(String(input), position, length, input.length())
    }
    const piece = new Uint8Array(Math.min(length, 64 * 1024))
    for (let done = 0; done < length;) {
      const count = Math.min(piece.length, length - done)
      input.readBytes(piece, 0, count)
      this.writeBytes(piece, 0, count)
      done += count
    }
  }

  #writeVarint(value: bigint): void {
    while (value > 0x7fn) {
      this.writeByte(Number(value & 0x7fn) | 0x80)
      value >>= 7n
    }
    this.writeByte(Number(value))
  }

  #writeElements(bytes: Uint8Array, size: number): void {
    const ordered = Uint8Array.from(bytes)
    toMachineOrder(ordered, size)
    this.writeBytes(ordered)
  }
}

const encoder = new TextEncoder()

/** Written first where there may be nothing to write: a closed output is to say so all the same. */
const NOTHING = new Uint8Array(0)

/** Throws a RangeError unless `value` is an int32. */
export function checkInt(value: number): void {
  if (typeof value !== 'number' || (value | 0) !== value) throw outOfRange('value', 'an int32', value)
}

export function checkLong(value: bigint | number): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw outOfRange('value', 'a whole number within ±(2^53 - 1), or a bigint', value)
    return
  }
  if (typeof value !== 'bigint') throw invalidType('value', 'a bigint or a number', value)
  if (BigInt.asIntN(64, value) !== value) throw outOfRange('value', 'an int64', value)
}

/** An int64 as a bigint. Throws for what is none. */
export function longOf(value: bigint | number): bigint {
  checkLong(value)
  return BigInt(value)
}

/** What checkLong() lets through. A number in halves: a bigint would be made of it only to be taken apart. */
export function setLong(data: DataView, at: number, value: bigint | number): void {
  if (typeof value === 'number') {
    data.setInt32(at, value | 0, true)
    data.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true)
  } else {
    data.setBigInt64(at, value, true)
  }
}

export function checkNumber(value: number): number {
  if (typeof value !== 'number') throw invalidType('value', 'a number', value)
  return value
}

function bytesOfInt(value: number): number {
  return value >>> 0 > 0xff_ffff ? 4 : value >>> 0 > 0xffff ? 3 : value >>> 0 > 0xff ? 2 : 1
}
