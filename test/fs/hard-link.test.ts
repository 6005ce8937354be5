import fs, { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { FSDirectory, HardlinkCopyDirectoryWrapper, StorageError } from '../../src/index.js'
import { hardLink } from '../../src/fs/hard-link.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { systemError } from '../support/system-calls.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const { linkSync, lstatSync, renameSync: rename } = fs

let path: string
let from: string
let to: string

beforeEach(() => {
  path = temporaryDirectory()
  for (const name of ['from', 'to']) mkdirSync(join(path, name))
  from = join(path, 'from', 'file')
  to = join(path, 'to', 'copy')
  writeFileSync(from, 'content')
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

function linkIs(link: typeof linkSync): void {
  replace(fs, { linkSync: link })
}

function copy(): string {
  const [source, target] = ['from', 'to'].map((name) => FSDirectory.open(join(path, name)))
  new HardlinkCopyDirectoryWrapper(target!).copyFrom(source!, 'file', 'copy')
  return readFileSync(to, 'utf8')
}

it.each(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSPC'])(
  'a file that cannot be linked is copied: %s',
  (code) => {
    linkIs(() => {
      throw systemError(code, 'link')
    })
    expect(hardLink(from, to)).toBe(false)
    expect(copy()).toBe('content')
  },
)

it.each([
  ['ENOENT', 'FileNotFoundError', () => from],
  ['EEXIST', 'FileAlreadyExistsError', () => to],
])('says which of the two files %s is about', (code, name, concerned) => {
  linkIs(() => {
    throw systemError(code, 'link')
  })
  for (const attempt of [() => hardLink(from, to), copy]) {
    expect(attempt).toThrow(
      expect.objectContaining({
        name,
        code,
        path: concerned(),
        message: expect.stringMatching(new RegExp(`^link failed: ${code}`)),
      }),
    )
  }
})

it('says what the system answers when it is asked for the file', () => {
  replace(fs, {
    lstatSync: (() => {
      throw systemError('EIO', 'lstat')
    }) as never,
  })
  expect(() => hardLink(from, to)).toThrow(
    expect.objectContaining({ code: 'EIO', path: from, message: expect.stringMatching(/^stat failed: EIO/) }),
  )
})

it('links no other file that was put in the place of the first', () => {
  linkIs((existing, link) => {
    writeFileSync(join(path, 'other'), 'of someone else')
    rename(join(path, 'other'), existing)
    linkSync(existing, link)
  })
  expect(hardLink(from, to)).toBe(false)
  expect(existsSync(to)).toBe(false)
  expect(readFileSync(from, 'utf8')).toBe('of someone else')
})

it('tells files apart that have the same number on two devices', () => {
  replace(fs, {
    lstatSync: ((...given: Parameters<typeof lstatSync>) => {
      const stats = lstatSync(...given)
      return given[0] === to && stats ? Object.assign(stats, { dev: -1n }) : stats
    }) as typeof lstatSync,
  })
  expect(hardLink(from, to)).toBe(false)
  expect(existsSync(to)).toBe(false)
})

it('copies where someone has removed the link again', () => {
  linkIs((existing, link) => {
    linkSync(existing, link)
    renameSync(link, join(path, 'elsewhere'))
  })
  expect(hardLink(from, to)).toBe(false)
  expect(existsSync(to)).toBe(false)
})

it('links a file', () => {
  expect(hardLink(from, to)).toBe(true)
  expect(readFileSync(to, 'utf8')).toBe('content')
  expect(() => hardLink(from, to)).toThrow(StorageError)
})
