import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { pattern } from '../support/files.js'
import { survives } from '../support/safety.js'
import { STRACE, tamperingWithAll } from '../support/strace.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string

beforeEach(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), pattern(300_000))
})

afterEach(() => {
  removeDirectory(path)
})

describe.skipIf(!STRACE).each(NODES)('where a sandbox refuses mincore (needs strace), %s', (node) => {
  /** What is read, advised and known of a mapped file. */
  const use = (how: Readonly<Record<string, string>>): Promise<unknown> =>
    survives(
      `
      const run = async () => {
        const input = lib.MMapDirectory.open(dir, { fallback: false }).openInput('file', lib.IOContext.READ)
        const target = new Uint8Array(1000)
        await input.readAsync(100_000, target)
        input.prefetch(0, 200_000)
        input.prefetchRanges([{ offset: 0, length: 5 }, { offset: 200_000, length: 50_000 }])
        await input.load()
        const read = Buffer.from(target).equals(fs.readFileSync(join(dir, 'file')).subarray(100_000, 101_000))
        say([read, input.mapped, input.advice, input.isLoaded() ?? null, input.residentBytes() ?? null])
        input.close()
      }
      run().catch(fail)`,
      { args: [path], node, wrapper: tamperingWithAll(how) },
    )

  it('leaves unknown what is in memory, and does all else', async () => {
    expect(await use({ mincore: 'error=EPERM' })).toEqual([true, true, 'random', null, null])
    expect(await use({ mincore: 'error=ENOSYS' })).toEqual([true, true, 'random', null, null])
  })
})
