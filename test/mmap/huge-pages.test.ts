import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type IndexInput, MMapDirectory, openFile } from '../../src/index.js'
import { difference, everything, pattern } from '../support/files.js'
import { answer, errnoOf, nativeError } from '../support/native-answers.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const LENGTH = 3 * MIB + 77
const bytes = pattern(LENGTH)

let path: string
let file: string
const inputs: IndexInput[] = []

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  writeFileSync(file, bytes)
})

afterEach(() => {
  restoreReplaced()
  for (const input of inputs.splice(0)) input.close()
  removeDirectory(path)
})

function refuse(): never {
  throw nativeError({ errno: errnoOf('EINVAL'), syscall: 'madvise' })
}

function openedWith(hugePages: boolean): IndexInput {
  const input = openFile(file, { hugePages, chunkPower: 20 })
  inputs.push(input)
  return input
}

describe('huge pages', () => {
  it('change nothing that is read, with loading or without, and are chosen by name', async () => {
    const asked: string[] = []
    const directory = MMapDirectory.open(path, {
      hugePages: (name) => {
        asked.push(name)
        return name === 'two'
      },
    })
    for (const name of ['one', 'two']) {
      writeFileSync(join(path, name), bytes)
      const input = directory.openInput(name)
      expect(difference(everything(input), bytes)).toBeUndefined()
      await input.load()
      expect(difference(everything(input), bytes)).toBeUndefined()
      input.close()
    }
    expect(asked).toEqual(['one', 'two'])
  })

  it('are wished for all over a file that has bytes, when it is opened', () => {
    const calls = answer('useHugePages', () => {})
    openedWith(false)
    expect(calls).toHaveLength(0)
    openedWith(true)
    expect(calls).toHaveLength(1)
    writeFileSync(join(path, 'empty'), '')
    openFile(join(path, 'empty'), { hugePages: true }).close()
    expect(calls).toHaveLength(1)
  })

  it('are made of what was loaded, by pieces of 64 MiB', async () => {
    truncateSync(file, 200 * MIB)
    answer('useHugePages', () => {}) // Windows refuses
    const input = openedWith(true)
    answer('preloadMapping', () => Promise.resolve())
    const calls = answer('collapsePages', () => Promise.resolve())
    await input.load({ offset: 3 * MIB, length: 130 * MIB })
    expect(calls).toEqual([
      [3 * MIB, 64 * MIB],
      [67 * MIB, 64 * MIB],
      [131 * MIB, 2 * MIB],
    ])
    calls.length = 0
    await input.load({ length: 64 * MIB })
    expect(calls).toEqual([[0, 64 * MIB]])
  })

  it('are not asked for again by whom the system has refused them', async () => {
    answer('useHugePages', refuse)
    const input = openedWith(true)
    const calls = answer('collapsePages', () => Promise.resolve())
    await input.load()
    expect(calls).toEqual([])
  })

  it('are given up where the system does not make them', async () => {
    truncateSync(file, 130 * MIB)
    answer('useHugePages', () => {})
    answer('preloadMapping', () => Promise.resolve())
    const input = openedWith(true)
    const calls = answer('collapsePages', refuse)
    await input.load()
    await input.load()
    expect(calls).toEqual([[0, 64 * MIB]])
  })

  it('are not made once the signal has spoken, or the input is closed', async () => {
    answer('useHugePages', () => {})
    const calls = answer('collapsePages', () => Promise.resolve())
    const controller = new AbortController()
    const reason = new Error('not needed any more')
    const { signal } = controller
    const loading = openedWith(true).load({ signal, onProgress: () => controller.abort(reason) })
    await expect(loading).rejects.toBe(reason)
    const input = openFile(file, { hugePages: true })
    await expect(input.load({ onProgress: () => input.close() })).rejects.toMatchObject({
      code: 'ERR_ALREADY_CLOSED',
    })
    expect(calls).toEqual([])
  })

  it.each([
    ['when a file is opened', 'useHugePages'],
    ['when it is loaded', 'collapsePages'],
  ] as const)('that are refused %s are warned of once for a directory', async (_, name) => {
    answer('useHugePages', () => {})
    answer(name, refuse)
    const warnings: unknown[] = []
    replace(process, { emitWarning: (...warning: unknown[]) => void warnings.push(warning) })
    const events: unknown[] = []
    const listen = (event: unknown): unknown => events.push(event)
    subscribe('mmap-directory:huge-pages-refused', listen)
    try {
      for (const directory of [1, 2].map(() => MMapDirectory.open(path, { hugePages: true }))) {
        for (let i = 0; i < 3; i++) {
          const input = directory.openInput('file')
          inputs.push(input)
          await input.load()
        }
      }
    } finally {
      unsubscribe('mmap-directory:huge-pages-refused', listen)
    }
    const message = expect.stringMatching(/^huge pages failed: .*EINVAL.*file/)
    const warning = [message, { type: 'HugePagesWarning', code: 'EINVAL' }]
    expect(warnings).toEqual([warning, warning])
    const error = expect.objectContaining({ code: 'EINVAL', path: file, syscall: 'madvise' })
    const event = expect.objectContaining({ path: file, length: LENGTH, error })
    expect(events).toEqual(Array.from({ length: 6 }, () => event))
  })
})
