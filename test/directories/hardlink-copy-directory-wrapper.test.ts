import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  type Directory,
  FileAlreadyExistsError,
  FileNotFoundError,
  FileSwitchDirectory,
  FilterDirectory,
  FSDirectory,
  HardlinkCopyDirectoryWrapper,
  IOContext,
  MMapDirectory,
  NRTCachingDirectory,
  TrackingDirectoryWrapper,
} from '../../src/index.js'
import { InvertedBytes } from '../support/filters.js'
import { contentOf, pattern, write } from '../support/files.js'
import { removeDirectory, temporaryDirectory, TMPFS } from '../support/temporary.js'
import { SYMBOLIC_LINKS } from '../support/systems.js'

let path: string
let from: FSDirectory
let to: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  from = MMapDirectory.open(join(path, 'from'), { create: true })
  to = FSDirectory.open(join(path, 'to'), { create: true })
  write(from, 'file', pattern(1_000))
})

afterEach(() => {
  removeDirectory(path)
})

class Passing extends FilterDirectory {}

function linked(): boolean {
  return statSync(join(to.path, 'copy')).ino === statSync(join(from.path, 'file')).ino
}

it('links files of one FSDirectory to another', () => {
  new HardlinkCopyDirectoryWrapper(to).copyFrom(from, 'file', 'copy', IOContext.merge())
  expect(linked()).toBe(true)
  expect(contentOf(to, 'copy')).toEqual(pattern(1_000))
  from.deleteFile('file')
  expect(contentOf(to, 'copy')).toEqual(pattern(1_000))
})

it('links through wrappers that change nothing about it', () => {
  const sources: Directory[] = [
    new Passing(new Passing(from)),
    new TrackingDirectoryWrapper(from),
    new NRTCachingDirectory(from, { maxMergeSizeMB: 1, maxCachedMB: 1 }),
    new FileSwitchDirectory(['cfs'], new ByteBuffersDirectory(), from),
  ]
  const directory = new HardlinkCopyDirectoryWrapper(new Passing(to))
  for (const source of sources) {
    directory.copyFrom(source, 'file', 'copy')
    expect(linked()).toBe(true)
    directory.deleteFile('copy')
  }
})

it('copies where a wrapper changes what is read or has to hear of what is made', () => {
  const inverted = new InvertedBytes(from)
  write(inverted, 'inverted', pattern(100))
  const directory = new HardlinkCopyDirectoryWrapper(to)
  directory.copyFrom(inverted, 'inverted', 'plain')
  expect(contentOf(to, 'plain')).toEqual(pattern(100))

  const tracking = new TrackingDirectoryWrapper(to)
  new HardlinkCopyDirectoryWrapper(tracking).copyFrom(from, 'file', 'copy')
  expect(tracking.getCreatedFiles()).toEqual(new Set(['copy']))
  expect(linked()).toBe(false)

  const stored = new InvertedBytes(to)
  new HardlinkCopyDirectoryWrapper(stored).copyFrom(from, 'file', 'stored')
  expect(contentOf(stored, 'stored')).toEqual(pattern(1_000))
})

it('is told of by a wrapper around it', () => {
  const tracking = new TrackingDirectoryWrapper(new HardlinkCopyDirectoryWrapper(to))
  tracking.copyFrom(from, 'file', 'copy')
  expect(tracking.getCreatedFiles()).toEqual(new Set(['copy']))
  expect(linked()).toBe(true)
})

it('copies a file that is only in memory', () => {
  const caching = new NRTCachingDirectory(from, { maxMergeSizeMB: 1, maxCachedMB: 1 })
  const output = caching.createOutput('cached', IOContext.flush({ numDocs: 1, estimatedSegmentSize: 1 }))
  output.writeBytes(pattern(10))
  output.close()
  const directory = new HardlinkCopyDirectoryWrapper(to)
  directory.copyFrom(caching, 'cached', 'copy')
  expect(contentOf(to, 'copy')).toEqual(pattern(10))
})

it.skipIf(!SYMBOLIC_LINKS)(
  'copies what a symbolic link leads to, and neither links nor follows it (needs to make links)',
  () => {
    symlinkSync(join(from.path, 'file'), join(from.path, 'link'))
    const directory = new HardlinkCopyDirectoryWrapper(to)
    directory.copyFrom(from, 'link', 'copy')
    expect(lstatSync(join(to.path, 'copy')).isFile()).toBe(true)
    expect(linked()).toBe(false)
    expect(contentOf(to, 'copy')).toEqual(pattern(1_000))

    mkdirSync(join(path, 'outside'))
    symlinkSync(join(path, 'outside', 'target'), join(to.path, 'dangling'))
    expect(() => directory.copyFrom(from, 'file', 'dangling')).toThrow(FileAlreadyExistsError)
    expect(existsSync(join(path, 'outside', 'target'))).toBe(false)
    expect(readlinkSync(join(to.path, 'dangling'))).toBe(join(path, 'outside', 'target'))
  },
)

it.skipIf(TMPFS === undefined)('copies from another file system (needs /dev/shm)', () => {
  const other = temporaryDirectory(TMPFS)
  try {
    const source = FSDirectory.open(other)
    write(source, 'file', pattern(50))
    new HardlinkCopyDirectoryWrapper(to).copyFrom(source, 'file', 'copy')
    expect(contentOf(to, 'copy')).toEqual(pattern(50))
  } finally {
    removeDirectory(other)
  }
})

it('has the errors of every copy', () => {
  const directory = new HardlinkCopyDirectoryWrapper(to)
  writeFileSync(join(to.path, 'taken'), 'kept')
  expect(() => directory.copyFrom(from, 'missing', 'copy')).toThrow(FileNotFoundError)
  expect(() => directory.copyFrom(from, 'file', 'taken')).toThrow(FileAlreadyExistsError)
  expect(() => directory.copyFrom(from, '../from/file', 'copy')).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_FILE_NAME' }),
  )
  expect(() => directory.copyFrom(from, 'file', '../copy')).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_FILE_NAME' }),
  )
  mkdirSync(join(from.path, 'below'))
  expect(() => directory.copyFrom(from, 'below', 'copy')).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  expect(() => directory.copyFrom({} as Directory, 'file', 'copy')).toThrow(TypeError)
  expect(() => directory.copyFrom(from, 'file', 'copy', {} as IOContext)).toThrow(TypeError)
  from.close()
  expect(() => directory.copyFrom(from, 'file', 'copy')).toThrow(
    expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }),
  )
  expect(to.listAll()).toEqual(['taken'])
})
