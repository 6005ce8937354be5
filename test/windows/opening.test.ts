import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { FSDirectory, IOContext, MMapDirectory } from '../../src/index.js'
import { pattern, write } from '../support/files.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const system = vi.hoisted(() => ({ flags: [] as [string, unknown][] }))

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>()
  return {
    ...original,
    openSync: (...given: Parameters<typeof original.openSync>) => {
      system.flags.push([String(given[0]), given[1]])
      return original.openSync(...given)
    },
  }
})

const path = temporaryDirectory()
write(FSDirectory.open(path), 'file', pattern(100_000))

beforeEach(() => {
  system.flags.length = 0
})

afterAll(() => {
  removeDirectory(path)
})

describe.skipIf(!WINDOWS)('opening a file (on Windows)', () => {
  it.each([
    ['nothing', IOContext.DEFAULT, 'normal', 0],
    ['that reads are random', IOContext.READ, 'random', 0x10],
    ['that reads are in sequence', IOContext.READONCE, 'sequential', 0x20],
  ])('tells the system %s', (_, context, advice, flags) => {
    for (const type of [MMapDirectory, FSDirectory]) {
      const input = type.open(path).openInput('file', context)
      expect(system.flags).toEqual([[join(path, 'file'), flags]])
      expect(input.advice).toBe(advice)
      input.close()
      system.flags.length = 0
    }
  })

  it('is when a mapped file takes its advice', () => {
    const input = MMapDirectory.open(path).openInput('file', IOContext.READ)
    input.updateIOContext(IOContext.READONCE)
    expect(input.advice).toBe('random')
    expect(input.slice('slice', 0, 70_000, IOContext.READONCE).advice).toBe('random')
    input.close()
  })

  it('tells nobody what is in memory, until all of it has been read', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    await input.load({ length: 1 })
    expect(input.isLoaded()).toBeUndefined()
    expect(input.residentBytes()).toBeUndefined()
    await input.load()
    expect(input.isLoaded()).toBe(true)
    expect(input.residentBytes()).toBe(100_000)
    input.close()
  })

  it('with huge pages is not possible, and the file is mapped without', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const input = MMapDirectory.open(path, { hugePages: true }).openInput('file')
    expect(input.mapped).toBe(true)
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('ENOTSUP'),
      expect.objectContaining({ type: 'HugePagesWarning', code: 'ENOTSUP' }),
    )
    await input.load()
    input.close()
    warned.mockRestore()
  })
})
