import assert from 'node:assert/strict'

import { DataAccessHint, IOContext, NoReuseHint, PreloadHint } from '../../index.js'
import { assertBytes, inputOf, pattern, write } from '../files.js'
import { assertAllFail } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** load(), prefetch(), isLoaded(), advice and context. */
export function memory(suite: Suite): void {
  const LENGTH = 10_000

  suite.it('is loaded in pieces, whatever part is asked for', async ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    const progress: number[][] = []
    await input.load({ onProgress: (done, total) => progress.push([done, total]) })
    assert.deepEqual(progress.at(-1) ?? [LENGTH, LENGTH], [LENGTH, LENGTH])
    await input.load({ offset: 5_000 })
    await input.slice('slice', 100, 1_000).load({ offset: 10, length: 20 })
    await assert.rejects(input.load({ offset: 1, length: LENGTH }), RangeError)
    await assert.rejects(input.load({ signal: AbortSignal.abort(new Error('enough')) }), /enough/)
    input.prefetch(0, LENGTH)
    input.prefetch(4_000, 200)
    assert([true, false, undefined].includes(input.isLoaded()))
    assert.throws(() => input.prefetch(1, LENGTH), RangeError)
    input.close()
  })

  suite.it('needs neither preloading nor a reason for not mapping', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    assert.equal(input.loaded, undefined)
    const { mapFailure } = input
    if (mapFailure !== undefined) assert.equal(`${input.mapped} ${mapFailure.code}`, 'false ERR_MAP_FAILED')
    assert.doesNotThrow(() => input.checkFault())
    input.close()
  })

  suite.it(
    'is in memory after it was loaded',
    async ({ directory }) => {
      const input = inputOf(directory, pattern(LENGTH))
      await input.load()
      assert.equal(input.isLoaded(), true)
      assert.equal(input.slice('slice', 10, 5_000).isLoaded(), true)
      assert.equal(input.randomAccessSlice(10, 5_000).isLoaded(), true)
      input.close()
    },
    'residency',
  )

  suite.it(
    'takes the advice of the context that it was opened with',
    ({ directory }) => {
      write(directory, 'file', pattern(LENGTH))
      const cases: [IOContext, string][] = [
        [IOContext.DEFAULT, 'normal'],
        [IOContext.READ, 'random'],
        [IOContext.READONCE, 'sequential'],
        [IOContext.merge(), 'sequential'],
        [IOContext.DEFAULT.withHints(DataAccessHint.RANDOM), 'random'],
      ]
      for (const [context, advice] of cases) {
        const input = directory.openInput('file', context)
        assert.equal(input.advice, advice)
        input.close()
      }
    },
    'readAdvice',
  )

  suite.it(
    'takes the advice of another context later',
    ({ directory }) => {
      const input = inputOf(directory, pattern(LENGTH))
      for (const [context, advice] of [
        [IOContext.READ, 'random'],
        [IOContext.READONCE, 'sequential'],
        [IOContext.DEFAULT, 'normal'],
      ] as const) {
        input.updateIOContext(context)
        assert.equal(input.advice, advice)
      }
      input.close()
    },
    'laterAdvice',
  )

  suite.it('reads the same whatever the context is', ({ directory }) => {
    const bytes = pattern(LENGTH)
    write(directory, 'file', bytes)
    const hints = [PreloadHint.INSTANCE, NoReuseHint.INSTANCE, { kind: 'Own', value: 'x' }]
    for (const context of [IOContext.READ, IOContext.merge(), IOContext.DEFAULT.withHints(...hints)]) {
      const input = directory.openInput('file', context)
      const read = new Uint8Array(LENGTH)
      input.updateIOContext(IOContext.READONCE)
      input.slice('slice', 10, 5_000, IOContext.READ).updateIOContext(IOContext.DEFAULT)
      input.readBytes(read)
      assertBytes(read, bytes)
      input.close()
    }
  })

  suite.it('takes for a context only what is one', async ({ directory }) => {
    write(directory, 'file', pattern(1))
    const none = { kind: 'default', hints: [] } as unknown as IOContext
    await assertAllFail(
      {
        openInput: () => directory.openInput('file', none),
        createOutput: () => directory.createOutput('new', none),
        createTempOutput: () => directory.createTempOutput('a', 'b', none),
      },
      'TypeError',
    )
    assert.deepEqual(directory.listAll(), ['file'])
  })
}
