import { checkSize, invalidType, outOfRange } from './arguments.js'
import { CorruptIndexError } from './errors.js'
import { decodeUtf8, elementBytes, lengthOfKind, toMachineOrder } from './intrinsics.js'

/**
 * Reads typed values one after the other. Fixed-width values are little-endian, as Lucene writes
 * them since 9.0, and may lie at any offset.
 *
 * A read past the end throws EndOfFileError; after any failure the position is what it was before
 * the call, and what a bulk read had put into its target by then is unspecified. Belongs to one
 * reader: to read in two places at once, clone the input.
 */
export abstract class DataInput {
  /** The next byte, 0..255. */
  abstract readByte(): number

  /** Fills `target` from `offset`, `length` bytes (by default to its end). */
  abstract readBytes(target: Uint8Array, offset?: number, length?: number): void

  /** Moves on by `count` bytes, 0 or more, without reading them. */
  abstract skipBytes(count: number): void

  /** For subclasses: runs a read of several parts; where one fails, the position is put back. */
  protected abstract atomically<T>(read: () => T): T

  /** For subclasses: throws unless at least `bytes` are left; asked before memory is taken for them. */
  protected abstract need(bytes: number, what: string): void

  /** An int16, little-endian. */
  readShort(): number {
    return scratch(this, 2).getInt16(0, true)
  }

  /** An int32, little-endian. */
  readInt(): number {
    return scratch(this, 4).getInt32(0, true)
  }

  /** An int64, exactly. */
  readLong(): bigint {
    return scratch(this, 8).getBigInt64(0, true)
  }

  /** An int64 as a number. Throws a RangeError when it is outside ±(2^53 − 1). */
  readSafeLong(): number {
    return this.atomically(() => safe(this.readLong()))
  }

  /** A float32, little-endian. */
  readFloat(): number {
    return scratch(this, 4).getFloat32(0, true)
  }

  /** A float64, little-endian. */
  readDouble(): number {
    return scratch(this, 8).getFloat64(0, true)
  }

  /** An int32 of one to five bytes, seven bits each, the lowest first. */
  readVInt(): number {
    return this.atomically(() => {
      let value = 0
      // Five bytes at the most, whatever the fifth one says: as Lucene since 10.0.
      for (let shift = 0; shift <= 28; shift += 7) {
        const byte = this.readByte()
        value |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      return value
    })
  }

  /** An int64 of one to ten bytes, seven bits each, the lowest first. */
  readVLong(): bigint {
    return this.atomically(() => {
      let low = 0 // the first 28 bits
      for (let shift = 0; shift < 28; shift += 7) {
        const byte = this.readByte()
        low |= (byte & 0x7f) << shift
        if (byte < 0x80) return BigInt(low)
      }
      let value = BigInt(low)
      for (let shift = 28n; shift <= 63n; shift += 7n) {
        const byte = this.readByte()
        value |= BigInt(byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      return BigInt.asIntN(64, value)
    })
  }

  /** readVLong() as a number. Throws a RangeError when it is outside ±(2^53 − 1). */
  readSafeVLong(): number {
    return this.atomically(() => {
      let value = 0
      let scale = 1
      for (let count = 0; count < 7; count++) {
        const byte = this.readByte()
        value += (byte & 0x7f) * scale // 49 bits: exact
        if (byte < 0x80) return value
        scale *= 0x80
      }
      let rest = 0n
      for (let shift = 49n; shift <= 63n; shift += 7n) {
        const byte = this.readByte()
        rest |= BigInt(byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      return safe(BigInt.asIntN(64, rest | BigInt(value)))
    })
  }

  /** A vInt that holds a zig-zag encoded int32: small negative values are short, too. */
  readZInt(): number {
    const value = this.readVInt()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A vLong that holds a zig-zag encoded int64. */
  readZLong(): bigint {
    return unzigzag(this.readVLong())
  }

  /** readZLong() as a number. Throws a RangeError when it is outside ±(2^53 − 1). */
  readSafeZLong(): number {
    return this.atomically(() => safe(this.readZLong()))
  }

  /** Fills `target` with `length` int32 values from index `offset`. */
  readInts(target: Int32Array, offset = 0, length?: number): void {
    const bytes = elementBytes(target, 'Int32Array', offset, length)
    this.readBytes(bytes)
    toMachineOrder(bytes, 4)
  }

  /** Fills `target` with `length` int64 values from index `offset`. */
  readLongs(target: BigInt64Array, offset = 0, length?: number): void {
    const bytes = elementBytes(target, 'BigInt64Array', offset, length)
    this.readBytes(bytes)
    toMachineOrder(bytes, 8)
  }

  /** Fills `target` with `length` float32 values from index `offset`. */
  readFloats(target: Float32Array, offset = 0, length?: number): void {
    const bytes = elementBytes(target, 'Float32Array', offset, length)
    this.readBytes(bytes)
    toMachineOrder(bytes, 4)
  }

  /**
   * Fills the first `count` elements of `target` from group-varint: four values behind one byte
   * that says how long each is, the last count % 4 values as vInts.
   */
  readGroupVInts(target: Int32Array, count: number): void {
    checkGroup(target, count)
    this.atomically(() => {
      const whole = count - (count % 4)
      for (let i = 0; i < whole; i += 4) this.readGroupVInt(target, i)
      for (let i = whole; i < count; i++) target[i] = this.readVInt()
    })
  }

  /** For subclasses: reads one whole group into target[index] and the three behind it. */
  protected readGroupVInt(target: Int32Array, index: number): void {
    const flags = this.readByte()
    for (let i = 0; i < 4; i++) {
      let value = 0
      for (let shift = 0; shift <= ((flags >>> (6 - 2 * i)) & 3) * 8; shift += 8) {
        value |= this.readByte() << shift
      }
      target[index + i] = value
    }
  }

  /** A string: its length in bytes as a vInt, then UTF-8, in which malformed parts become U+FFFD. */
  readString(): string {
    return this.atomically(() => {
      const length = this.readCount('string', 1)
      const bytes = new Uint8Array(length)
      this.readBytes(bytes)
      return decodeUtf8(bytes, 0, length)
    })
  }

  /** Pairs of strings behind their number. Throws CorruptIndexError where a key appears twice. */
  readMapOfStrings(): ReadonlyMap<string, string> {
    return this.atomically(() => {
      const count = this.readCount('map', 2)
      const map = new Map<string, string>()
      for (let i = 0; i < count; i++) map.set(this.readString(), this.readString())
      if (map.size !== count) throw new CorruptIndexError('A key appears twice in a map of strings')
      return map
    })
  }

  /** Strings behind their number. Throws CorruptIndexError where one appears twice. */
  readSetOfStrings(): ReadonlySet<string> {
    return this.atomically(() => {
      const count = this.readCount('set', 1)
      const set = new Set<string>()
      for (let i = 0; i < count; i++) set.add(this.readString())
      if (set.size !== count) throw new CorruptIndexError('A string appears twice in a set of strings')
      return set
    })
  }

  /** For subclasses: a length or count that is really there; each of its units takes `unit` bytes or more. */
  protected readCount(what: string, unit: number): number {
    const count = this.readVInt()
    if (count < 0) throw new CorruptIndexError(`The length of a ${what} is negative: ${count}`)
    this.need(count * unit, `a ${what} of ${count}`)
    return count
  }
}

// Not private methods of the class: each instance of it and of its subclasses would have to be
// marked as having them, which takes as long as the rest of a clone.

/** The next `length` bytes, to take a value from. */
function scratch(input: DataInput, length: number): DataView {
  const bytes = new Uint8Array(length)
  input.readBytes(bytes)
  return new DataView(bytes.buffer)
}

/** Throws unless `target` can take `count` group-varints. */
export function checkGroup(target: Int32Array, count: number): void {
  if (lengthOfKind(target, 'Int32Array') === undefined) throw invalidType('target', 'an Int32Array', target)
  checkSize('count', count)
  if (count > target.length) throw outOfRange('count', `at most ${target.length}, the target's length`, count)
}

/** Throws a RangeError for an int64 that a number does not hold exactly. */
export function safe(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number))
    throw outOfRange('value', 'within ±(2^53 - 1); read it as a bigint', value)
  return number
}

export function unzigzag(value: bigint): bigint {
  return (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n)
}
