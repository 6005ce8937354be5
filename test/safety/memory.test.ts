import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { survives } from '../support/safety.js'
import { sparseFile } from '../support/sparse-file.js'
import { EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
const COUNT = 50

beforeAll(() => {
  for (let i = 0; i < COUNT; i++) sparseFile(join(path, `big${i}`), 256 * 2 ** 20, new Map())
  sparseFile(join(path, 'huge'), 110 * 2 ** 30, new Map([[105 * 2 ** 30, Buffer.from('marked')]]))
})

afterAll(() => {
  removeDirectory(path)
})

/** Major collections that a loop over the files begins or ends beside a heap of 400 MB. */
const collections = async (node: string, each: string) =>
  (await survives(
    `
    const { constants, PerformanceObserver } = require('node:perf_hooks')
    globalThis.live = Array.from({ length: 160 }, () => Array.from({ length: 26_000 }, (_, i) => ({ i, of: [i] })))
    const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_INCREMENTAL: begun } = constants
    let count = 0
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) count += detail.kind === major || detail.kind === begun
    })
    const run = async () => {
      gc()
      await turns()
      observer.observe({ entryTypes: ['gc'] })
      // Without reading ahead, which would fill the machine's memory with holes.
      const directory = lib.MMapDirectory.open(dir, { readAdvice: () => 'random' })
      globalThis.kept = []
      for (let i = 0; i < ${COUNT}; i++) {
        ${each}
      }
      await turns(100)
      say({ count, heap: process.memoryUsage().heapUsed / 2 ** 20 })
    }
    run().catch(fail)`,
    { args: [path], node, nodeOptions: ['--expose-gc', '--max-old-space-size=4096'] },
  )) as { count: number; heap: number }

describe.each(NODES)('what V8 counts as its own of mapped files, %s', (node) => {
  it.each([
    ['closed', 'for (const input of inputs) input.close()'],
    ['collected', 'inputs.length = 0; await collected(() => addon.mappingTotals().mappings === 0)'],
    ['open at the end', ''],
    ['collected at the end', 'inputs.length = 0'],
    [
      'closed twice, with views',
      'globalThis.views = inputs.map((input) => input.view(2 ** 20, 2 ** 22)); for (const input of inputs) { input.close(); input.close() }',
    ],
    [
      'lost',
      `for (const input of inputs) input.close(); globalThis.again = inputs.map((_, i) => directory.openInput('big' + i)); for (const input of again) input.readByte(); gc()`,
    ],
  ])('aborts nowhere when it is %s', async (_, end) => {
    for (const exit of ['', 'process.exit()']) {
      const { code } = (await survives(
        `
        const run = async () => {
          const directory = lib.MMapDirectory.open(dir)
          const inputs = Array.from({ length: ${COUNT} }, (_, i) => directory.openInput('big' + i))
          for (const input of inputs) {
            input.readByte()
            input.clone().readByte()
          }
          ${end}
          await turns()
          say({ code: 0 })
          ${exit}
        }
        run().catch(fail)`,
        { args: [path], node, nodeOptions: ['--expose-gc'] },
      )) as { code: number }
      expect(code).toBe(0)
    }
  })

  it('opening and touching many large files begins no more major collections than reading small ones', async () => {
    const control = await collections(
      node,
      `const fd = fs.openSync(join(dir, 'big' + i)); fs.readSync(fd, Buffer.alloc(4096)); fs.closeSync(fd)`,
    )
    const mapped = await collections(
      node,
      `const input = directory.openInput('big' + i); kept.push(input)
       for (let at = 0; at < input.length(); at += 2 ** 24) { input.seek(at); input.readByte() }`,
    )
    expect(mapped.heap).toBeGreaterThan(400)
    expect(mapped.count).toBeLessThanOrEqual(control.count)
  })

  it.skipIf(WINDOWS || EMULATED)(
    'a view of a hundred gigabytes takes only what is touched (needs addresses, and memory that is not promised)',
    async () => {
      const { refused, view, close } = (await survives(
        `
      const { constants } = require('node:buffer')
      const input = lib.MMapDirectory.open(dir).openInput('huge')
      const length = Math.min(100 * 2 ** 30, constants.MAX_LENGTH - 8192)
      const start = 105 * 2 ** 30 - length + 6
      const view = input.view(start, length)
      const text = Buffer.from(view.buffer, view.byteOffset + length - 6, 6).toString()
      view[0] = 5
      view[length - 1] = 6
      input.seek(105 * 2 ** 30)
      const resident = Number(fs.readFileSync('/proc/self/status', 'latin1').match(/VmRSS:\\s+(\\d+)/)[1])
      const refused = outcome(() => input.view(0, constants.MAX_LENGTH + 1))
      say({
        refused,
        view: [text, view.length === length, view[0], view[length - 1], input.readByte(), resident < 300_000],
        close: outcome(() => input.close()),
      })`,
        { args: [path], node },
      )) as Record<string, unknown>
      expect({ refused, view, close }).toEqual({
        refused: 'RangeError ERR_OUT_OF_RANGE',
        view: ['marked', true, 5, 6, 'm'.charCodeAt(0), true],
        close: 'no error',
      })
    },
  )
})
