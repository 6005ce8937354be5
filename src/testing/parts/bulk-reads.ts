import assert from 'node:assert/strict'

import { assertBytes, inputOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** readBytes(), readInts(), readLongs(), readFloats(), of all lengths and into all places. */
export function bulkReads(suite: Suite): void {
  const { boundary } = suite
  const LENGTHS = [0, 1, 15, boundary - 1, boundary, boundary + 1, 2 * boundary + 7]

  suite.it('reads bytes of every length from every place near a boundary', ({ directory }) => {
    const bytes = pattern(4 * boundary + 20)
    const input = inputOf(directory, bytes)
    for (const start of [0, 1, boundary - 1, boundary, boundary + 1, bytes.length]) {
      for (const length of LENGTHS) {
        if (start + length > bytes.length) continue
        const target = new Uint8Array(length)
        input.seek(start)
        input.readBytes(target)
        assertBytes(target, bytes.subarray(start, start + length))
        assert.equal(input.getFilePointer(), start + length)
      }
    }
    input.close()
  })

  suite.it('reads a file in pieces of any size', ({ directory }) => {
    const bytes = pattern(3 * boundary + 11)
    const input = inputOf(directory, bytes)
    for (const size of [7, boundary - 3, boundary + 5]) {
      const target = new Uint8Array(bytes.length)
      input.seek(0)
      for (let at = 0; at < bytes.length; at += size) {
        input.readBytes(target, at, Math.min(size, bytes.length - at))
      }
      assertBytes(target, bytes)
    }
    input.close()
  })

  suite.it('fills only the part of a target that it is to fill', ({ directory }) => {
    const bytes = pattern(2_000)
    const input = inputOf(directory, bytes)
    const buffer = new Uint8Array(1_100).fill(0x55)
    const target = buffer.subarray(20, 1_080)
    input.readBytes(target, 10, 1_000)
    const expected = new Uint8Array(1_100).fill(0x55)
    expected.set(bytes.subarray(0, 1_000), 30)
    assertBytes(buffer, expected)
    input.readBytes(target, 1_050)
    assert.equal(input.getFilePointer(), 1_010)
    const ints = new Int32Array(10).fill(7)
    input.seek(1)
    input.readInts(ints, 3, 4)
    const view = Buffer.from(bytes)
    const read = [1, 5, 9, 13].map((at) => view.readInt32LE(at))
    assert.deepEqual([...ints], [7, 7, 7, ...read, 7, 7, 7])
    input.close()
  })

  suite.it('reads elements that lie at no multiple of their size', ({ directory }) => {
    const count = Math.floor(boundary / 8) + 3
    const bytes = Buffer.from(pattern(boundary + count * 8))
    const input = inputOf(directory, bytes)
    for (const start of [0, 1, 3, boundary - 5]) {
      const at = (i: number, size: number): number => start + i * size
      const [ints, longs, floats] = [
        new Int32Array(count),
        new BigInt64Array(count),
        new Float32Array(count),
      ] as const
      input.seek(start)
      input.readInts(ints)
      input.seek(start)
      input.readLongs(longs)
      input.seek(start)
      input.readFloats(floats)
      assert.deepEqual(
        ints,
        Int32Array.from(ints, (_, i) => bytes.readInt32LE(at(i, 4))),
      )
      assert.deepEqual(
        longs,
        BigInt64Array.from(longs, (_, i) => bytes.readBigInt64LE(at(i, 8))),
      )
      // As bits: with enough of them some are NaN, which typed arrays do not compare equal.
      assert.deepEqual(new Int32Array(floats.buffer), ints)
      assert.equal(input.getFilePointer(), start + count * 4)
    }
    input.close()
  })

  suite.it('reads what is longer than any buffer', ({ directory }) => {
    const bytes = pattern(400_000)
    write(directory, 'file', bytes)
    const input = directory.openInput('file')
    input.seek(3)
    const target = new Uint8Array(399_990)
    input.readBytes(target)
    assertBytes(target, bytes.subarray(3, 399_993))
    assert.equal(input.readByte(), bytes[399_993])
    input.close()
  })
}
