import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { survives } from '../support/safety.js'
import { sparseFile } from '../support/sparse-file.js'
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

/** Counts the major collections of an action beside 400 MB of living objects. */
const HEAP = `
const { PerformanceObserver, constants } = require('node:perf_hooks')
let majors = 0
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) majors++
}).observe({ entryTypes: ['gc'] })
const heap = []
while (process.memoryUsage().heapUsed < 400e6) {
  const part = []
  for (let i = 0; i < 100_000; i++) part.push({ i, text: 'x' + i })
  heap.push(part)
}
const directory = lib.MMapDirectory.open(dir)
const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
/** Something for the collector to do besides, as every program has. */
const litter = () => {
  let kept
  for (let i = 0; i < 20_000; i++) kept = { i, kept: { i } }
  return kept
}
const count = async (action) => {
  const before = majors
  for (let i = 0; i < ${COUNT}; i++) {
    action(i)
    litter()
    if (i % 10 === 9) await pause()
  }
  await pause()
  return majors - before
}
`

describe.each(NODES)('mapped bytes are not heap, %s', (node) => {
  const said = (script: string, nodeOptions: readonly string[] = ['--expose-gc']): Promise<unknown> =>
    survives(`${HEAP}\nconst run = async () => {${script}}\nrun().catch(fail)`, {
      args: [path],
      node,
      nodeOptions,
    })

  it.each([
    [
      'opened and read',
      `const input = directory.openInput('big' + i); for (let at = 0; at < 256 * 2 ** 20; at += 2 ** 24) { input.seek(at); input.readLong() } inputs.push(input)`,
    ],
    [
      'opened, read and closed',
      `const input = directory.openInput('big' + i); input.seek(2 ** 27); input.readLong(); input.close()`,
    ],
    [
      'attached',
      `const input = directory.openInput('big' + i); inputs.push(input, lib.attachInput(structuredClone(input.share()))); inputs.at(-1).readInt()`,
    ],
  ])('collects no more garbage because files are %s', async (_, action) => {
    const { control, mapped, held } = (await said(`
      const inputs = []
      gc()
      await pause()
      const control = await count(() => {})
      const mapped = await count((i) => { ${action} })
      const held = addon.mappingTotals().bytes
      for (const input of inputs) input.close()
      await turns()
      gc()
      await pause()
      say({ control, mapped, held, left: addon.mappingTotals().mappings, heap: heap.length })`)) as Record<
      string,
      number
    >
    expect(held === 0 || held === COUNT * 256 * 2 ** 20).toBe(true)
    expect({ control, mapped, more: mapped! - control! > 3 }).toEqual({ control, mapped, more: false })
  })

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

  it('nor is a view of a hundred gigabytes, which takes only what is touched', async () => {
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
  })
})
