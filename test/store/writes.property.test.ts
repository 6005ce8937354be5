import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import type { IndexInput, IndexOutput } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { InputModel, readGroupVInts, READS } from '../support/input-model.js'

/** A value, how it is written, and how it is read back, by the library and by the model. */
interface Round {
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

const round: fc.Arbitrary<Round> = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((kind) => fc.record({ kind: fc.constant(kind), value: VALUES[kind]! }))

function ramp(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i)
}

function writeRound(output: IndexOutput, { kind, value }: Round): void {
  if (kind === 'GroupVInts') output.writeGroupVInts(value as Int32Array, (value as Int32Array).length)
  else {
    const method = `write${kind.replace('Safe', '')}`
    Reflect.apply(Reflect.get(output, method) as () => void, output, [value])
  }
}

function readRound(input: IndexInput, { kind, value }: Round): unknown {
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

function modelRound(model: InputModel, { kind, value }: Round): unknown {
  if (kind === 'GroupVInts') return Int32Array.from(readGroupVInts(model, (value as Int32Array).length))
  if (ArrayBuffer.isView(value)) {
    const bytes = Uint8Array.from(model.take(value.byteLength))
    return new (value.constructor as Uint8ArrayConstructor)(bytes.buffer)
  }
  return READS[`read${kind}` as keyof typeof READS](model)
}

/** A value as it is compared: strings without halves of surrogate pairs, arrays by their bytes. */
function readable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (!ArrayBuffer.isView(value)) return value
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
}

describeEachDirectory((open) => {
  it('reads back every value that it writes, in any order', () => {
    const directory = open()
    let files = 0
    fc.assert(
      fc.property(fc.array(round, { maxLength: 30, size: 'max' }), (rounds) => {
        const name = `file-${files++}`
        const output = directory.createOutput(name)
        const ends = rounds.map((one) => {
          writeRound(output, one)
          return output.getFilePointer()
        })
        const checksum = output.getChecksum()
        output.close()

        const input = directory.openInput(name)
        const bytes = new Uint8Array(input.length())
        input.readBytes(bytes)
        expect(crc32(bytes)).toBe(checksum)
        expect(bytes.length).toBe(ends.at(-1) ?? 0)
        input.seek(0)
        const model = new InputModel(bytes)
        for (const [i, one] of rounds.entries()) {
          expect(readable(readRound(input, one))).toEqual(readable(one.value))
          expect(readable(modelRound(model, one))).toEqual(readable(one.value))
          expect([input.getFilePointer(), model.position]).toEqual([ends[i], ends[i]])
        }
        input.close()
        directory.deleteFile(name)
      }),
      { numRuns: 25 },
    )
  })
})
