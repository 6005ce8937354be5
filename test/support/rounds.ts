import * as fc from 'fast-check'

import type { DataInput, DataOutput } from '../../src/index.js'

/** A value, how it is written, and how it is read back, by the library and by the model. */
export interface Round {
  readonly kind: string
  readonly value: unknown
}

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const int32 = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -300, max: 300 }))
const int64 = fc.oneof(fc.bigInt(INT64), fc.bigInt({ min: -300n, max: 300n }))
const unsigned63 = fc.oneof(fc.bigInt({ min: 0n, max: INT64.max }), fc.bigInt({ min: 0n, max: 300n }))
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 300, unit: 'grapheme' }))

/** Of lengths around the buffer of an output. */
const RAMPS = [32_767, 32_768, 32_769, 70_000].map(ramp)

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Byte: fc.integer({ min: 0, max: 255 }),
  Short: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  Int: int32,
  Long: int64,
  SafeLong: fc.maxSafeInteger(),
  Float: fc.float(),
  Double: fc.double(),
  VInt: int32,
  VLong: unsigned63,
  SafeVLong: fc.maxSafeNat(),
  ZInt: int32,
  ZLong: int64,
  SafeZLong: fc.maxSafeInteger(),
  String: text,
  MapOfStrings: fc.dictionary(text, text, { maxKeys: 5 }).map((object) => new Map(Object.entries(object))),
  SetOfStrings: fc.uniqueArray(text, { maxLength: 5 }).map((values) => new Set(values)),
  Bytes: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...RAMPS)),
  Ints: fc.array(int32, { maxLength: 20 }).map((values) => Int32Array.from(values)),
  Longs: fc.array(int64, { maxLength: 20 }).map((values) => BigInt64Array.from(values)),
  Floats: fc.array(fc.float(), { maxLength: 20 }).map((values) => Float32Array.from(values)),
  GroupVInts: fc.array(int32, { maxLength: 20 }).map((values) => Int32Array.from(values)),
}

export const anyRound: fc.Arbitrary<Round> = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((kind) => fc.record({ kind: fc.constant(kind), value: VALUES[kind]! }))

function ramp(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i)
}

export function writeRound(output: DataOutput, { kind, value }: Round): void {
  if (kind === 'GroupVInts') output.writeGroupVInts(value as Int32Array, (value as Int32Array).length)
  else {
    const method = `write${kind.replace('Safe', '')}`
    Reflect.apply(Reflect.get(output, method) as () => void, output, [value])
  }
}

export function readRound(input: DataInput, { kind, value }: Round): unknown {
  const method = `read${kind}`
  const { length } = value as Int32Array
  if (value instanceof Int32Array || value instanceof BigInt64Array || ArrayBuffer.isView(value)) {
    const target = new (value.constructor as Uint8ArrayConstructor)(length)
    const args = kind === 'GroupVInts' ? [target, length] : [target]
    Reflect.apply(Reflect.get(input, method) as () => void, input, args)
    return target
  }
  return Reflect.apply(Reflect.get(input, method) as () => unknown, input, [])
}

/** A value as it is compared: strings without halves of surrogate pairs, arrays by their bytes. */
export function readable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (!ArrayBuffer.isView(value)) return value
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
}
