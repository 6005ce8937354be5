import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { attachInput, type IndexInput, type SharedInput } from '../../index.js'
import { assertBytes, contentOf, inputOf, pattern, write } from '../files.js'
import { LIBRARY } from '../library.js'
import { Random } from '../random.js'
import type { Suite } from '../suite/suite.js'

/** Besides the one that opened the input; each takes a while to start. */
const THREADS = 1

/** Several readers of one file, in one thread by turns and in several threads. */
export function concurrentReaders(suite: Suite): void {
  suite.it('serves many readers by turns, each at its own position', async ({ directory }) => {
    const bytes = pattern(6 * suite.boundary + 100)
    const input = inputOf(directory, bytes)
    const random = new Random(suite.seed)
    const reader = async (own: IndexInput, start: number): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) {
        const position = random.below(own.length() - 8)
        own.seek(position)
        await setImmediate()
        assert.equal(own.getFilePointer(), position)
        assert.equal(own.readLong(), Buffer.from(bytes).readBigInt64LE(start + position))
      }
    }
    await Promise.all([
      reader(input, 0),
      ...Array.from({ length: 4 }, () => reader(input.clone(), 0)),
      ...[7, suite.boundary - 3].map((at) => reader(input.slice('s', at, bytes.length - at), at)),
    ])
    input.close()
  })

  suite.it('reads while other files are written, renamed and deleted', async ({ directory }) => {
    const bytes = pattern(20_000)
    const input = inputOf(directory, bytes)
    for (let round = 0; round < 10; round++) {
      write(directory, `other-${round}`, pattern(5_000))
      input.seek(round * 1_900)
      const read = new Uint8Array(1_900)
      input.readBytes(read, 0, 900)
      directory.rename(`other-${round}`, `moved-${round}`)
      await directory.sync([`moved-${round}`])
      input.readBytes(read, 900)
      directory.deleteFile(`moved-${round}`)
      assertBytes(read, bytes.subarray(round * 1_900, (round + 1) * 1_900))
    }
    input.close()
  })

  suite.it('holds many files open at once', ({ directory }) => {
    const inputs = Array.from({ length: 30 }, (_, i) => inputOf(directory, pattern(100 + i)))
    for (const [i, input] of inputs.entries()) assert.equal(input.length(), 100 + i)
    for (const input of inputs) {
      input.seek(99)
      assert.equal(input.readByte(), pattern(100)[99])
    }
    for (const input of inputs) input.close()
  })

  suite.it('writes several files side by side', ({ directory }) => {
    const outputs = Array.from({ length: 4 }, (_, i) => directory.createOutput(`file-${i}`))
    const bytes = pattern(40_000)
    for (let at = 0; at < bytes.length; at += 1_000) {
      for (const output of outputs) output.writeBytes(bytes, at, 1_000)
    }
    for (const output of outputs) output.close()
    for (const output of outputs) assertBytes(contentOf(directory, output.getName()), bytes)
  })

  suite.it(
    'hands an input over with its position, and each has an end of its own',
    ({ directory }) => {
      const bytes = pattern(3 * suite.boundary)
      const input = inputOf(directory, bytes)
      const slice = input.slice('slice', 10, bytes.length - 10)
      slice.seek(5)
      const handed = attachInput(structuredClone({ ...slice.share() }) as SharedInput)
      assert.equal(handed.length(), bytes.length - 10)
      assert.equal(handed.getFilePointer(), 5)
      input.close()
      assert.equal(handed.readByte(), bytes[15])
      handed.seek(handed.length() - 1)
      assert.equal(handed.readByte(), bytes.at(-1))
      handed.close()
      assert.throws(() => handed.readByte(), { name: 'AlreadyClosedError' })
    },
    'sharing',
  )

  suite.it(
    'is read by another thread at the same time',
    async ({ directory }) => {
      const bytes = pattern(50 * suite.boundary)
      const input = inputOf(directory, bytes)
      const script = `
        const { parentPort, workerData } = require('node:worker_threads')
        const { attachInput } = require(workerData.library)
        const input = attachInput(workerData.shared)
        const bytes = new Uint8Array(input.length())
        for (let round = 0; round < 5; round++) {
          input.seek(0)
          input.readBytes(bytes)
        }
        input.close()
        parentPort.postMessage(bytes)
      `
      const workers = Array.from({ length: THREADS }, () => {
        const workerData = { library: LIBRARY, shared: { ...input.share() } }
        return new Worker(script, { eval: true, workerData })
      })
      const messages = workers.map((worker) => once(worker, 'message') as Promise<[Uint8Array]>)
      const read = new Uint8Array(bytes.length)
      input.readBytes(read)
      input.close()
      for (const message of messages) assertBytes((await message)[0], bytes)
      assertBytes(read, bytes)
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
    'sharing',
  )

  suite.it('shares nothing that another thread cannot reach', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    if (!suite.supports('sharing')) assert.throws(() => input.share(), TypeError)
    else input.share().release()
    input.close()
  })
}
