import assert from 'node:assert/strict'

import { assertBytes, contentOf, inputOf, pattern } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** view(). */
export function views(suite: Suite): void {
  const LENGTH = 10_000

  suite.it('views hold what is in the file, and lie in memory as in the file', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    for (const [offset, length] of [
      [0, LENGTH],
      [1, 10],
      [4_095, 2],
      [4_096, 100],
      [8_191, LENGTH - 8_191],
    ] as const) {
      const view = input.view(offset, length)
      assertBytes(view, bytes.subarray(offset, offset + length))
      assert.equal(view.byteOffset % 4_096, offset % 4_096)
      assert.equal(view.constructor, Uint8Array)
      assert(view.buffer instanceof ArrayBuffer)
    }
    const slice = input.slice('slice', 4_000, 200).view(100, 8)
    assertBytes(slice, bytes.subarray(4_100, 4_108))
    assert.equal(slice.byteOffset % 4_096, 4)
    const aligned = input.view(4_800, 16)
    const longs = new BigInt64Array(aligned.buffer, aligned.byteOffset, 2)
    assert.equal(longs[1], Buffer.from(bytes).readBigInt64LE(4_808))
    assert.equal(input.view(LENGTH, 0).length, 0)
    assert.equal(input.getFilePointer(), 0)
    input.close()
  })

  suite.it('views may be written to, of which nobody notices', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    const view = input.view(0, LENGTH)
    const other = input.view(0, LENGTH)
    input.readByte()
    view.fill(0)
    assert.equal(view[5], 0)
    assertBytes(other, bytes)
    assert.equal(input.readByte(), bytes[1])
    assertBytes(contentOf(directory, 'file'), bytes)
    assertBytes(input.view(0, LENGTH), bytes)
    input.close()
  })

  suite.it('views outlive close() and deletion', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    const view = input.view(10, LENGTH - 10)
    input.close()
    directory.deleteFile('file')
    assertBytes(view, bytes.subarray(10))
    view[0] = 99
    assert.equal(view[0], 99)
  })

  suite.it(
    'views are no copies',
    ({ directory }) => {
      const bytes = pattern(3 * suite.boundary + 100)
      const input = inputOf(directory, bytes)
      assert.equal(input.mapped, true)
      assert.equal(input.slice('slice', 1, 10).mapped, true)
      const view = input.view(10, bytes.length - 20, { copy: 'never' })
      assertBytes(view, bytes.subarray(10, -10))
      input.close()
      assertBytes(view, bytes.subarray(10, -10))
    },
    'zeroCopyViews',
  )

  suite.it('views are refused where only a copy can be had and none is wanted', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    if (!suite.supports('zeroCopyViews')) {
      assert.equal(input.mapped, false)
      assert.throws(() => input.view(10, 100, { copy: 'never' }), TypeError)
    }
    assert.throws(() => input.view(0, 1, { copy: 'always' as 'allow' }), TypeError)
    assertBytes(input.view(10, 100, { copy: 'allow' }), pattern(LENGTH).subarray(10, 110))
    input.close()
  })

  suite.it('views stay within the input', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    assert.throws(() => input.view(0, LENGTH + 1), RangeError)
    assert.throws(() => input.view(LENGTH + 1, 0), RangeError)
    assert.throws(() => input.slice('slice', 0, 10).view(5, 6), RangeError)
    input.close()
  })
}
