import { expect, it } from 'vitest'

import {
  AccessDeniedError,
  AlreadyClosedError,
  ByteBuffersDirectory,
  type Directory,
  EndOfFileError,
  FileAlreadyExistsError,
  FileNotFoundError,
  IndexInput,
  IOContext,
} from '../../src/index.js'
import { describeEachDirectory, describeEachWrapper, type DirectoryKind } from '../support/directories.js'
import { each, errorsOf } from '../support/outcomes.js'
import { contentOf, difference, pattern, write } from '../support/files.js'

describeEachDirectory(directorySuite)
describeEachWrapper(directorySuite)

function directorySuite(open: () => Directory, kind: DirectoryKind): void {
  it('is empty at first', () => {
    expect(open().listAll()).toEqual([])
  })

  it('lists names in UTF-16 order', () => {
    const directory = open()
    // In UTF-16, U+1F600 (a surrogate pair) comes before U+FF5E; in UTF-8 it comes after.
    const names = ['b', 'a10', 'a2', 'B', '_0.cfs', '\u{1f600}', '～', 'é']
    for (const name of names) write(directory, name, pattern(1))
    expect(directory.listAll()).toEqual(['B', '_0.cfs', 'a10', 'a2', 'b', 'é', '\u{1f600}', '～'])
  })

  it('tells the length of a file', () => {
    const directory = open()
    write(directory, 'empty', pattern(0))
    write(directory, 'some', pattern(4097))
    expect(directory.fileLength('empty')).toBe(0)
    expect(directory.fileLength('some')).toBe(4097)
  })

  it.each(['fileLength', 'openInput', 'openChecksumInput', 'deleteFile'] as const)(
    'says that a file is missing: %s',
    (method) => {
      const directory = open()
      write(directory, 'other', pattern(1))
      expect(() => directory[method]('missing')).toThrow(FileNotFoundError)
      expect(() => directory[method]('missing')).toThrow(
        expect.objectContaining({ code: 'ENOENT', path: expect.stringContaining('missing') }),
      )
    },
  )

  it('makes a file at once, before anything is written', () => {
    const directory = open()
    const output = directory.createOutput('file')
    expect(directory.listAll()).toEqual(['file'])
    output.close()
    expect(directory.fileLength('file')).toBe(0)
  })

  it('makes no file twice', () => {
    const directory = open()
    const output = directory.createOutput('file')
    expect(() => directory.createOutput('file')).toThrow(FileAlreadyExistsError)
    output.writeByte(7)
    output.close()
    expect(() => directory.createOutput('file')).toThrow(
      expect.objectContaining({ code: 'EEXIST', path: expect.stringContaining('file') }),
    )
    expect(contentOf(directory, 'file')).toEqual(Uint8Array.of(7))
  })

  it('makes a deleted file again', () => {
    const directory = open()
    write(directory, 'file', pattern(3))
    directory.deleteFile('file')
    expect(directory.listAll()).toEqual([])
    write(directory, 'file', pattern(5))
    expect(contentOf(directory, 'file')).toEqual(pattern(5))
  })

  it('gives temporary files names as Lucene does', () => {
    const directory = open()
    const outputs = Array.from({ length: 12 }, () => directory.createTempOutput('pre', 'suf'))
    outputs.push(directory.createTempOutput('pre', ''), directory.createTempOutput('', 'x'))
    const names = outputs.map((output) => output.getName())
    expect(names.slice(0, 2)).toEqual(['pre_suf_0.tmp', 'pre_suf_1.tmp'])
    expect(names.slice(9)).toEqual([
      'pre_suf_9.tmp',
      'pre_suf_a.tmp',
      'pre_suf_b.tmp',
      'pre__c.tmp',
      '_x_d.tmp',
    ])
    for (const output of outputs) output.close()
    expect(directory.listAll()).toEqual(names.toSorted())
  })

  it('passes over names of temporary files that are taken', () => {
    const directory = open()
    write(directory, 'a_b_0.tmp', pattern(1))
    write(directory, 'a_b_1.tmp', pattern(2))
    const output = directory.createTempOutput('a', 'b')
    output.close()
    expect(output.getName()).toBe('a_b_2.tmp')
    expect(contentOf(directory, 'a_b_0.tmp')).toEqual(pattern(1))
  })

  it('renames a file, of which open inputs do not notice', () => {
    const directory = open()
    write(directory, 'old', pattern(100))
    const input = directory.openInput('old')
    directory.rename('old', 'new')
    expect(directory.listAll()).toEqual(['new'])
    expect(contentOf(directory, 'new')).toEqual(pattern(100))
    expect(() => directory.openInput('old')).toThrow(FileNotFoundError)
    input.seek(99)
    expect(input.readByte()).toBe(pattern(100)[99])
    input.close()
  })

  it('never replaces a file by renaming another', () => {
    const directory = open()
    write(directory, 'a', pattern(1))
    write(directory, 'b', pattern(2))
    expect(() => directory.rename('a', 'b')).toThrow(FileAlreadyExistsError)
    expect(() => directory.rename('a', 'a')).toThrow(FileAlreadyExistsError)
    expect(contentOf(directory, 'a')).toEqual(pattern(1))
    expect(contentOf(directory, 'b')).toEqual(pattern(2))
  })

  it('renames nothing that is not there', () => {
    const directory = open()
    expect(() => directory.rename('missing', 'new')).toThrow(FileNotFoundError)
    expect(directory.listAll()).toEqual([])
  })

  it('keeps the inputs of a deleted file readable', () => {
    const directory = open()
    write(directory, 'file', pattern(10_000))
    const input = directory.openInput('file')
    directory.deleteFile('file')
    expect(directory.listAll()).toEqual([])
    expect(() => directory.fileLength('file')).toThrow(FileNotFoundError)
    const bytes = new Uint8Array(10_000)
    input.readBytes(bytes)
    expect(difference(bytes, pattern(10_000))).toBeUndefined()
    expect(input.slice('tail', 9_990, 10).readByte()).toBe(pattern(10_000)[9_990])
    input.close()
  })

  it('deletes nothing twice', () => {
    const directory = open()
    write(directory, 'file', pattern(1))
    directory.deleteFile('file')
    expect(() => directory.deleteFile('file')).toThrow(FileNotFoundError)
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })

  it('copies a file from a directory of any kind', () => {
    const directory = open()
    const other = new ByteBuffersDirectory()
    const bytes = pattern(200_000)
    write(other, 'source', bytes)
    directory.copyFrom(other, 'source', 'copy', IOContext.merge())
    expect(difference(contentOf(directory, 'copy'), bytes)).toBeUndefined()
    other.copyFrom(directory, 'copy', 'back')
    expect(difference(contentOf(other, 'back'), bytes)).toBeUndefined()
  })

  it('removes the copy when copying fails', () => {
    const directory = open()
    expect(() => directory.copyFrom(brokenDirectory(), 'source', 'copy')).toThrow(EndOfFileError)
    expect(directory.listAll()).toEqual([])
  })

  it('replaces nothing and removes nothing when the name of a copy is taken', () => {
    const directory = open()
    const other = new ByteBuffersDirectory()
    write(other, 'source', pattern(10))
    write(directory, 'copy', pattern(3))
    expect(() => directory.copyFrom(other, 'source', 'copy')).toThrow(FileAlreadyExistsError)
    expect(() => directory.copyFrom(other, 'missing', 'copy')).toThrow(FileNotFoundError)
    expect(() => directory.copyFrom({} as Directory, 'source', 'new')).toThrow(TypeError)
    expect(contentOf(directory, 'copy')).toEqual(pattern(3))
    expect(directory.listAll()).toEqual(['copy'])
  })

  it('syncs files and names', async () => {
    const directory = open()
    write(directory, 'a', pattern(5))
    write(directory, 'b', pattern(0))
    await expect(directory.sync(['a', 'b'])).resolves.toBeUndefined()
    await expect(directory.sync(new Set(['a']))).resolves.toBeUndefined()
    await expect(directory.sync([])).resolves.toBeUndefined()
    await expect(directory.syncMetaData()).resolves.toBeUndefined()
    expect(contentOf(directory, 'a')).toEqual(pattern(5))
  })

  it('syncs no missing file, and does not make it', async () => {
    const directory = open()
    write(directory, 'a', pattern(5))
    await expect(directory.sync(['a', 'missing'])).rejects.toThrow(FileNotFoundError)
    expect(directory.listAll()).toEqual(['a'])
  })

  it('gives a lock to one holder at a time', () => {
    const directory = open()
    const lock = directory.obtainLock('write.lock')
    expect(lock.name).toBe('write.lock')
    lock.ensureValid()
    expect(() => directory.obtainLock('write.lock')).toThrow(
      expect.objectContaining({
        code: 'ERR_LOCK_OBTAIN_FAILED',
        path: expect.stringContaining('write.lock'),
      }),
    )
    lock.ensureValid()
    const other = directory.obtainLock('other.lock')
    lock.close()
    lock.close()
    expect(() => lock.ensureValid()).toThrow(AlreadyClosedError)
    other.ensureValid()
    const again = directory.obtainLock('write.lock')
    again.ensureValid()
    again[Symbol.dispose]()
    other.close()
  })

  it('holds its locks beyond its end', () => {
    const directory = open()
    const lock = directory.obtainLock('write.lock')
    directory.close()
    expect(() => lock.ensureValid()).not.toThrow()
    lock.close()
  })

  it('refuses everything once it is closed', async () => {
    const directory = open()
    write(directory, 'file', pattern(5))
    directory.close()
    const attempts: Record<string, () => unknown> = {
      listAll: () => directory.listAll(),
      fileLength: () => directory.fileLength('file'),
      openInput: () => directory.openInput('file'),
      openChecksumInput: () => directory.openChecksumInput('file'),
      createOutput: () => directory.createOutput('new'),
      createTempOutput: () => directory.createTempOutput('a', 'b'),
      copyFrom: () => directory.copyFrom(sourceDirectory(), 'source', 'copy'),
      deleteFile: () => directory.deleteFile('file'),
      rename: () => directory.rename('file', 'new'),
      obtainLock: () => directory.obtainLock('write.lock'),
      sync: () => directory.sync(['file']),
      'sync (nothing)': () => directory.sync([]),
      syncMetaData: () => directory.syncMetaData(),
    }
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'AlreadyClosedError'))
    expect(directory.getPendingDeletions()).toEqual(new Set())
    directory.close()
    directory[Symbol.dispose]()
  })

  it('leaves inputs readable and outputs writable when it is closed', () => {
    const directory = open()
    write(directory, 'file', pattern(5_000))
    const input = directory.openInput('file')
    const output = directory.createOutput('new')
    directory.close()
    const bytes = new Uint8Array(5_000)
    input.readBytes(bytes)
    expect(difference(bytes, pattern(5_000))).toBeUndefined()
    output.writeBytes(pattern(100_000))
    expect(output.getFilePointer()).toBe(100_000)
    output.close()
    input.close()
  })

  it('says what it is', () => {
    const directory = open()
    expect(directory.toString()).toContain(
      kind.type === 'memory' ? 'ByteBuffersDirectory' : 'Directory(path="',
    )
    directory.close()
    expect(directory.toString()).toContain('Directory')
  })

  it.runIf(kind.type === 'memory')('lets nobody read a file that is still being written', () => {
    const directory = open()
    const output = directory.createOutput('file')
    output.writeBytes(pattern(100_000))
    expect(() => directory.openInput('file')).toThrow(AccessDeniedError)
    output.close()
    expect(difference(contentOf(directory, 'file'), pattern(100_000))).toBeUndefined()
  })
}

function sourceDirectory(): Directory {
  const directory = new ByteBuffersDirectory()
  write(directory, 'source', pattern(10))
  return directory
}

/** A directory whose files end before their length says so. */
function brokenDirectory(): Directory {
  return new (class extends ByteBuffersDirectory {
    override openInput(): IndexInput {
      const failure = new EndOfFileError('the disk is gone')
      return IndexInput.from(
        {
          length: 100_000,
          window: () => {
            throw failure
          },
          close: () => {},
        },
        'broken',
      )
    }
  })()
}
