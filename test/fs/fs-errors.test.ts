import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest'

import { StorageError } from '../../src/index.js'
import { hintsOf, storageError } from '../../src/fs/fs-errors.js'
import { loadedAnew } from '../support/loaded-anew.js'
import { WINDOWS } from '../support/systems.js'
import { systemError } from '../support/system-calls.js'

describe('an error of node:fs', () => {
  it.each([
    ['ENOENT', 'FileNotFoundError', 'ENOENT'],
    ['EEXIST', 'FileAlreadyExistsError', 'EEXIST'],
    ['EACCES', 'AccessDeniedError', 'EACCES'],
    ['EPERM', 'AccessDeniedError', 'EACCES'],
    ['EISDIR', 'NotAFileError', 'EISDIR'],
    ['ENOTDIR', 'NotADirectoryError', 'ENOTDIR'],
    ['EIO', 'StorageError', 'EIO'],
  ])('%s becomes the class of its kind, with all that it tells', (code, name, ownCode) => {
    const cause = systemError(code, 'a_call', -7)
    expect(storageError(cause, 'open', 'a/path')).toMatchObject({
      name,
      code: ownCode,
      path: 'a/path',
      syscall: 'a_call',
      errno: -7,
      cause,
      hints: hintsOf(code) ?? [],
      message: expect.stringContaining(`open failed: ${cause.message}`),
    })
  })

  it('that is one of the library stays what it is', () => {
    const error = new StorageError('ERR_OF_ITS_OWN', 'text')
    expect(storageError(error, 'open', 'a/path')).toBe(error)
  })

  it('without a code is an error nevertheless, whatever was thrown', () => {
    expect(storageError(new Error('text'), 'open', 'a/path')).toMatchObject({
      code: 'ERR_STORAGE',
      path: 'a/path',
      message: 'open failed: text',
      hints: [],
    })
    expect(storageError('thrown', 'open', 'a/path').message).toBe('open failed: thrown')
  })

  it.each([
    ['Access to this API has been restricted', /--allow-fs-read and --allow-fs-write/],
    ['fsync API is disabled when Permission Model is enabled', /switched off: files cannot be made durable/],
  ])("of Node's permission model says what to do: %s", (message, hint) => {
    const cause = Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' })
    const error = storageError(cause, 'sync', 'a/path')
    expect(error).toMatchObject({ name: 'AccessDeniedError', code: 'EACCES', path: 'a/path', cause })
    expect(error.hints).toEqual([expect.stringMatching(hint)])
  })
})

/** What a library that has just been loaded says to too many open files, twice. */
async function hintOnFiles(): Promise<string> {
  const fresh = await loadedAnew<typeof import('../../src/fs/fs-errors.js')>('fs/fs-errors')
  const [first, ...others] = fresh.hintsOf('EMFILE')!
  expect([fresh.hintsOf('EMFILE'), others]).toEqual([[first], []])
  return first!
}

function tooManyFiles(limit: string): string {
  const more = WINDOWS ? '' : ', or raise ulimit -n'
  return `this process has as many files open as it may${limit}: close what is done${more}`
}

describe('the hints', () => {
  it('say what a full disk is', () => {
    expect(hintsOf('ENOSPC')).toEqual(['the disk is full'])
    expect(hintsOf('EIO')).toBeUndefined()
    expect(hintsOf(undefined)).toBeUndefined()
  })

  describe('on too many open files', () => {
    let report: Mock<() => object>

    beforeEach(() => {
      report = vi.spyOn(process.report as { getReport(): object }, 'getReport')
    })

    afterEach(() => {
      report.mockRestore()
    })

    it('have the number, for which the system is asked once: that takes its time', async () => {
      report.mockReturnValue({ userLimits: { open_files: { soft: 1234, hard: 5678 } } })
      expect(await hintOnFiles()).toBe(tooManyFiles(', 1234'))
      expect(report).toHaveBeenCalledTimes(1)
    })

    it.each([[{}], [{ userLimits: {} }], [{ userLimits: { open_files: {} } }]])(
      'do without the number where the system does not tell: %j',
      async (told) => {
        report.mockReturnValue(told)
        expect(await hintOnFiles()).toBe(tooManyFiles(''))
      },
    )

    it('do without the number where there are no reports', async () => {
      report.mockRestore()
      const descriptor = Object.getOwnPropertyDescriptor(process, 'report')!
      Object.defineProperty(process, 'report', { value: undefined, configurable: true })
      try {
        expect(await hintOnFiles()).toBe(tooManyFiles(''))
      } finally {
        Object.defineProperty(process, 'report', descriptor)
      }
    })
  })
})
