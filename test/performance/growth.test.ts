import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

import { run } from '../support/child.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

async function bench(program: string, ...args: string[]) {
  const results = join(path, `${program}.json`)
  const script = fileURLToPath(new URL(`../../bench/${program}.mjs`, import.meta.url))
  const options = [...args, '--directory', path, '--json', results]
  const { code, stdout, stderr } = await run(process.execPath, [script, ...options])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return { stdout, document: JSON.parse(readFileSync(results, 'utf8')) as unknown }
}

interface Result<Sample> {
  readonly name: string
  readonly title: string
  readonly count: number
  readonly samples: readonly Sample[]
}

interface Growth {
  readonly curves: {
    readonly inputs: {
      readonly results: readonly Result<{
        readonly usage: Record<'read' | 'closed', { readonly mappings: number; readonly descriptors: number }>
        readonly stats: { readonly mappings: number; readonly windows: number }
      }>[]
    }
    readonly clones: { readonly results: readonly Result<{ readonly made: { readonly time: number } }>[] }
    readonly sparse: {
      readonly shapes: readonly Result<{ readonly opened: { readonly mappings: number } }>[]
      readonly speeds: readonly Result<{ readonly best: number }>[]
    }
    readonly pair: { readonly results: readonly Result<Record<string, readonly unknown[]>>[] }
    readonly readers: { readonly results: readonly Result<Record<string, readonly unknown[]>>[] }
  }
}

interface OutOfCore {
  readonly skipped?: string
  readonly results?: readonly {
    readonly kind: string
    readonly samples: readonly { readonly cold: number; readonly full: number }[]
  }[]
}

/** What only Linux tells. */
const onLinux = (value: number) => (process.platform === 'linux' ? value : undefined)

/** JSON leaves out what is not known. */
const defined = (values: object) => JSON.parse(JSON.stringify(values)) as object

/** That they run, with little of everything and for moments. How fast anything is is not looked at. */
describe('the curves of growth', { timeout: 300_000 }, () => {
  it('count what is open, and measure clones, a sparse file and threads', async () => {
    const little = ['--inputs', '10', '--clones', '1000', '--readers', '2', '--length', '2097152']
    const short = ['--sparse', '1073741824', '--rounds', '1', '--milliseconds', '1']
    const { stdout, document } = await bench('growth', ...little, ...short)
    const { inputs, clones, sparse, pair, readers } = (document as Growth).curves

    expect(stdout).toContain('| open inputs | heap, B each |')
    for (const { title, count, samples } of inputs.results) {
      const { usage, stats } = samples[0]!
      // One mapping for the kernel, however long the file is, and nothing when the inputs are closed.
      const mappings = onLinux(title.startsWith('MMapDirectory') ? count : 0)
      expect(usage.read).toMatchObject(defined({ mappings, descriptors: onLinux(count) }))
      expect(usage.closed).toMatchObject(defined({ mappings: onLinux(0), descriptors: onLinux(0) }))
      expect(stats).toMatchObject({ mappings: 0, windows: 0 })
    }
    expect(new Set(inputs.results.map(({ count }) => count))).toEqual(new Set([1, 10]))
    for (const { samples } of clones.results) expect(samples[0]!.made.time).toBeGreaterThan(0)
    for (const { name, samples } of sparse.shapes) {
      expect(samples[0]!.opened.mappings).toBe(onLinux(name === 'FSDirectory' ? 0 : 1))
    }
    for (const { samples } of sparse.speeds) expect(samples[0]!.best).toBeGreaterThan(0)
    for (const { samples } of pair.results) expect(samples[0]!['2']).toHaveLength(3)
    for (const { samples } of readers.results) expect(Object.keys(samples[0]!)).toEqual(['1', '2'])
  })

  it('do not understand what they do not know', async () => {
    const script = fileURLToPath(new URL('../../bench/growth.mjs', import.meta.url))
    const { code, stderr } = await run(process.execPath, [script, '--curve', 'no-such-curve'])
    expect(code).toBe(1)
    expect(stderr).toContain("there is no curve 'no-such-curve'")
  })
})

describe('reading out of core', { timeout: 300_000 }, () => {
  it('is measured for both directories, or says why memory cannot be limited', async () => {
    const little = ['--memory', '134217728', '--length', '2097152', '--rounds', '1', '--milliseconds', '1']
    const { stdout, document } = await bench('out-of-core', ...little)
    const { skipped, results = [] } = document as OutOfCore
    const skips = `skipped: memory cannot be limited here: ${skipped}\n`
    expect(stdout).toContain(skipped === undefined ? 'MMapDirectory, READONCE' : skips)
    const kinds = new Set(results.map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(skipped === undefined ? ['mmap', 'fs'] : []))
    for (const { samples } of results) {
      expect(samples[0]!.cold).toBeGreaterThan(0)
      expect(samples[0]!.full).toBeGreaterThan(0)
    }
  })
})
