import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DIST, NODES, run } from '../support/child.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory, TMPFS } from '../support/temporary.js'

const ATTACK = fileURLToPath(new URL('misuse/attack.mjs', import.meta.url))
const INDEX = fileURLToPath(new URL('../fixtures/lucene/index-10.4.0-compound', import.meta.url))
// Most calls open files, each of which takes milliseconds under wine: there one call in so many is made.
const ONE_IN = WINDOWS ? 8 : 1
const TIMEOUT = WINDOWS ? 1_800_000 : 300_000
const SEED = process.env['MISUSE_SEED'] ?? '1'

interface Result {
  readonly calls: number
  readonly errors: number
  /** Exported classes of which the attack has no object. */
  readonly missing: readonly string[]
  /** Errors that are not documented, with a call that ends in each. */
  readonly wrong: readonly (readonly [string, string])[]
}

describe.each(NODES)('everything that is exported, %s', (node) => {
  let path: string

  beforeEach(() => {
    path = temporaryDirectory(TMPFS) // a lot is flushed, and it need not reach a disk
  })

  afterEach(() => {
    removeDirectory(path)
  })

  it(
    `answers arguments that no type lets through with documented errors, in every thread, seed ${SEED}`,
    async () => {
      const { code, signal, stdout, stderr } = await run(
        node,
        ['--expose-gc', ATTACK, DIST, path, INDEX, SEED, String(ONE_IN)],
        { env: { NODE_NO_WARNINGS: '1' } },
      )
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      const { main, worker, mappings } = JSON.parse(stdout) as Record<'main' | 'worker', Result> & {
        mappings: number
      }
      for (const { calls, errors, missing, wrong } of [main, worker]) {
        expect(wrong).toEqual([])
        expect(missing).toEqual([])
        expect(calls).toBeGreaterThan(100_000 / ONE_IN)
        expect(errors).toBeGreaterThan(calls / 3)
        expect(errors).toBeLessThan(calls)
      }
      expect(mappings).toBe(0)
    },
    TIMEOUT,
  )
})
