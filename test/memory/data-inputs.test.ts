import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  ByteArrayDataInput,
  ByteBuffersDataInput,
  ByteBuffersDirectory,
  IndexInput,
} from '../../src/index.js'
import { examples } from '../support/brief.js'
import { inputOf, pattern } from '../support/files.js'
import { Failure, FIXED_READS, InputModel, READS } from '../../src/testing/input-model.js'

function outcome(action: () => unknown): unknown {
  try {
    return { value: action() }
  } catch (error) {
    return { error: error instanceof Failure ? error.error : (error as Error).constructor.name }
  }
}

/** Cuts bytes into parts of the lengths given, over and over, each in memory of its own. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const length = lengths[i % lengths.length]!
    parts.push(bytes.slice(start, start + length))
    start += length
  }
  return parts
}

const anyCuts = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 })
  .filter((lengths) => lengths.some((length) => length > 0))

describe('ByteBuffersDataInput', () => {
  it('reads arrays of any lengths as if they were one', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        anyCuts,
        fc.array(
          fc.record({
            seek: fc.option(fc.nat(220)),
            method: fc.constantFrom(...(Object.keys(READS) as (keyof typeof READS)[])),
          }),
          { maxLength: 30 },
        ),
        (bytes, cuts, steps) => {
          const input = ByteBuffersDataInput.from(cut(bytes, cuts))
          const model = new InputModel(bytes)
          for (const { seek, method } of steps) {
            const position = seek ?? model.position
            expect(outcome(() => input.seek(position))).toEqual(outcome(() => model.seek(position)))
            expect(outcome(() => input[method]())).toEqual(outcome(() => model.read<unknown>(READS[method])))
            expect(input.getFilePointer()).toBe(model.position)
          }
        },
      ),
      { numRuns: examples(300) },
    )
  })

  it('reads every value of fixed width at every position, as an input and at random', () => {
    const bytes = pattern(60)
    for (const lengths of [[1], [2], [3, 1], [8], [7], [16], [5, 0, 30], [100]]) {
      const parts = cut(bytes, lengths)
      for (const [name, read] of Object.entries(FIXED_READS) as [keyof typeof FIXED_READS, never][]) {
        for (let position = 60; position >= 0; position--) {
          // A new input each time: none has a window yet in which the value might be.
          const input = ByteBuffersDataInput.from(parts)
          const random = input.randomAccessSlice(0, 60)
          input.seek(position)
          const expected = outcome(() => new InputModel(bytes, position).read<unknown>(read))
          expect(outcome(() => input[name]())).toEqual(expected)
          expect(outcome(() => random[name](position))).toEqual(expected)
        }
      }
      const input = ByteBuffersDataInput.from(parts)
      const all = new Uint8Array(60)
      input.seek(0)
      input.readBytes(all)
      expect(all).toEqual(bytes)
      expect(input.view(3, 50)).toEqual(bytes.subarray(3, 53))
      expect(input.slice('part', 10, 20).readInt()).toBe(Buffer.from(bytes).readInt32LE(10))
    }
  })

  it('takes an empty list, empty arrays, and any iterable', () => {
    for (const none of [[], [new Uint8Array(0)]]) {
      const input = ByteBuffersDataInput.from(none)
      expect(input.length()).toBe(0)
      expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
      input.seek(0)
      expect(() => input.seek(1)).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    }
    expect(ByteBuffersDataInput.from(new Set([Uint8Array.of(1), Uint8Array.of(2)])).length()).toBe(2)
  })

  it('does not copy', () => {
    const bytes = new Uint8Array(10)
    const input = ByteBuffersDataInput.from([bytes.subarray(2, 6), Buffer.from(bytes.buffer, 7)])
    bytes[2] = 5
    bytes[7] = 6
    expect(input.readByte()).toBe(5)
    input.seek(4)
    expect(input.readByte()).toBe(6)
  })

  it('reads past 4 GiB in arrays that it is given more than once', () => {
    const block = pattern(2 ** 26)
    const input = ByteBuffersDataInput.from(Array<Uint8Array>(80).fill(block))
    expect(input.length()).toBe(80 * 2 ** 26)
    const position = 70 * 2 ** 26 - 3
    const expected = Buffer.concat([block.subarray(-3), block.subarray(0, 5)])
    input.seek(position)
    expect(input.readLong()).toBe(expected.readBigInt64LE())
    const slice = input.slice('far', 66 * 2 ** 26, 2 ** 27)
    slice.seek(2 ** 26 - 3)
    expect(slice.readInt()).toBe(expected.readInt32LE())
    expect(() => input.seek(80 * 2 ** 26 + 1)).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    expect(input.getFilePointer()).toBe(position + 8)
  })

  it('refuses what is no list of arrays', () => {
    for (const wrong of [undefined, 5, [[1, 2]], [new Uint16Array(2)], 'text'])
      expect(() => ByteBuffersDataInput.from(wrong as never)).toThrow(TypeError)
  })
})

describe('ByteArrayDataInput', () => {
  it('reads a part of an array, from position 0 to its end', () => {
    const bytes = pattern(30)
    const input = ByteArrayDataInput.from(bytes, 10, 12)
    expect(input.length()).toBe(12)
    expect(input.readInt()).toBe(Buffer.from(bytes).readInt32LE(10))
    input.seek(8)
    expect(input.readInt()).toBe(Buffer.from(bytes).readInt32LE(18))
    for (const read of [() => input.readByte(), () => input.seek(13), () => input.skipBytes(1)]) {
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
      expect(input.getFilePointer()).toBe(12)
    }
    input.seek(9)
    expect(() => input.readInt()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    expect(input.getFilePointer()).toBe(9)
    expect(ByteArrayDataInput.from(bytes).length()).toBe(30)
    expect(ByteArrayDataInput.from(bytes, 30).length()).toBe(0)
    bytes[10] = 77
    expect(ByteArrayDataInput.from(bytes, 10).readByte()).toBe(77)
  })

  it('refuses what is not there', () => {
    const bytes = pattern(10)
    for (const [offset, length] of [
      [-1, 1],
      [0, 11],
      [11, 0],
      [5, 6],
      [0.5, 1],
    ] as const)
      expect(() => ByteArrayDataInput.from(bytes, offset, length)).toThrow(RangeError)
    expect(() => ByteArrayDataInput.from([1, 2] as never)).toThrow(TypeError)
    expect(() => ByteArrayDataInput.from(new Float32Array(2) as never)).toThrow(TypeError)
  })
})

it('every input is of the one class, so that a read site sees one', () => {
  const bytes = pattern(10)
  const inputs = [
    ByteArrayDataInput.from(bytes),
    ByteBuffersDataInput.from([bytes]),
    inputOf(new ByteBuffersDirectory(), bytes),
    IndexInput.from({ length: 0, window: () => undefined as never, close: () => {} }, 'own'),
  ]
  expect(new Set(inputs.map(({ constructor }) => constructor)).size).toBe(1)
})
