import { describe, expect, it } from 'vitest'

import { ByteBuffersDirectory } from '../../src/index.js'
import { type DirectorySuiteOptions, runDirectorySuite } from '../../src/testing/index.js'
import { runScript } from '../support/child.js'

const create = (): ByteBuffersDirectory => new ByteBuffersDirectory()

/** How many tests the suite declares: of those that run, and of those that it skips. */
function declared(options: Partial<DirectorySuiteOptions>): { run: string[]; skipped: string[] } {
  const run: string[] = []
  const skipped: string[] = []
  const path: string[] = []
  runDirectorySuite({
    name: 'counted',
    create,
    ...options,
    describe: (name, body) => {
      path.push(name)
      body()
      path.pop()
    },
    it: Object.assign((name: string) => run.push([...path, name].join(' > ')), {
      skip: (name: string) => skipped.push([...path, name].join(' > ')),
    }),
  })
  return { run, skipped }
}

describe('runDirectorySuite', () => {
  it('runs with node:test where no runner is given, and from CommonJS', async () => {
    const script = `
      const { runDirectorySuite } = require(dist + '/testing/index.js')
      runDirectorySuite({ name: 'memory', create: () => new lib.ByteBuffersDirectory() })
    `
    const { code, stdout } = await runScript(script, { nodeOptions: ['--test-reporter=tap'] })
    const { run, skipped } = declared({})
    expect(stdout).toContain(`# tests ${run.length + skipped.length}\n`)
    expect(stdout).toContain(`# pass ${run.length}\n`)
    expect(stdout).toContain(`# skipped ${skipped.length}\n`)
    expect(code).toBe(0)
  })

  it('fails with node:test where the directory does', async () => {
    const script = `
      const { runDirectorySuite } = require(dist + '/testing/index.js')
      class Broken extends lib.ByteBuffersDirectory {
        listAll() { return super.listAll().reverse() }
      }
      runDirectorySuite({ name: 'broken', create: () => new Broken() })
    `
    const { code, stdout } = await runScript(script, { nodeOptions: ['--test-reporter=tap'] })
    expect(stdout).toMatch(/not ok \d+ - lists names in UTF-16 order/)
    expect(code).toBe(1)
  })

  it('skips what is not declared, and says which ability that is', () => {
    const { run, skipped } = declared({})
    expect(skipped.length).toBeGreaterThan(0)
    for (const name of skipped) expect(name).toMatch(/ \(needs \w+\)$/)
    const more = declared({ supports: { exclusiveWriting: true } })
    expect(more.run.length).toBeGreaterThan(run.length)
    expect(more.run.length + more.skipped.length).toBe(run.length + skipped.length)
  })

  it('names no two tests alike', () => {
    const { run, skipped } = declared({})
    const names = [...run, ...skipped]
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it.each([
    [{ suports: {} }, /suports.*supports/],
    [{ supports: { persistance: true } }, /persistance.*persistence/],
    [{ name: 5 }, /name/],
    [{ create: 'x' }, /create/],
    [{ boundary: 8 }, /boundary/],
    [{ seed: -1 }, /seed/],
    [{ describe }, /describe and it/],
    [{ describe, it: () => {} }, /it.skip/],
    [{ refuseDeletes: true }, /refuseDeletes/],
  ])('refuses %j', (options, message) => {
    expect(() => runDirectorySuite({ name: 'x', create, ...(options as object) })).toThrow(message)
  })
})
