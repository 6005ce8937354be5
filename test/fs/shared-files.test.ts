import { appendFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { attachInput, FSDirectory, IOContext } from '../../src/index.js'
import { pattern } from '../support/files.js'
import { restoreReplaced } from '../support/replaced.js'
import { openDescriptors } from '../support/system-calls.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
let file: string

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  writeFileSync(file, pattern(5_000))
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

it('a file that was shared is read in the way it was opened for', () => {
  const input = FSDirectory.open(path).openInput('file', IOContext.READ)
  input.seek(1_000)
  const attached = attachInput(input.share())
  input.close()
  expect(attached.advice).toBe('random')
  expect(attached.readByte()).toBe(pattern(5_000)[1_000])
  attached.updateIOContext(IOContext.READONCE)
  expect(attached.advice).toBe('sequential')
  attached.close()
})

it.skipIf(WINDOWS).each([
  ['was appended to', () => appendFileSync(file, 'x')],
  [
    'was written to, even if its time was put back',
    () => {
      const { atime, mtime } = statSync(file)
      writeFileSync(file, pattern(5_000), { flag: 'r+' })
      utimesSync(file, atime, mtime)
    },
  ],
  [
    'was replaced by one as long',
    () => {
      writeFileSync(`${file}.new`, pattern(5_000))
      renameSync(`${file}.new`, file)
    },
  ],
])('a file that %s after it was shared is not taken for it (Windows keeps open files)', (_, change) => {
  const input = FSDirectory.open(path).openInput('file')
  const shared = input.share()
  change()
  const descriptors = openDescriptors()
  expect(() => attachInput(shared)).toThrow(
    expect.objectContaining({
      name: 'FileNotFoundError',
      path: file,
      message: expect.stringContaining(file),
    }),
  )
  expect(descriptors.size).toBe(0)
  restoreReplaced()
  input.close()
})

it('a shared file that is as it was is opened once more', () => {
  const input = FSDirectory.open(path).openInput('file')
  const shared = input.share()
  const descriptors = openDescriptors()
  const attached = attachInput(shared)
  expect(descriptors.size).toBe(1)
  attached.close()
  expect(descriptors.size).toBe(0)
  input.close()
})
