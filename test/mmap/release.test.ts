import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MMapDirectory } from '../../src/index.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { difference, everything, pattern } from '../support/files.js'
import { addon } from '../support/mappings.js'
import { errnoOf, nativeError } from '../support/native-answers.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const LENGTH = 3 * MIB + 77

let path: string
let directory: MMapDirectory
const bytes = pattern(LENGTH)

beforeEach(() => {
  path = temporaryDirectory()
  for (const name of ['one', 'two']) writeFileSync(join(path, name), bytes, { flush: true })
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

describe.each([
  ['chunks side by side', true],
  ['chunks apart', false],
])('release(), %s', (_, together) => {
  beforeEach(() => {
    directory = MMapDirectory.open(path, Object.assign({ chunkPower: 20 }, { [sideBySide]: together }))
  })

  it.each(['cold', 'drop', undefined] as const)('changes nothing that is read: %s', async (how) => {
    const input = directory.openInput('one')
    const view = input.view(5_000, 100_000)
    view.fill(0xee)
    expect(difference(everything(input), bytes)).toBeUndefined()
    await directory.release(how === undefined ? undefined : { how })
    expect(view.every((byte) => byte === 0xee)).toBe(true)
    expect(difference(everything(input), bytes)).toBeUndefined()
    input.close()
    await directory.release({ how: 'drop' })
    expect(view.every((byte) => byte === 0xee)).toBe(true)
  })

  it('drops the files that are chosen, and no other', async () => {
    const [one, two] = [directory.openInput('one'), directory.openInput('two')]
    await Promise.all([one.load(), two.load()])
    await directory.release({ how: 'drop', files: (name) => name === 'two' })
    expect(one.isLoaded()).toBe(true)
    expect(two.residentBytes()).toBeLessThanOrEqual(LENGTH)
    expect([0, LENGTH]).toContain(two.residentBytes()) // all of it, on a file system in memory
    expect(difference(everything(two), bytes)).toBeUndefined()
    one.close()
    two.close()
  })

  it('tells the system of the files that are chosen, and how, by default to let go of all later', async () => {
    const inputs = ['one', 'two'].map((name) => directory.openInput(name))
    const asked: unknown[] = []
    replace(addon, { releaseMapping: async (...call) => void asked.push(call) })
    for (const options of [undefined, { how: 'cold' }, { how: 'drop' }] as const)
      await directory.release(options)
    const names: string[] = []
    const files = (name: string): boolean => names.push(name) === 2
    await directory.release({ files })
    const [[one], [two]] = asked as [[number], [number]]
    const both = (drop: boolean): unknown[] => [one, two].map((id) => [id, drop])
    expect(asked).toEqual([...both(false), ...both(false), ...both(true), [two, false]])
    expect(one).not.toBe(two)
    expect(names).toEqual(['one', 'two'])
    for (const input of inputs) input.close()
  })

  it('is rejected with the file where the system refuses', async () => {
    const input = directory.openInput('one')
    const cause = nativeError({ errno: errnoOf('EIO'), syscall: 'madvise' })
    replace(addon, { releaseMapping: () => Promise.reject(cause) })
    await expect(directory.release()).rejects.toMatchObject({
      name: 'StorageError',
      code: 'EIO',
      path: join(path, 'one'),
      syscall: 'madvise',
      message: expect.stringContaining('release failed'),
      cause,
    })
    input.close()
  })

  it('passes over what is closed, or is closed in the meantime', async () => {
    const [one, two] = [directory.openInput('one'), directory.openInput('two')]
    one.close()
    const releasing = directory.release({ how: 'drop' })
    two.close()
    await releasing
    directory.close()
    await expect(directory.release()).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })

  it('refuses options that are none', async () => {
    await expect(directory.release({ how: 'now' as never })).rejects.toThrow("'cold' or 'drop'")
    await expect(directory.release({ files: 'one' as never })).rejects.toThrow('files must be a function')
    await expect(directory.release({ hwo: 'cold' } as never)).rejects.toThrow(
      "'hwo' of release should be 'how'",
    )
  })
})
