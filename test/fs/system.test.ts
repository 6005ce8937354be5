import { constants, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { refuseLink } from '../../src/fs/system.js'
import { loadedAnew } from '../support/loaded-anew.js'
import { SYMBOLIC_LINKS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const descriptor = Object.getOwnPropertyDescriptor(process, 'platform')!

async function on(platform: string): Promise<typeof import('../../src/fs/system.js')> {
  Object.defineProperty(process, 'platform', { ...descriptor, value: platform })
  try {
    return await loadedAnew('fs/system')
  } finally {
    Object.defineProperty(process, 'platform', descriptor)
  }
}

describe('on Windows', () => {
  it('a file is opened with what libuv has for how it will be read', async () => {
    expect((await on('win32')).OPEN_ADVICE).toEqual({ normal: 0, random: 0x10, sequential: 0x20 })
  })

  it('a file that is in use may be removed later, and may keep its name until then', async () => {
    const { BUSY, REMOVED_NAMES_STAY } = await on('win32')
    expect(BUSY).toEqual(new Set(['EBUSY', 'EPERM', 'EACCES']))
    expect(REMOVED_NAMES_STAY).toBe(true)
  })

  it('no directory is flushed', async () => {
    expect((await on('win32')).DIRECTORIES_ARE_FLUSHED).toBe(false)
  })

  it('hints say that someone may have the file open, for each answer that means this', async () => {
    const { HINTS, MORE_FILES } = await on('win32')
    const inUse = expect.stringMatching(/another program may have the file open/)
    expect(HINTS).toEqual({
      ENFILE: [expect.stringMatching(/as many files open as it may$/)],
      EBUSY: [inUse],
      EACCES: [expect.stringMatching(/read-only/), inUse],
      EPERM: [expect.stringMatching(/read-only/), inUse],
    })
    expect(MORE_FILES).toBe('close what is done')
  })
})

describe('elsewhere', () => {
  it('opening tells nothing of how a file will be read', async () => {
    expect((await on('linux')).OPEN_ADVICE).toEqual({ normal: 0, random: 0, sequential: 0 })
  })

  it('only a file that is in use as something else may be removed later', async () => {
    const { BUSY, REMOVED_NAMES_STAY } = await on('linux')
    expect(BUSY).toEqual(new Set(['EBUSY']))
    expect(REMOVED_NAMES_STAY).toBe(false)
  })

  it('directories are flushed', async () => {
    expect((await on('linux')).DIRECTORIES_ARE_FLUSHED).toBe(true)
  })

  it('hints name the limits to raise', async () => {
    const { HINTS, MORE_FILES } = await on('linux')
    expect(HINTS).toEqual({ ENFILE: [expect.stringMatching(/fs\.file-max/)] })
    expect(MORE_FILES).toMatch(/ulimit -n/)
  })
})

it('flags are those that the system has, and nothing where it has none', async () => {
  const { O_NOFOLLOW, O_NONBLOCK, O_DIRECT } = await on(process.platform)
  const named = constants as Readonly<Record<string, number | undefined>>
  expect([O_NOFOLLOW, O_NONBLOCK, O_DIRECT]).toEqual(
    ['O_NOFOLLOW', 'O_NONBLOCK', 'O_DIRECT'].map((name) => named[name] ?? 0),
  )
})

it.skipIf(!SYMBOLIC_LINKS)(
  'a symbolic link is refused where the system has no flag for that (needs the right to make one)',
  () => {
    const path = temporaryDirectory()
    const [file, link, missing] = ['file', 'link', 'missing'].map((name) => join(path, name))
    writeFileSync(file!, '')
    symlinkSync(file!, link!)
    expect(() => refuseLink(link!, 0)).toThrow(
      expect.objectContaining({
        code: 'ELOOP',
        syscall: 'open',
        path: link,
        message: expect.stringContaining(link!),
      }),
    )
    refuseLink(file!, 0)
    refuseLink(missing!, 0)
    refuseLink(link!, 1) // open() will say so
    removeDirectory(path)
  },
)
