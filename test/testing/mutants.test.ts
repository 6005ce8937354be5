import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'

import { ByteBuffersDirectory, FilterDirectory, FilterIndexOutput } from '../../src/index.js'
import { MockDirectory } from '../../src/testing/index.js'
import { type CollectedTest, collectSuite } from './collected-suite.js'
import { MUTANTS } from './mutants/index.js'
import { directory, Input, input, type Mutant, output, random } from './mutants/mutant.js'

/** `npm run conformance` runs all parts against each mutant and writes down what has seen it. */
const WRITES = process.env['WRITE_CONFORMANCE'] === '1'
const PAGE = new URL('../../design/conformance.md', import.meta.url)
const HEADING = '## Which test sees which defect\n'

function refuseDeletes(mock: unknown, refuse: boolean): void {
  if (mock instanceof MockDirectory) mock.setFaults({ refuseDeletes: refuse })
}

function testsFor({ part, create, supports = {} }: Mutant): CollectedTest[] {
  const hook = part === 'pending deletions' ? { refuseDeletes } : {}
  const tests = collectSuite({ name: 'mutant', create, supports, seed: 1, ...hook })
  return WRITES ? tests : tests.filter((test) => test.part === part)
}

/** The names of the tests that fail. */
async function failuresOf(tests: readonly CollectedTest[]): Promise<string[]> {
  const failed: string[] = []
  for (const test of tests) {
    try {
      await test.run()
    } catch {
      failed.push(`${test.part} › ${test.name}`)
    }
  }
  return failed
}

const RIGHT: Readonly<Record<string, Pick<Mutant, 'create'>>> = {
  'a directory': { create: () => new ByteBuffersDirectory() },
  'a filter of inputs': input('', class extends Input {}),
  'a filter of absolute reads': random('', () => ({})),
  'a filter of outputs': output('', class extends FilterIndexOutput {}),
  'a filter of directories': directory('', class extends FilterDirectory {}),
}

describe('the suite', () => {
  const seen = new Map<string, string[]>()

  // The frames of the mutants without a defect in them.
  it.each(Object.entries(RIGHT))('has nothing to say about %s', async (_, { create }) => {
    expect(await failuresOf(collectSuite({ name: 'right', create, seed: 1 }))).toEqual([])
  })

  it.each(Object.entries(MUTANTS))('notices: %s', async (what, mutant) => {
    const failures = await failuresOf(testsFor(mutant))
    expect(failures.filter((name) => name.startsWith(`${mutant.part} › `))).not.toEqual([])
    seen.set(what, failures)
  })

  afterAll(() => {
    if (!WRITES) return
    const rows = [...seen].map(([what, names]) => {
      const { part } = MUTANTS[what]!
      const first = names.find((name) => name.startsWith(`${part} › `))!
      return `- ${what}: _${first}_${names.length > 1 ? `, and ${names.length - 1} more` : ''}`
    })
    const [before] = readFileSync(PAGE, 'utf8').split(HEADING)
    writeFileSync(PAGE, `${before}${HEADING}\n${rows.join('\n')}\n`)
  })
})

it('design/conformance.md lists every defect', () => {
  const listed = readFileSync(PAGE, 'utf8')
  expect(Object.keys(MUTANTS).filter((what) => !listed.includes(`- ${what}: _`))).toEqual([])
})
