import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { BufferedChecksum, ByteBuffersDataOutput } from '../../src/index.js'
import { examples } from '../support/brief.js'
import { pattern } from '../support/files.js'

const anyUpdate = fc.oneof(
  fc.record({ kind: fc.constant('Byte' as const), value: fc.integer({ min: -128, max: 255 }) }),
  fc.record({
    kind: fc.constant('Short' as const),
    value: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  }),
  fc.record({ kind: fc.constant('Int' as const), value: fc.integer() }),
  fc.record({
    kind: fc.constant('Long' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ kind: fc.constant('Bytes' as const), value: fc.uint8Array({ maxLength: 40 }) }),
)

describe('BufferedChecksum', () => {
  it('sums up what an output would write', () => {
    fc.assert(
      fc.property(
        fc.array(anyUpdate, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 8, max: 50 }),
        (updates, size) => {
          const checksum = new BufferedChecksum(size)
          const output = new ByteBuffersDataOutput()
          for (const { kind, value } of updates) {
            if (kind === 'Bytes') checksum.update(value)
            else if (kind === 'Long') checksum.updateLong(value)
            else checksum[`update${kind}`](value)
            if (kind === 'Bytes') output.writeBytes(value)
            else if (kind === 'Long') output.writeLong(value)
            else output[`write${kind}`](value)
          }
          expect(checksum.getValue()).toBe(crc32(output.toArrayCopy()))
          expect(checksum.getValue()).toBe(crc32(output.toArrayCopy()))
        },
      ),
      { numRuns: examples(200) },
    )
  })

  it('takes a part of an array, and long arrays straight', () => {
    const checksum = new BufferedChecksum()
    checksum.updateByte(7)
    checksum.update(pattern(100_000), 5, 90_000)
    const expected = crc32(pattern(100_000).subarray(5, 90_005), crc32(Uint8Array.of(7)))
    expect(checksum.getValue()).toBe(expected)
    checksum.update(new TextEncoder().encode('')) // an array without memory: see design/checksums.md
    expect([checksum.getValue(), checksum.getValue()]).toEqual([expected, expected])
    checksum.updateByte(1)
    checksum.reset()
    expect(checksum.getValue()).toBe(0)
    checksum.update(new TextEncoder().encode('123456789'))
    expect(checksum.getValue()).toBe(0xcbf4_3926)
  })

  it('refuses values that do not fit', () => {
    const checksum = new BufferedChecksum()
    for (const update of [
      () => checksum.updateByte(256),
      () => checksum.updateShort(2 ** 15),
      () => checksum.updateInt(2 ** 31),
      () => checksum.updateLong(2n ** 63n),
      () => checksum.update(pattern(5), 6),
      () => new BufferedChecksum(7),
    ])
      expect(update).toThrow(RangeError)
    expect(() => checksum.update([1] as never)).toThrow(TypeError)
    expect(checksum.getValue()).toBe(0)
  })
})
