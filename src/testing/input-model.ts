/**
 * What an input should do, written down a second time over plain bytes, without windows and
 * without a hurry. Failures are named as the library's error classes are.
 */
export class Failure extends Error {
  readonly error: 'EndOfFileError' | 'RangeError' | 'CorruptIndexError'

  constructor(error: Failure['error']) {
    super(error)
    this.error = error
  }
}

const INT64 = 64

export class InputModel {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  clone(): InputModel {
    return new InputModel(this.bytes, this.position)
  }

  slice(offset: number, length: number): InputModel {
    this.part(offset, length)
    return new InputModel(this.bytes.subarray(offset, offset + length))
  }

  part(offset: number, length: number): Buffer {
    for (const size of [offset, length])
      if (!Number.isSafeInteger(size) || size < 0) throw new Failure('RangeError')
    if (offset + length > this.bytes.length) throw new Failure('RangeError')
    return this.bytes.subarray(offset, offset + length)
  }

  seek(position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) throw new Failure('RangeError')
    if (position > this.bytes.length) throw new Failure('EndOfFileError')
    this.position = position
  }

  skipBytes(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) throw new Failure('RangeError')
    if (count > this.left()) throw new Failure('EndOfFileError')
    this.position += count
  }

  /** An absolute read: the position stays. */
  at<T>(position: number, read: (model: InputModel) => T): T {
    if (!Number.isSafeInteger(position) || position < 0) throw new Failure('RangeError')
    if (position > this.bytes.length) throw new Failure('EndOfFileError')
    return read(new InputModel(this.bytes, position))
  }

  /** A read, after whose failure the position is what it was before. */
  read<T>(read: (model: InputModel) => T): T {
    const { position } = this
    try {
      return read(this)
    } catch (error) {
      this.position = position
      throw error
    }
  }

  left(): number {
    return this.bytes.length - this.position
  }

  take(count: number): Buffer {
    if (count > this.left()) throw new Failure('EndOfFileError')
    this.position += count
    return this.bytes.subarray(this.position - count, this.position)
  }
}

export type Read = (model: InputModel) => unknown

function varint(model: InputModel, most: number, bits: number): bigint {
  let value = 0n
  for (let i = 0; i < most; i++) {
    const byte = model.take(1)[0]!
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) break
  }
  return BigInt.asIntN(bits, value)
}

function unzigzag(value: bigint, bits: number): bigint {
  const unsigned = BigInt.asUintN(bits, value)
  return unsigned % 2n === 0n ? unsigned / 2n : -(unsigned + 1n) / 2n
}

function safe(value: bigint): number {
  if (value > 2n ** 53n - 1n || value < -(2n ** 53n) + 1n) throw new Failure('RangeError')
  return Number(value)
}

function lengthPrefix(model: InputModel, unit: number): number {
  const value = Number(varint(model, 5, 32))
  if (value < 0) throw new Failure('CorruptIndexError')
  if (value * unit > model.left()) throw new Failure('EndOfFileError')
  return value
}

function text(model: InputModel): string {
  const length = lengthPrefix(model, 1)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(model.take(length))
}

/** The reads of fixed width, which exist with an absolute position as well. */
export const FIXED_READS = {
  readByte: (model) => model.take(1)[0],
  readShort: (model) => model.take(2).readInt16LE(),
  readInt: (model) => model.take(4).readInt32LE(),
  readLong: (model) => model.take(8).readBigInt64LE(),
  readSafeLong: (model) => safe(model.take(8).readBigInt64LE()),
  readFloat: (model) => model.take(4).readFloatLE(),
  readDouble: (model) => model.take(8).readDoubleLE(),
} satisfies Record<string, Read>

/** All reads without arguments. */
export const READS = {
  ...FIXED_READS,
  readVInt: (model) => Number(varint(model, 5, 32)),
  readVLong: (model) => varint(model, 10, INT64),
  readSafeVLong: (model) => safe(varint(model, 10, INT64)),
  readZInt: (model) => Number(unzigzag(varint(model, 5, 32), 32)),
  readZLong: (model) => unzigzag(varint(model, 10, INT64), INT64),
  readSafeZLong: (model) => safe(unzigzag(varint(model, 10, INT64), INT64)),
  readString: text,
  readMapOfStrings: (model) => {
    const size = lengthPrefix(model, 2)
    const map = new Map<string, string>()
    for (let i = 0; i < size; i++) {
      const key = text(model)
      map.set(key, text(model))
    }
    if (map.size !== size) throw new Failure('CorruptIndexError')
    return map
  },
  readSetOfStrings: (model) => {
    const size = lengthPrefix(model, 1)
    const set = new Set<string>()
    for (let i = 0; i < size; i++) set.add(text(model))
    if (set.size !== size) throw new Failure('CorruptIndexError')
    return set
  },
} satisfies Record<string, Read>

export function readGroupVInts(model: InputModel, length: number): number[] {
  const values: number[] = []
  while (values.length + 4 <= length) {
    const flags = model.take(1)[0]!
    for (const shift of [6, 4, 2, 0]) {
      const bytes = model.take(((flags >> shift) & 3) + 1)
      values.push(Buffer.concat([bytes, Buffer.alloc(4)]).readInt32LE())
    }
  }
  while (values.length < length) values.push(Number(varint(model, 5, 32)))
  return values
}
