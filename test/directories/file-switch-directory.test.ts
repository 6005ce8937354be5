import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  type Directory,
  FileNotFoundError,
  FileSwitchDirectory,
  FSDirectory,
  MMapDirectory,
} from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(() => {
  removeDirectory(path)
})

function newSwitch(): { directory: FileSwitchDirectory; primary: Directory; secondary: Directory } {
  const primary = new ByteBuffersDirectory()
  const secondary = new ByteBuffersDirectory()
  return { directory: new FileSwitchDirectory(['cfs', 'fdt'], primary, secondary), primary, secondary }
}

it.each([
  ['_0.cfs', 'cfs'],
  ['_0.cfs.', ''],
  ['segments_1', ''],
  ['a.b.c', 'c'],
  ['.hidden', 'hidden'],
  ['foo.cfs__0.tmp', 'cfs'],
  ['foo.cfs_x.fdt_0.tmp', 'cfs'],
  ['foo__0.tmp', 'tmp'],
  ['foo.1__0.tmp', 'tmp'],
  ['.tmp', 'tmp'],
])('takes the extension from a name: %s', (name, extension) => {
  expect(FileSwitchDirectory.getExtension(name)).toBe(extension)
})

it('puts files where their extensions belong', async () => {
  const { directory, primary, secondary } = newSwitch()
  for (const name of ['_0.cfs', '_0.fdt', '_0.tim', 'segments_1']) write(directory, name, pattern(5))
  directory.copyFrom(primary, '_0.cfs', '_1.cfs')
  directory.copyFrom(primary, '_0.cfs', '_1.si')
  expect(primary.listAll()).toEqual(['_0.cfs', '_0.fdt', '_1.cfs'])
  expect(secondary.listAll()).toEqual(['_0.tim', '_1.si', 'segments_1'])
  expect(directory.listAll()).toEqual(['_0.cfs', '_0.fdt', '_0.tim', '_1.cfs', '_1.si', 'segments_1'])
  expect(directory.getPrimaryDir()).toBe(primary)
  expect(directory.getSecondaryDir()).toBe(secondary)
  expect(directory.directoryOf('x.fdt')).toBe(primary)
  directory.deleteFile('_0.fdt')
  directory.rename('_0.cfs', '_2.cfs')
  expect(primary.listAll()).toEqual(['_1.cfs', '_2.cfs'])
  expect(contentOf(directory, '_2.cfs')).toEqual(pattern(5))
  await directory.sync(['_2.cfs', '_0.tim'])
  await expect(directory.sync(['_0.tim', 'missing.cfs'])).rejects.toThrow(FileNotFoundError)
  await directory.syncMetaData()
  primary.obtainLock('write.lock').close()
  const lock = directory.obtainLock('write.lock')
  expect(() => secondary.obtainLock('write.lock')).toThrow('write.lock')
  lock.close()
})

it('puts a temporary file where its final name belongs', () => {
  const { directory, primary, secondary } = newSwitch()
  const compound = directory.createTempOutput('_0.cfs', 'copy')
  const other = directory.createTempOutput('_0', 'copy')
  compound.close()
  other.close()
  expect(primary.listAll()).toEqual(['_0.cfs_copy_0.tmp'])
  expect(secondary.listAll()).toEqual(['_0_copy_0.tmp'])
  directory.rename(compound.getName(), '_0.cfs')
  directory.rename(other.getName(), '_0.si')
  expect(directory.listAll()).toEqual(['_0.cfs', '_0.si'])
})

it('renames nothing from one directory to the other', () => {
  const { directory } = newSwitch()
  write(directory, 'a.cfs', pattern(5))
  expect(() => directory.rename('a.cfs', 'a.si')).toThrow(
    expect.objectContaining({ code: 'EXDEV', path: 'a.cfs' }),
  )
  expect(() => directory.rename('a.cfs', 'a.si')).toThrow('a.cfs -> a.si')
  expect(directory.listAll()).toEqual(['a.cfs'])
})

it('lists each file once where both are at one path', () => {
  const directory = new FileSwitchDirectory(['cfs'], MMapDirectory.open(path), FSDirectory.open(path))
  write(directory, 'a.cfs', pattern(5))
  write(directory, 'a.si', pattern(5))
  expect(directory.listAll()).toEqual(['a.cfs', 'a.si'])
  const mapped = directory.openInput('a.cfs')
  const read = directory.openInput('a.si')
  expect([mapped.mapped, read.mapped]).toEqual([true, false])
  mapped.close()
  read.close()
  directory.close()
})

it('lists what there is when one directory is missing, unless that is nothing', () => {
  const primary = FSDirectory.open(`${path}/one`, { create: true })
  const secondary = FSDirectory.open(`${path}/two`, { create: true })
  const directory = new FileSwitchDirectory(['cfs'], primary, secondary)
  write(directory, 'a.si', pattern(1))
  rmSync(`${path}/one`, { recursive: true })
  expect(directory.listAll()).toEqual(['a.si'])
  directory.deleteFile('a.si')
  expect(() => directory.listAll()).toThrow(FileNotFoundError)
  rmSync(`${path}/two`, { recursive: true })
  expect(() => directory.listAll()).toThrow(join(path, 'one'))
})

it('closes both directories, even where the first fails, or neither', () => {
  const broken = new (class extends ByteBuffersDirectory {
    override close(): void {
      throw new Error('cannot close')
    }
  })()
  const secondary = new ByteBuffersDirectory()
  const directory = new FileSwitchDirectory([], broken, secondary)
  expect(() => directory.close()).toThrow('cannot close')
  directory.close()
  expect(() => secondary.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))

  const [one, two] = [new ByteBuffersDirectory(), new ByteBuffersDirectory()]
  const borrowing = new FileSwitchDirectory([], one, two, { doClose: false })
  borrowing.close()
  expect(() => borrowing.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  expect([one.listAll(), two.listAll()]).toEqual([[], []])
})

it('refuses what makes no sense', () => {
  const [one, two] = [new ByteBuffersDirectory(), new ByteBuffersDirectory()]
  expect(() => new FileSwitchDirectory(['cfs', 'tmp'], one, two)).toThrow('tmp is a reserved extension')
  expect(() => new FileSwitchDirectory('cfs', one, two)).toThrow(TypeError)
  expect(() => new FileSwitchDirectory([5 as never], one, two)).toThrow(TypeError)
  expect(() => new FileSwitchDirectory([], one, {} as Directory)).toThrow(TypeError)
  expect(() => new FileSwitchDirectory([], one, two, { doclose: false } as never)).toThrow(
    "should be 'doClose'",
  )
  expect(() => new FileSwitchDirectory([], one, two, { doClose: 1 as never })).toThrow(TypeError)
  expect(() => FileSwitchDirectory.getExtension(5 as never)).toThrow(TypeError)
})
