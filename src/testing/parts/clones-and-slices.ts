import assert from 'node:assert/strict'

import { IOContext } from '../../index.js'
import { assertBytes, inputOf, pattern } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** clone() and slice(). */
export function clonesAndSlices(suite: Suite): void {
  const LENGTH = 10_000

  suite.it('clones begin where the original is, and move by themselves', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    input.seek(4_090)
    const clone = input.clone()
    assert.equal(clone.getFilePointer(), 4_090)
    assert.equal(clone.length(), LENGTH)
    clone.seek(9_000)
    assert.equal(input.readByte(), bytes[4_090])
    assert.equal(clone.readByte(), bytes[9_000])
    for (let i = 0; i < 900; i++) {
      assert.equal(input.readByte(), bytes[4_091 + i])
      assert.equal(clone.readByte(), bytes[9_001 + i])
    }
    input.close()
  })

  suite.it('clones of slices stay within the slice', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    const slice = input.slice('slice', 100, 50)
    slice.seek(40)
    const clone = slice.clone()
    assert.equal(clone.length(), 50)
    assert.equal(clone.getFilePointer(), 40)
    clone.readBytes(new Uint8Array(10))
    assert.throws(() => clone.readByte(), { name: 'EndOfFileError' })
    assert.equal(slice.readByte(), bytes[140])
    input.close()
  })

  suite.it('slices begin at 0 and end at their length, wherever the original is', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    input.seek(77)
    const slice = input.slice('slice', 4_000, 200)
    assert.equal(slice.getFilePointer(), 0)
    assert.equal(slice.length(), 200)
    const all = new Uint8Array(200)
    slice.readBytes(all)
    assertBytes(all, bytes.subarray(4_000, 4_200))
    assert.throws(() => slice.readByte(), { name: 'EndOfFileError' })
    assert.throws(() => slice.seek(201), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), 77)
    input.close()
  })

  suite.it('slices of slices of slices count from their own start', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    let slice = input
    for (let depth = 1; depth <= 10; depth++) slice = slice.slice(`level ${depth}`, 100, slice.length() - 150)
    assert.equal(slice.length(), LENGTH - 1_500)
    assert.equal(slice.readByte(), bytes[1_000])
    slice.seek(slice.length() - 1)
    assert.equal(slice.readByte(), bytes[LENGTH - 501])
    assert.throws(() => slice.readByte(), { name: 'EndOfFileError' })
    assert.throws(() => slice.slice('too far', 0, slice.length() + 1), RangeError)
    input.close()
  })

  suite.it('slices may be empty, at the very end, or everything', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    const empty = input.slice('end', LENGTH, 0)
    assert.equal(empty.length(), 0)
    assert.throws(() => empty.readByte(), { name: 'EndOfFileError' })
    assert.equal(empty.slice('nothing of nothing', 0, 0).length(), 0)
    const all = input.slice('all', 0, LENGTH)
    all.seek(LENGTH - 1)
    assert.equal(all.readByte(), pattern(LENGTH)[LENGTH - 1])
    assert.throws(() => input.slice('past', LENGTH + 1, 0), RangeError)
    assert.throws(() => input.slice('past', LENGTH, 1), RangeError)
    assert.throws(() => input.slice('past', 1, LENGTH), RangeError)
    assert.throws(() => input.slice('past', 2, Number.MAX_SAFE_INTEGER), RangeError)
    input.close()
  })

  suite.it('slices are named in what they say, after what they are slices of', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    const inner = input.slice('outer', 0, 100).slice('inner', 0, 10)
    assert.equal(inner.toString(), `${input.toString()} [slice=outer] [slice=inner]`)
    assert.equal(inner.clone().toString(), inner.toString())
    assert.throws(() => input.slice(5 as unknown as string, 0, 1), TypeError)
    input.close()
  })

  suite.it('slices take a context, and nothing that is none', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    assert.equal(input.slice('slice', 10, 100, IOContext.READONCE).readByte(), bytes[10])
    assert.throws(() => input.slice('slice', 0, 1, {} as IOContext), TypeError)
    assert.throws(() => input.updateIOContext('random' as unknown as IOContext), TypeError)
    input.close()
  })
}
