import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

import { run } from '../support/child.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
const results = join(path, 'results.json')

afterAll(() => {
  removeDirectory(path)
})

const bench = (program: string, ...args: string[]) =>
  run(process.execPath, [fileURLToPath(new URL(`../../bench/${program}.mjs`, import.meta.url)), ...args], {
    env: { LUCENE_JAR: '' },
  })

interface Document {
  readonly machine: Record<string, unknown>
  readonly contestants: { readonly name: string; readonly reason?: string }[]
  readonly results: {
    readonly name: string
    readonly best: Record<string, number>
    readonly samples: Record<string, { readonly best: number }[]>
  }[]
}

/** That it runs, on files of 2 MiB and for moments. What comes out is not looked at. */
describe('the comparison', { timeout: 300_000 }, () => {
  it('measures every case, and says who could not take part', async () => {
    const contestants = ['mmap', 'heap', 'fs.readSync', 'c++ mmap', 'c++ pread', 'lucene-mmap']
    const options = ['--rounds', '1', '--milliseconds', '1', '--length', '2097152', '--json', results]
    const taking = contestants.flatMap((name) => ['--contestant', name])
    const { code, stdout, stderr } = await bench('compare', ...options, ...taking)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('lucene-mmap: skipped: no LUCENE_JAR')
    expect(stdout).toContain('readInt in sequence, after windows were crossed, ns')
    const document = JSON.parse(readFileSync(results, 'utf8')) as Document
    expect(document.machine).toMatchObject({ node: process.versions.node, arch: process.arch })
    for (const { best, samples } of document.results) {
      expect(best['mmap']).toBeGreaterThan(0)
      expect(samples['mmap']).toHaveLength(1)
    }
    const took = new Set(document.results.flatMap(({ best }) => Object.keys(best)))
    for (const name of contestants.slice(0, -1)) expect(took).toContain(name)
  })

  it('can be drawn, the same way every time, and held against its targets', async () => {
    const charts = ['one.svg', 'other.svg'].map((name) => join(path, name))
    for (const chart of charts) expect((await bench('chart', results, chart)).code).toBe(0)
    const [one, other] = charts.map((chart) => readFileSync(chart, 'utf8'))
    expect(one).toBe(other)
    expect(one).toMatch(/^<svg [^]*MMapDirectory[^]*<\/svg>\n$/)
    const { code, stdout } = await bench('targets', results)
    expect(code).toBe(0)
    expect(stdout).toContain('| clone, ns | fixed | 15.0 | ')
  })

  it('does not understand what it does not know', async () => {
    const { code, stderr } = await bench('compare', '--case', 'no-such-case')
    expect(code).toBe(1)
    expect(stderr).toContain("there is no case 'no-such-case'")
  })

  it('is a table by benchmark.js, too', async () => {
    const options = ['--case', 'byte', '--case', 'open-close', '--seconds', '0.01', '--length', '1048576']
    const { code, stdout } = await bench('table', ...options)
    expect(code).toBe(0)
    expect(stdout).toMatch(/readByte in sequence, ns +[\d.]+ ± \d+ % +[\d.]+ ± \d+ %/)
  })
})
