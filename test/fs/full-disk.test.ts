import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, type IndexOutput, MMapDirectory, StorageError } from '../../src/index.js'
import { AllDirect } from '../support/directories.js'
import { contentOf, difference, pattern, write } from '../support/files.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

const base = temporaryDirectory()
const MOUNTABLE =
  process.platform === 'linux' &&
  succeeds('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', base) &&
  succeeds('umount', base)

afterAll(() => {
  removeDirectory(base)
})

function fill(output: IndexOutput): void {
  for (let i = 0; i < 100; i++) output.writeBytes(pattern(10_000))
}

describe.skipIf(!MOUNTABLE)('on a disk that is full (needs the right to mount)', () => {
  let path: string

  beforeEach(() => {
    path = join(base, 'disk')
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path])
  })

  afterEach(() => {
    execFileSync('umount', ['-l', path])
  })

  const full = expect.objectContaining({ code: 'ENOSPC', hints: ['the disk is full'] }) as Error

  it.each([
    ['FSDirectory', (at: string) => FSDirectory.open(at)],
    ['MMapDirectory', (at: string) => MMapDirectory.open(at)],
    ['DirectIODirectory', (at: string) => new AllDirect(FSDirectory.open(at))],
  ] as const)('an output stays failed, can be closed, and its file deleted: %s', (_, open) => {
    const directory = open(path)
    const output = directory.createOutput('file')
    expect(() => fill(output)).toThrow(full)
    expect(() => output.writeByte(1)).toThrow(full)
    expect(() => output.writeInt(1)).toThrow(full)
    expect(() => output.writeBytes(pattern(10))).toThrow(full)
    expect(() => output.writeString('text')).toThrow(full)
    expect(() => output.getChecksum()).toThrow(full)
    directory.deleteFile('file') // there would be room now, but bytes are missing
    expect(() => output.writeByte(1)).toThrow(full)
    output.close()
    output.close()
    expect(() => output.writeByte(1)).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    expect(directory.listAll()).toEqual([])
    write(directory, 'file', pattern(100_000))
    expect(difference(contentOf(directory, 'file'), pattern(100_000))).toBeUndefined()
  })

  it.each([
    ['FSDirectory', (at: string) => FSDirectory.open(at)],
    ['DirectIODirectory', (at: string) => new AllDirect(FSDirectory.open(at))],
  ] as const)('close() says that the last bytes did not fit: %s', (_, open) => {
    const directory = open(path)
    writeFileSync(join(path, 'filler'), pattern(250_000))
    const output = directory.createOutput('file')
    output.writeBytes(pattern(30_000)) // fits the buffer, not the disk
    expect(() => output.close()).toThrow(full)
    output.close()
    directory.deleteFile('file')
    directory.deleteFile('filler')
    expect(directory.listAll()).toEqual([])
  })

  it('a copy that does not fit is removed', () => {
    const source = FSDirectory.open(base)
    write(source, 'source', pattern(400_000))
    const directory = FSDirectory.open(path)
    expect(() => directory.copyFrom(source, 'source', 'copy')).toThrow(full)
    expect(directory.listAll()).toEqual([])
    source.deleteFile('source')
  })
})

describe.skipIf(!MOUNTABLE)('a file that the system does not let go of (needs the right to mount)', () => {
  let path: string
  let directory: FSDirectory
  const busy = (name: string): string => join(path, name)

  /** By default the file itself, which then stays the same file when it is unmounted. */
  const mountOver = (name: string, what = busy(name)): void => {
    execFileSync('mount', ['--bind', what, busy(name)])
    mounted.add(name)
  }
  const unmount = (name: string): void => {
    execFileSync('umount', [busy(name)])
    mounted.delete(name)
  }
  const mounted = new Set<string>()

  beforeEach(() => {
    path = temporaryDirectory()
    directory = FSDirectory.open(path)
    for (const name of ['busy', 'other']) write(directory, name, pattern(10))
    mountOver('busy')
  })

  afterEach(() => {
    for (const name of mounted) unmount(name)
    removeDirectory(path)
  })

  it('is gone from the directory at once', async () => {
    directory.deleteFile('busy')
    expect(directory.listAll()).toEqual(['other'])
    expect(directory.getPendingDeletions()).toEqual(new Set(['busy']))
    const missing = expect.objectContaining({ code: 'ENOENT', path: busy('busy') }) as Error
    expect(() => directory.openInput('busy')).toThrow(missing)
    expect(() => directory.fileLength('busy')).toThrow(missing)
    expect(() => directory.deleteFile('busy')).toThrow(missing)
    expect(() => directory.rename('busy', 'new')).toThrow(missing)
    await expect(directory.sync(['busy'])).rejects.toThrow(missing)
    expect(() => directory.createOutput('busy')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(() => directory.rename('other', 'busy')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(readFileSync(busy('busy'))).toHaveLength(10)
  })

  it('is left alone when there is another file of its name by then', () => {
    unmount('busy')
    writeFileSync(`${base}/other`, 'mounted over it')
    mountOver('busy', `${base}/other`)
    directory.deleteFile('busy')
    expect(directory.listAll()).toEqual(['other'])
    unmount('busy')
    expect(directory.getPendingDeletions()).toEqual(new Set())
    expect(directory.listAll()).toEqual(['busy', 'other'])
  })

  it.each<[string, (directory: FSDirectory) => unknown]>([
    ['another deletion', (at) => at.deleteFile('other')],
    ['a new file', (at) => at.createOutput('new').close()],
    ['a new temporary file', (at) => at.createTempOutput('a', 'b').close()],
    ['a renaming', (at) => at.rename('other', 'new')],
    ['sync()', (at) => at.sync(['other'])],
    ['syncMetaData()', (at) => at.syncMetaData()],
    ['getPendingDeletions()', (at) => at.getPendingDeletions()],
    ['close()', (at) => at.close()],
    ['a new file of that name', (at) => write(at, 'busy', pattern(3))],
  ])('is removed when it can be, by the next operation: %s', async (what, operation) => {
    directory.deleteFile('busy')
    unmount('busy')
    await operation(directory)
    const left = FSDirectory.open(path)
    expect(left.listAll().includes('busy')).toBe(what.endsWith('of that name'))
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })

  it('is tried again no more often than there are files waiting', () => {
    mountOver('other')
    directory.deleteFile('busy')
    directory.deleteFile('other')
    unmount('busy')
    unmount('other')
    directory.createOutput('a').close()
    directory.createOutput('b').close()
    expect(directory.listAll()).toEqual(['a', 'b'])
    expect(FSDirectory.open(path).listAll()).toEqual(['a', 'b'])
  })

  it('keeps its name from temporary files', () => {
    write(directory, 'a_b_0.tmp', pattern(1))
    mountOver('a_b_0.tmp')
    directory.deleteFile('a_b_0.tmp')
    const output = directory.createTempOutput('a', 'b')
    expect(output.getName()).toBe('a_b_1.tmp')
    output.close()
  })

  it('is an error of another kind where the directory does not know the name', () => {
    expect(() => directory.deleteFile('missing')).toThrow(StorageError)
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })
})
