import assert from 'node:assert/strict'

import { assertBytes, inputOf, pattern } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** randomAccessSlice(): reads at absolute positions. */
export function randomAccess(suite: Suite): void {
  const LENGTH = 10_000

  suite.it('absolute reads move nothing, across whatever boundary', ({ directory }) => {
    const bytes = Buffer.from(pattern(LENGTH))
    const input = inputOf(directory, bytes)
    input.seek(3)
    input.readByte()
    const random = input.randomAccessSlice(0, LENGTH)
    for (let at = 0; at + 8 <= LENGTH; at += at < 200 ? 1 : 131) {
      assert.equal(random.readLong(at), bytes.readBigInt64LE(at))
      assert.equal(random.readShort(at), bytes.readInt16LE(at))
    }
    const target = new Uint8Array(6_000)
    random.readBytes(1_000, target)
    assertBytes(target, bytes.subarray(1_000, 7_000))
    assert.equal(input.getFilePointer(), 4)
    assert.equal(input.readByte(), bytes[4])
    input.close()
  })

  suite.it('absolute reads end at the end of their range', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    const random = input.slice('slice', 1_000, 500).randomAccessSlice(100, 50)
    assert.equal(random.length(), 50)
    assert.equal(random.readByte(49), pattern(LENGTH)[1_149])
    assert.throws(() => random.readByte(50), { name: 'EndOfFileError' })
    assert.throws(() => random.readShort(49), { name: 'EndOfFileError' })
    assert.throws(() => random.readLong(43), { name: 'EndOfFileError' })
    assert.throws(() => random.readBytes(40, new Uint8Array(11)), { name: 'EndOfFileError' })
    assert.throws(() => random.readBytes(51, new Uint8Array(0)), { name: 'EndOfFileError' })
    assert.throws(() => random.prefetch(0, 51), RangeError)
    random.readBytes(50, new Uint8Array(0))
    random.prefetch(50, 0)
    input.close()
  })
}
