import fs, { existsSync, type PathLike, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FileAlreadyExistsError, FileNotFoundError, FSDirectory } from '../../src/index.js'
import { PendingDeletions } from '../../src/fs/pending-deletions.js'
import { contentOf, pattern, write } from '../support/files.js'
import { each, errorsOf } from '../support/outcomes.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { systemError } from '../support/system-calls.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/** Files that the system does not let go of, as Windows does with open ones, and attempts to remove each. */
const system = { busy: new Set<string>(), attempts: [] as string[], code: 'EBUSY' }

const { lstatSync, openSync, unlinkSync } = fs

function unlinkWhatIsFree(file: PathLike): void {
  const name = basename(String(file))
  system.attempts.push(name)
  if (!system.busy.has(name)) return unlinkSync(file)
  throw systemError(system.code, 'unlink')
}

function unlinkIs(replacement: typeof unlinkSync): void {
  replace(fs, { unlinkSync: replacement })
}

let path: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path)
  system.code = 'EBUSY'
  unlinkIs(unlinkWhatIsFree)
})

afterEach(() => {
  restoreReplaced()
  system.busy.clear()
  system.attempts.length = 0
  removeDirectory(path)
})

function deletedWhileBusy(...names: string[]): void {
  for (const name of names) {
    write(directory, name, pattern(5))
    system.busy.add(name)
  }
  for (const name of names) directory.deleteFile(name)
  system.attempts.length = 0
}

describe('a file that the system does not let go of', () => {
  it('is gone from the directory at once', async () => {
    write(directory, 'other', pattern(1))
    deletedWhileBusy('file')
    expect(existsSync(join(path, 'file'))).toBe(true)
    expect(directory.listAll()).toEqual(['other'])
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
    const attempts = {
      fileLength: () => directory.fileLength('file'),
      openInput: () => directory.openInput('file'),
      deleteFile: () => directory.deleteFile('file'),
      rename: () => directory.rename('file', 'new'),
      sync: () => directory.sync(['file']),
    }
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'FileNotFoundError'))
    expect(() => directory.createOutput('file')).toThrow(FileAlreadyExistsError)
    expect(() => directory.rename('other', 'file')).toThrow(FileAlreadyExistsError)
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
  })

  it('is removed when it can be, by whatever changes the directory next', async () => {
    const changes: Record<string, () => unknown> = {
      createOutput: () => directory.createOutput('new').close(),
      createTempOutput: () => directory.createTempOutput('a', 'b').close(),
      rename: () => directory.rename('new', 'newer'),
      deleteFile: () => directory.deleteFile('newer'),
      sync: () => directory.sync([]),
      syncMetaData: () => directory.syncMetaData(),
      getPendingDeletions: () => directory.getPendingDeletions(),
      close: () => directory.close(),
    }
    for (const [method, change] of Object.entries(changes)) {
      deletedWhileBusy('file')
      system.busy.clear()
      await change()
      expect([method, existsSync(join(path, 'file'))]).toEqual([method, false])
    }
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })

  it('is tried again only once there were as many operations as there are such files', () => {
    deletedWhileBusy('a', 'b', 'c')
    directory.getPendingDeletions() // tries all of them: the count begins anew
    system.attempts.length = 0
    system.busy.clear()
    directory.createTempOutput('x', 'y').close()
    directory.createTempOutput('x', 'y').close()
    expect(system.attempts).toEqual([])
    directory.createTempOutput('x', 'y').close()
    expect(system.attempts).toEqual(['a', 'b', 'c'])
  })

  it('makes way for a new file of its name', () => {
    deletedWhileBusy('a', 'b')
    system.busy.clear()
    write(directory, 'a', pattern(3))
    write(directory, 'c', pattern(4))
    directory.rename('c', 'b')
    expect(contentOf(directory, 'a')).toEqual(pattern(3))
    expect(contentOf(directory, 'b')).toEqual(pattern(4))
    expect(directory.getPendingDeletions()).toEqual(new Set())
    expect(directory.listAll()).toEqual(['a', 'b'])
  })

  it('is passed over by names of temporary files', () => {
    deletedWhileBusy('a_b_0.tmp')
    const output = directory.createTempOutput('a', 'b')
    output.close()
    expect(output.getName()).toBe('a_b_1.tmp')
  })
})

function replaceByAnother(name: string): void {
  writeFileSync(join(path, `${name}.new`), 'of someone else')
  renameSync(join(path, `${name}.new`), join(path, name))
  system.busy.delete(name)
}

describe('a file that someone else has made in the place of a deleted one', () => {
  it.each<[string, (on: FSDirectory) => unknown]>([
    ['createOutput', (on) => on.createOutput('new').close()],
    ['getPendingDeletions', (on) => on.getPendingDeletions()],
    ['syncMetaData', (on) => on.syncMetaData()],
    ['close', (on) => on.close()],
  ])('is never removed: %s', async (_, change) => {
    deletedWhileBusy('file')
    replaceByAnother('file')
    await change(directory)
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('of someone else')
    expect(system.attempts).toEqual([])
  })

  it('is there to be listed, read and deleted', () => {
    deletedWhileBusy('file')
    replaceByAnother('file')
    expect(directory.listAll()).toEqual(['file'])
    expect(directory.fileLength('file')).toBe(15)
    expect(contentOf(directory, 'file')).toHaveLength(15)
    expect(() => directory.createOutput('file')).toThrow(FileAlreadyExistsError)
    directory.deleteFile('file')
    expect(existsSync(join(path, 'file'))).toBe(false)
  })
})

/** Makes lstat fail, as Windows does for a file that goes when its last user lets go; for what tells files apart alone. */
function tellsNothing(): void {
  replace(fs, {
    lstatSync: ((...given: Parameters<typeof lstatSync>) => {
      if (given[1]?.bigint === true) throw systemError('EPERM', 'lstat')
      return lstatSync(...given)
    }) as typeof lstatSync,
  })
}

describe('a file of which the system does not tell what it is', () => {
  it('is there unless it was deleted', () => {
    write(directory, 'file', pattern(5))
    tellsNothing()
    expect(directory.listAll()).toEqual(['file'])
    expect(directory.fileLength('file')).toBe(5)
  })

  it('stays deleted', () => {
    deletedWhileBusy('file')
    tellsNothing()
    expect(directory.listAll()).toEqual([])
    expect(() => directory.openInput('file')).toThrow(
      expect.objectContaining({ name: 'FileNotFoundError', path: join(path, 'file') }),
    )
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
    system.busy.clear()
    directory.getPendingDeletions()
    expect(existsSync(join(path, 'file'))).toBe(false)
    restoreReplaced()
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })

  it('is not promised to be removed later: it could be another one by then', () => {
    write(directory, 'file', pattern(5))
    system.busy.add('file')
    tellsNothing()
    expect(() => directory.deleteFile('file')).toThrow(
      expect.objectContaining({
        code: 'EBUSY',
        path: join(path, 'file'),
        message: expect.stringMatching(/^delete failed: EBUSY/),
      }),
    )
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })
})

it('says which file waits to be removed', () => {
  deletedWhileBusy('file')
  expect(() => directory.openInput('file')).toThrow(
    expect.objectContaining({
      path: join(path, 'file'),
      message: expect.stringContaining(join(path, 'file')),
    }),
  )
})

it('passes over a temporary name that waits even where the system lets nobody near it', () => {
  deletedWhileBusy('a_b_0.tmp')
  replace(fs, {
    openSync: (name, ...given) => {
      if (basename(String(name)) === 'a_b_0.tmp') throw systemError('EPERM', 'open') // as Windows does
      return openSync(name, ...given)
    },
  })
  const output = directory.createTempOutput('a', 'b')
  output.close()
  expect(output.getName()).toBe('a_b_1.tmp')
})

it('has done with a file that goes away just when it is tried again', () => {
  deletedWhileBusy('file')
  unlinkIs((name) => {
    rmSync(name)
    throw systemError('ENOENT', 'unlink')
  })
  expect(directory.getPendingDeletions()).toEqual(new Set())
})

describe('a removed file that keeps its name until nobody has it open any more', () => {
  let pending: PendingDeletions
  let open: boolean

  beforeEach(() => {
    pending = new PendingDeletions(path, true)
    open = true
    writeFileSync(join(path, 'file'), 'content')
    unlinkIs((name) => {
      system.attempts.push(basename(String(name)))
      if (!open) unlinkSync(name)
    })
  })

  it('is gone, and waited for', () => {
    pending.delete('file')
    expect(pending.has('file')).toBe(true)
    expect(() => pending.delete('file')).toThrow(FileNotFoundError)
    pending.retryAll()
    expect(pending.names()).toEqual(new Set(['file']))
    expect(system.attempts).toEqual(['file', 'file'])
    open = false
    pending.retryAll()
    expect(pending.names()).toEqual(new Set())
    expect(existsSync(join(path, 'file'))).toBe(false)
  })

  it('is not waited for where it is gone at once, or another one has its name', () => {
    open = false
    pending.delete('file')
    expect(pending.names()).toEqual(new Set())
    writeFileSync(join(path, 'file'), 'content')
    unlinkIs((name) => {
      renameSync(name, join(path, 'gone'))
      writeFileSync(name, 'of someone else')
    })
    pending.delete('file')
    expect(pending.names()).toEqual(new Set())
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('of someone else')
  })

  it('is waited for where the system does not tell of it any more', () => {
    unlinkIs(() => tellsNothing())
    pending.delete('file')
    expect(pending.names()).toEqual(new Set(['file']))
    restoreReplaced()
    pending.retryAll()
    expect(existsSync(join(path, 'file'))).toBe(false)
  })

  it('is not looked for on a system that has none', () => {
    const elsewhere = new PendingDeletions(path, false)
    elsewhere.delete('file')
    expect(elsewhere.names()).toEqual(new Set())
  })
})

it('forgets a file that someone else has removed', () => {
  deletedWhileBusy('file')
  rmSync(join(path, 'file'))
  expect(() => directory.fileLength('file')).toThrow(FileNotFoundError)
  expect(directory.getPendingDeletions()).toEqual(new Set())
})

// EACCES and EPERM are what Windows says of files in use.
const FINAL = WINDOWS ? ['EROFS', 'EIO'] : ['EACCES', 'EPERM', 'EROFS', 'EIO']

it.each(FINAL)('does not promise to remove what must not be: %s', (code) => {
  write(directory, 'file', pattern(1))
  system.busy.add('file')
  system.code = code
  expect(() => directory.deleteFile('file')).toThrow(expect.objectContaining({ path: join(path, 'file') }))
  expect(directory.listAll()).toEqual(['file'])
  expect(directory.getPendingDeletions()).toEqual(new Set())
})
