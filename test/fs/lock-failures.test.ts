import fs, { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  FSDirectory,
  type Lock,
  LockObtainFailedError,
  NativeFSLockFactory,
  SimpleFSLockFactory,
} from '../../src/index.js'
import { nativeAddon } from '../../src/native.js'
import { thrownBy } from '../support/outcomes.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { openDescriptors, systemError } from '../support/system-calls.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const addon = nativeAddon()!

let path: string
let file: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'write.lock')
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

const obtain = (): Lock => directory.obtainLock('write.lock')

const naming = (code: string, message: string | RegExp = file): object => ({
  code,
  path: file,
  message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
})

/** Makes what the system tells of a lock file another one's, in one respect. */
function tellOther(call: 'statSync' | 'lstatSync', field: 'dev' | 'ino' | 'birthtimeNs'): void {
  const tell = fs[call] as unknown as (...given: unknown[]) => Record<string, bigint>
  replace(fs, {
    [call]: (...given: unknown[]) => {
      const stats = tell(...given)
      return Object.assign(stats, { [field]: stats[field]! + 1n })
    },
  })
}

describe.each([
  ['NativeFSLockFactory', NativeFSLockFactory.INSTANCE, 'open', 'statSync', 'NativeFSLock'],
  ['SimpleFSLockFactory', SimpleFSLockFactory.INSTANCE, 'create', 'lstatSync', 'SimpleFSLock'],
] as const)('a lock of %s', (_, lockFactory, action, stat, name) => {
  beforeEach(() => {
    directory = FSDirectory.open(path, { lockFactory })
  })

  it('tells its file', () => {
    const lock = obtain()
    expect(String(lock)).toBe(`${name}(path="${file}")`)
    expect(thrownBy(obtain)).toMatchObject(naming('ERR_LOCK_OBTAIN_FAILED'))
    lock.close()
    expect(thrownBy(() => lock.ensureValid())).toMatchObject(naming('ERR_ALREADY_CLOSED'))
  })

  it('is for a directory of the file system, which an error says', () => {
    for (const other of [undefined, {}, 'a/path']) {
      expect(thrownBy(() => lockFactory.obtainLock(other as never, 'write.lock'))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringMatching(/^directory must be an FSDirectory/),
      })
    }
  })

  it('says why its file cannot be opened', () => {
    const cause = systemError('EROFS', 'open', -30)
    replace(fs, {
      openSync: () => {
        throw cause
      },
    })
    expect(thrownBy(obtain)).toMatchObject({
      ...naming('ERR_LOCK_OBTAIN_FAILED', new RegExp(`^${action} lock file failed: EROFS`)),
      syscall: 'open',
      errno: -30,
      hints: ['the file system is mounted read-only'],
      cause,
    })
  })

  it('says why it cannot be checked', () => {
    const lock = obtain()
    const undo = replace(fs, {
      [stat]: () => {
        throw systemError('EIO', 'stat')
      },
    })
    expect(thrownBy(() => lock.ensureValid())).toMatchObject(naming('EIO', /^check lock failed: EIO/))
    undo()
    lock.ensureValid()
    lock.close()
  })

  it.each(['dev', 'ino', 'birthtimeNs'] as const)('is lost when its file is another: %s', (field) => {
    const lock = obtain()
    tellOther(stat, field)
    expect(thrownBy(() => lock.ensureValid())).toMatchObject(naming('ERR_LOCK_LOST'))
    restoreReplaced()
    lock.ensureValid()
    lock.close()
  })

  it('leaves no descriptor', () => {
    const descriptors = openDescriptors()
    const lock = obtain()
    expect(thrownBy(obtain)).toBeInstanceOf(LockObtainFailedError)
    lock.close()
    expect(descriptors.size).toBe(0)
  })
})

describe('a lock of the system', () => {
  beforeEach(() => {
    directory = FSDirectory.open(path)
  })

  it.each([
    [4711, /held by another program \(process 4711\): /],
    [-1, /held by another program: /],
  ])('names the holder where the system tells: %i', (holder, message) => {
    const acquire = vi.spyOn(addon, 'acquireLock').mockReturnValue(holder)
    try {
      const error = thrownBy(obtain)
      expect(error).toMatchObject(naming('ERR_LOCK_OBTAIN_FAILED', message))
      expect(error.message).toContain(file)
    } finally {
      acquire.mockRestore()
    }
    obtain().close()
  })

  const numbers = new Map([...getSystemErrorMap()].map(([errno, [code]]) => [code, errno]))

  it.each([
    ['ENOSPC', ['the disk is full']],
    ['EIO', ['the file system may not support locks']],
    [undefined, ['the file system may not support locks']],
  ])('says why it is not to be had: %s', (code, hints) => {
    const errno = code === undefined ? undefined : numbers.get(code)
    const cause = Object.assign(new Error('what the system said'), { errno, syscall: 'a_call' })
    const descriptors = openDescriptors()
    const acquire = vi.spyOn(addon, 'acquireLock').mockImplementation(() => {
      throw cause
    })
    try {
      const error = thrownBy(obtain)
      expect(error).toMatchObject({
        ...naming('ERR_LOCK_OBTAIN_FAILED'),
        errno,
        syscall: 'a_call',
        hints,
        cause,
      })
      expect(error.message).toContain('what the system said')
    } finally {
      acquire.mockRestore()
    }
    expect(descriptors.size).toBe(0)
    obtain().close()
  })

  it.each([
    [true, 'EISDIR'],
    [false, 'ERR_NOT_A_FILE'],
  ])('wants a file, even where the system opens something else: a directory is %s', (isDirectory, code) => {
    const { fstatSync } = fs
    replace(fs, {
      fstatSync: ((...given: Parameters<typeof fstatSync>) =>
        Object.assign(fstatSync(...given), {
          isFile: () => false,
          isDirectory: () => isDirectory,
        })) as typeof fstatSync,
    })
    const acquire = vi.spyOn(addon, 'acquireLock')
    try {
      const error = thrownBy(obtain)
      expect(error).toMatchObject({
        ...naming('ERR_LOCK_OBTAIN_FAILED'),
        cause: { name: 'NotAFileError', code, path: file },
      })
      expect(error.message).toContain('not a regular file')
      expect(acquire).not.toHaveBeenCalled()
    } finally {
      acquire.mockRestore()
    }
    restoreReplaced()
    obtain().close()
  })

  it('is lost when the system gives it to someone else, or the file is not empty any more', () => {
    const lock = obtain()
    const held = vi.spyOn(addon, 'lockHeld').mockReturnValue(false)
    try {
      expect(thrownBy(() => lock.ensureValid())).toMatchObject(naming('ERR_LOCK_LOST'))
    } finally {
      held.mockRestore()
    }
    lock.ensureValid()
    const { statSync } = fs
    replace(fs, {
      statSync: ((...given: Parameters<typeof statSync>) =>
        Object.assign(statSync(...given)!, { size: 17n })) as typeof statSync,
    })
    const error = thrownBy(() => lock.ensureValid())
    expect(error).toMatchObject(naming('ERR_LOCK_LOST', /\(17 bytes\)/))
    expect(error.message).toContain(file)
    restoreReplaced()
    lock.close()
  })

  it('is released once, however often it is closed, and says when that fails', () => {
    const lock = obtain()
    const { releaseLock } = addon
    const cause = new Error('what the system said')
    const release = vi.spyOn(addon, 'releaseLock').mockImplementation((handle) => {
      releaseLock.call(addon, handle)
      throw cause
    })
    try {
      expect(thrownBy(() => lock.close())).toMatchObject({ ...naming('ERR_LOCK_RELEASE_FAILED'), cause })
      lock.close()
      expect(release).toHaveBeenCalledTimes(1)
    } finally {
      release.mockRestore()
    }
    obtain().close()
  })
})

describe('a lock that is a file', () => {
  beforeEach(() => {
    directory = FSDirectory.open(path, { lockFactory: SimpleFSLockFactory.INSTANCE })
  })

  it('says in its file who holds it', () => {
    const lock = obtain()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid, host: hostname() })
    const error = thrownBy(obtain)
    expect(error.hints).toEqual(['by this process'])
    expect(error.message).toContain(file)
    lock.close()
  })

  it('is not to be had where its file cannot be written, which is removed again', () => {
    const descriptors = openDescriptors()
    const cause = systemError('ENOSPC', 'write', -28)
    replace(fs, {
      writeSync: () => {
        throw cause
      },
    })
    expect(thrownBy(obtain)).toMatchObject({
      ...naming('ERR_LOCK_OBTAIN_FAILED', /^write lock file failed: ENOSPC/),
      syscall: 'write',
      errno: -28,
      hints: ['the disk is full'],
      cause,
    })
    expect([existsSync(file), descriptors.size]).toEqual([false, 0])
  })

  it('says what to do where its file cannot be removed', () => {
    const lock = obtain()
    const cause = systemError('EACCES', 'unlink', -13)
    replace(fs, {
      unlinkSync: () => {
        throw cause
      },
    })
    const error = thrownBy(() => lock.close())
    expect(error).toMatchObject({
      ...naming('ERR_LOCK_RELEASE_FAILED'),
      syscall: 'unlink',
      errno: -13,
      cause,
      hints: ['remove it by hand'],
    })
    expect(error.message).toContain(file)
    lock.close()
  })

  it('says who is to be asked where its file is another one, which stays', () => {
    const lock = obtain()
    tellOther('lstatSync', 'ino')
    const error = thrownBy(() => lock.close())
    expect(error).toMatchObject({
      ...naming('ERR_LOCK_RELEASE_FAILED'),
      cause: { code: 'ERR_LOCK_LOST' },
      hints: ['someone has interfered with the lock: look who uses the index'],
    })
    expect(error.message).toContain(file)
    expect(existsSync(file)).toBe(true)
  })

  describe('of someone who', () => {
    const unknown = 'the file does not say by whom; if no program uses the index, remove it'
    const gone =
      'by process 4711 on this host, which does not run any more: if no program uses the index, remove the file'

    it.each([
      ['ESRCH', gone],
      ['EPERM', 'by process 4711 on this host'],
      [undefined, 'by process 4711 on this host'],
    ])('runs or not, names him: %s', (code, hint) => {
      writeFileSync(file, JSON.stringify({ pid: 4711, host: hostname() }))
      const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
        if (code === undefined) return true
        throw systemError(code, 'kill')
      })
      try {
        expect(thrownBy(obtain).hints).toEqual([hint])
        expect(kill.mock.calls).toEqual([[4711, 0]])
      } finally {
        kill.mockRestore()
      }
    })

    it.each([
      [0, 'host'],
      [1.5, 'host'],
      ['7', 'host'],
      [7, ['host']],
      [7, ''],
      [7, 'h'.repeat(256)],
    ])('is none is not named: process %j of %j', (pid, host) => {
      writeFileSync(file, JSON.stringify({ pid, host }))
      const descriptors = openDescriptors()
      expect(thrownBy(obtain).hints).toEqual([unknown])
      expect(descriptors.size).toBe(0)
    })
  })
})
