import fs, { type promises, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  attachInput,
  FSDirectory,
  type IndexInput,
  type SharedInput,
  SimpleFSLockFactory,
} from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'
import { failureOf, thrownBy } from '../support/outcomes.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { failingCloses, openDescriptors, systemError } from '../support/system-calls.js'
import { SYMBOLIC_LINKS, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path)
  write(directory, 'file', pattern(5_000))
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

const outcomeOf = (attempt: () => unknown): unknown => {
  try {
    attempt()
    return 'done'
  } catch (error) {
    const { name, code } = error as { name: string; code: string }
    return { name, code }
  }
}

const at = (name: string): string => join(path, name)

function failure(action: string, name: string): unknown {
  return expect.objectContaining({
    code: 'EIO',
    path: at(name),
    message: expect.stringMatching(new RegExp(`^${action} failed: EIO`)),
  })
}

describe('when the system answers with an error', () => {
  const inputs: IndexInput[] = []
  let share: SharedInput
  /** Opens the file for an attempt that comes after. */
  const input = (use: (input: IndexInput) => unknown) => (): (() => unknown) => {
    const opened = directory.openInput('file')
    inputs.push(opened)
    return () => use(opened)
  }

  it.each<[string, keyof typeof fs, string, () => () => unknown]>([
    ['open', 'openSync', 'file', () => () => directory.openInput('file')],
    ['open', 'fstatSync', 'file', () => () => directory.openInput('file')],
    ['read', 'readSync', 'file', input((opened) => opened.readByte())],
    ['stat', 'fstatSync', 'file', input((opened) => opened.checkFault())],
    ['stat', 'fstatSync', 'file', input((opened) => opened.share())],
    ['stat', 'statSync', 'file', () => () => directory.fileLength('file')],
    ['stat', 'lstatSync', 'file', () => () => directory.deleteFile('file')],
    ['delete', 'unlinkSync', 'file', () => () => directory.deleteFile('file')],
    ['stat', 'lstatSync', 'file', () => () => directory.rename('file', 'other')],
    ['rename', 'renameSync', 'file', () => () => directory.rename('file', 'other')],
    ['list', 'readdirSync', '', () => () => directory.listAll()],
    ['open directory', 'realpathSync', '', () => () => FSDirectory.open(path)],
    ['open directory', 'statSync', '', () => () => FSDirectory.open(path)],
    ['open directory', 'mkdirSync', 'new', () => () => FSDirectory.open(at('new'), { create: true })],
    ['create', 'openSync', 'new', () => () => directory.createOutput('new')],
  ])('the error says what failed, why, and with which file: %s, by %s', (action, call, name, prepare) => {
    const descriptors = openDescriptors()
    const attempt = prepare()
    const cause = systemError('EIO', 'a_call', -5)
    const undo = replace(fs, {
      [call]: () => {
        throw cause
      },
    })
    const error = thrownBy(attempt)
    undo()
    for (const opened of inputs.splice(0)) opened.close()
    expect(error).toMatchObject({
      name: 'StorageError',
      code: 'EIO',
      path: join(path, name),
      syscall: 'a_call',
      errno: -5,
      cause,
      message: `${action} failed: ${cause.message}`,
    })
    expect(descriptors.size).toBe(0)
  })

  it('an output says whether it was a write or the close', () => {
    const output = directory.createOutput('new')
    replace(fs, {
      writeSync: () => {
        throw systemError('EIO', 'write')
      },
    })
    expect(() => output.writeBytes(pattern(100_000))).toThrow(failure('write', 'new'))
    restoreReplaced()
    output.close()
    const other = directory.createOutput('other')
    failingCloses()
    expect(() => other.close()).toThrow(failure('close', 'other'))
  })

  it('an input that is closed says so, and is closed', () => {
    const opened = directory.openInput('file')
    const closed = failingCloses()
    expect(() => opened.close()).toThrow(failure('close', 'file'))
    opened.close()
    expect(closed.length).toBe(1)
    expect(() => opened.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })

  it('a read that outlives its input has its bytes, and nobody is told of the close', async () => {
    const opened = directory.openInput('file')
    const target = new Uint8Array(5_000)
    const reading = opened.readAsync(0, target).then(
      () => 'read',
      (error: { code: string }) => error.code,
    )
    const closed = failingCloses()
    opened.close()
    expect(await reading).toMatch(/^(read|ERR_ALREADY_CLOSED)$/)
    expect(closed.length).toBe(1)
  })

  it.each([
    ['an input', () => directory.openInput('missing')],
    ['an input of what is no file', () => directory.openInput('folder')],
    ['a lock', () => directory.obtainLock('a.lock').close()],
    [
      'a lock by file',
      () =>
        FSDirectory.open(path, { lockFactory: SimpleFSLockFactory.INSTANCE }).obtainLock('b.lock').close(),
    ],
    ['what another thread has shared of a file that is another by now', () => attachInput(share)],
  ])('%s is what it would be otherwise', (_, attempt) => {
    mkdirSync(at('folder'))
    const shared = directory.openInput('file')
    share = shared.share()
    shared.close()
    directory.deleteFile('file')
    write(directory, 'file', pattern(10))
    const wanted = outcomeOf(attempt)
    failingCloses()
    expect(outcomeOf(attempt)).toEqual(wanted)
  })
})

describe('an output', () => {
  it('is written by as many writes as the system makes of one', () => {
    const { writeSync } = fs
    replace(fs, {
      writeSync: ((fd: number, bytes: Uint8Array, offset: number, length: number) =>
        writeSync(fd, bytes, offset, Math.min(length, 7_000))) as typeof writeSync,
    })
    write(directory, 'new', pattern(100_000))
    expect(contentOf(directory, 'new')).toEqual(pattern(100_000))
  })

  it('fails where the system writes nothing, instead of trying for ever', () => {
    const output = directory.createOutput('new')
    replace(fs, { writeSync: () => 0 })
    expect(() => output.writeBytes(pattern(100_000))).toThrow(
      expect.objectContaining({ code: 'EIO', path: at('new'), message: expect.stringContaining(at('new')) }),
    )
    restoreReplaced()
    output.close()
  })
})

async function failing(): Promise<never> {
  throw systemError('EIO', 'fsync')
}

/** What sync() says of files. */
function codeOf(...names: string[]): Promise<string> {
  return directory.sync(names).then(
    () => 'no error',
    (error: { code: string }) => error.code,
  )
}

describe('sync()', () => {
  const { open } = fs.promises
  let handles: promises.FileHandle[] = []

  /** Changes what is opened from now on, until the end of the test. */
  const opening = (change: (handle: promises.FileHandle) => void): void => {
    handles = []
    vi.spyOn(fs.promises, 'open').mockImplementation(async (...given) => {
      const handle = await open(...given)
      handles.push(handle)
      change(handle)
      return handle
    })
  }
  const left = (): promises.FileHandle[] => handles.filter(({ fd }) => fd !== -1)

  afterEach(() => {
    fs.promises.open = open
  })

  it('says what failed, and with which file', async () => {
    opening((handle) => (handle.sync = failing))
    const wanted = { name: 'StorageError', code: 'EIO', message: expect.stringMatching(/^sync failed: EIO/) }
    expect(await failureOf(directory.sync(['file']))).toMatchObject({ ...wanted, path: at('file') })
    expect([handles.length, left()]).toEqual([1, []])
    vi.spyOn(fs.promises, 'open').mockImplementation(failing)
    expect(await failureOf(directory.sync(['file']))).toMatchObject({ ...wanted, path: at('file') })
  })

  it.skipIf(WINDOWS)('of the directory says so, too (Windows flushes none)', async () => {
    const wanted = {
      name: 'StorageError',
      code: 'EIO',
      path,
      message: expect.stringMatching(/^sync failed: EIO/),
    }
    opening((handle) => (handle.sync = failing))
    expect(await failureOf(directory.syncMetaData())).toMatchObject(wanted)
    expect([handles.length, left()]).toEqual([1, []])
    // What a file system that has shut down answers, where fsync succeeded.
    opening((handle) => (handle.stat = failing as never))
    expect(await failureOf(directory.syncMetaData())).toMatchObject(wanted)
    opening(() => {})
    await directory.syncMetaData()
    expect([handles.length, left()]).toEqual([1, []])
  })

  it('refuses a file that could not be flushed from then on, under any name, until it is written again', async () => {
    write(directory, 'other', pattern(10))
    let failures = 1
    opening((handle) => {
      const { sync } = handle
      handle.sync = () => (failures-- > 0 ? failing() : sync.call(handle))
    })
    const codes = [
      await codeOf('file'),
      await codeOf('file'),
      await codeOf('other'),
      await codeOf('other', 'file'),
    ]
    directory.rename('file', 'renamed')
    codes.push(await codeOf('renamed'))
    directory.deleteFile('renamed')
    write(directory, 'file', pattern(10))
    codes.push(await codeOf('file'))
    expect(left()).toEqual([])
    expect(codes).toEqual(['EIO', 'EIO', 'no error', 'EIO', 'EIO', 'no error'])
  })
})

describe('what is no file', () => {
  it('is told by its path, whatever the system would say', () => {
    mkdirSync(at('below'))
    replace(fs, {
      unlinkSync: () => {
        throw systemError('EPERM', 'unlink') // as macOS says
      },
    })
    for (const attempt of [
      () => directory.openInput('below'),
      () => directory.fileLength('below'),
      () => directory.deleteFile('below'),
      () => directory.rename('below', 'other'),
    ]) {
      expect(thrownBy(attempt)).toMatchObject({
        name: 'NotAFileError',
        code: 'EISDIR',
        path: at('below'),
        message: expect.stringContaining(at('below')),
      })
    }
  })

  it('may be neither file nor directory', () => {
    const { fstatSync } = fs
    replace(fs, {
      fstatSync: ((fd: number) => Object.assign(fstatSync(fd), { isFile: () => false })) as typeof fstatSync,
    })
    expect(thrownBy(() => directory.openInput('file'))).toMatchObject({
      name: 'NotAFileError',
      code: 'ERR_NOT_A_FILE',
      path: at('file'),
      message: expect.stringContaining(at('file')),
    })
  })

  it('is a name that is taken', () => {
    write(directory, 'other', pattern(1))
    expect(thrownBy(() => directory.rename('other', 'file'))).toMatchObject({
      code: 'EEXIST',
      path: at('file'),
      message: expect.stringContaining(at('file')),
    })
  })
})

describe('FSDirectory.open()', () => {
  it('names the directory that is not there, not just what is missing first', () => {
    const missing = at('a/b/c')
    expect(thrownBy(() => FSDirectory.open(missing))).toMatchObject({
      name: 'FileNotFoundError',
      path: missing,
      syscall: expect.any(String),
      errno: expect.any(Number),
      cause: expect.objectContaining({ code: 'ENOENT' }),
      message: expect.stringContaining(missing),
    })
    FSDirectory.open(missing, { create: true })
    expect(FSDirectory.open(missing).listAll()).toEqual([])
    expect(thrownBy(() => FSDirectory.open(at('file')))).toMatchObject({
      name: 'NotADirectoryError',
      path: at('file'),
      message: expect.stringContaining(at('file')),
    })
  })

  it.skipIf(!SYMBOLIC_LINKS)(
    'does not take a path that leads nowhere for a missing one (needs to make links)',
    () => {
      symlinkSync(at('loop'), at('loop'))
      const error = thrownBy(() => FSDirectory.open(at('loop'))) as { message: string }
      expect(error).toMatchObject({ name: 'StorageError', code: 'ELOOP', path: at('loop') })
      expect(error.message).toMatch(/^open directory failed: ELOOP/)
    },
  )

  it('says which argument is wrong, and what it should be', async () => {
    const attempts = {
      'path must be a string that is not empty': () => FSDirectory.open(''),
      'path must be a string': () => FSDirectory.open(5 as never),
      'option create must be a boolean': () => FSDirectory.open(path, { create: 'yes' as never }),
      'names must be iterable': () => directory.sync(5 as never),
    }
    for (const [message, attempt] of Object.entries(attempts)) {
      expect(await failureOf((async () => attempt())())).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining(message),
      })
    }
    expect(() => FSDirectory.open(path, { creat: true } as never)).toThrow(/FSDirectory.*create/)
  })
})

it('leaves no descriptor where an output finds its name taken', () => {
  writeFileSync(at('taken'), '')
  const descriptors = openDescriptors()
  expect(() => directory.createOutput('taken')).toThrow(
    expect.objectContaining({ code: 'EEXIST', path: at('taken') }),
  )
  expect(descriptors.size).toBe(0)
})
