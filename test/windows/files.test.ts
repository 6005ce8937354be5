import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getSystemErrorMap, getSystemErrorName } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, MMapDirectory } from '../../src/index.js'
import type { NativeError } from '../../src/native.js'
import { contentOf, pattern, write } from '../support/files.js'
import { addon } from '../support/mappings.js'
import { failureOf } from '../support/outcomes.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/** libuv opens with it so that nobody else can open the file meanwhile (uv/win.h). */
const UV_FS_O_EXLOCK = 0x10000000

/** The number of an error in this system's errors. */
function numberOf(code: string): number {
  return [...getSystemErrorMap()].find(([, [name]]) => name === code)![0]
}

let path: string
let directory: MMapDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = MMapDirectory.open(path)
})

afterEach(() => {
  removeDirectory(path)
})

function at(name: string): string {
  return join(path, name)
}

describe.skipIf(!WINDOWS)('a mapped file (on Windows)', () => {
  it('is deleted when it is closed, and its name is taken until then', () => {
    write(directory, 'file', pattern(100_000))
    const input = directory.openInput('file')
    const clone = input.clone()
    directory.deleteFile('file')
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
    expect(directory.listAll()).toEqual([])
    expect(() => directory.openInput('file')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => directory.createOutput('file')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    write(directory, 'new', pattern(20))
    expect(() => directory.rename('new', 'file')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(clone.readByte()).toBe(pattern(1)[0])
    input.close()
    expect(directory.getPendingDeletions()).toEqual(new Set())
    expect(readdirSync(path)).toEqual(['new'])
    directory.rename('new', 'file')
    expect(contentOf(directory, 'file')).toEqual(pattern(20))
  })

  it('is free as soon as close() returns', () => {
    write(directory, 'file', pattern(100_000))
    const input = directory.openInput('file')
    input.readByte()
    input.close()
    unlinkSync(at('file'))
    expect(existsSync(at('file'))).toBe(false)
  })

  it('stays while there is a view of it', () => {
    write(directory, 'file', pattern(100_000))
    const input = directory.openInput('file')
    const view = input.view(70_000, 10)
    input.close()
    expect(() => unlinkSync(at('file'))).toThrow(expect.objectContaining({ syscall: 'unlink' }))
    directory.deleteFile('file')
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
    view[0] = 1
    expect([...view.subarray(1)]).toEqual([...pattern(70_010).subarray(70_001)])
  })

  it('is neither truncated nor replaced, by nobody', () => {
    write(directory, 'file', pattern(100_000))
    const input = directory.openInput('file')
    const fd = openSync(at('file'), 'r+')
    expect(() => ftruncateSync(fd, 10)).toThrow(expect.objectContaining({ syscall: 'ftruncate' }))
    closeSync(fd)
    writeFileSync(at('other'), 'x')
    expect(() => renameSync(at('other'), at('file'))).toThrow(expect.objectContaining({ code: 'EPERM' }))
    const bytes = new Uint8Array(100_000)
    input.readBytes(bytes)
    expect(bytes).toEqual(pattern(100_000))
    input.close()
  })

  it('is no longer than the file', async () => {
    write(directory, 'file', pattern(100_000))
    const fd = openSync(at('file'), 'r')
    const { errno, syscall } = (await failureOf(
      Promise.resolve().then(() => addon.openMapping(fd, 200_000, 34, true)),
    )) as NativeError
    closeSync(fd)
    expect([getSystemErrorName(errno!), syscall]).toEqual(['EIO', 'MapViewOfFile'])
  })

  it('may be renamed and appended to', () => {
    write(directory, 'file', pattern(100_000))
    const input = directory.openInput('file')
    directory.rename('file', 'renamed')
    writeFileSync(at('renamed'), 'more', { flag: 'a' })
    expect(input.length()).toBe(100_000)
    input.seek(99_999)
    expect(input.readByte()).toBe(pattern(100_000)[99_999])
    expect(directory.fileLength('renamed')).toBe(100_004)
    input.close()
  })
})

/** What native code throws for an error of Windows: native/windows/system_error.cc. */
function refuse(errno: number, systemCode: number): void {
  addon.openMapping = () => {
    throw Object.assign(new Error('MapViewOfFile failed'), { errno, systemCode, syscall: 'MapViewOfFile' })
  }
}

describe.skipIf(!WINDOWS)('a file that Windows does not map (on Windows)', () => {
  const { openMapping } = addon

  afterEach(() => {
    addon.openMapping = openMapping
  })

  it.each([
    [8, /holds \d+ mappings/],
    [1450, /holds \d+ mappings/],
    [1455, /enlarge the page file/],
  ])('for want of memory, by error %i, is read', (systemCode, hint) => {
    write(directory, 'file', pattern(100_000))
    refuse(numberOf('ENOMEM'), systemCode)
    const input = MMapDirectory.open(path).openInput('file')
    expect(input.mapped).toBe(false)
    expect(input.mapFailure).toMatchObject({
      code: 'ERR_MAP_FAILED',
      message: expect.stringContaining(`ENOMEM (Windows error ${systemCode})`),
      hints: expect.arrayContaining([expect.stringMatching(hint)]),
    })
    input.seek(99_999)
    expect(input.readByte()).toBe(pattern(100_000)[99_999])
    input.close()
  })

  it('since that is denied, is read', () => {
    write(directory, 'file', pattern(10))
    refuse(numberOf('EACCES'), 5)
    const input = MMapDirectory.open(path).openInput('file')
    expect(input.mapFailure?.message).toContain('EACCES (Windows error 5)')
    expect(input.readByte()).toBe(pattern(10)[0])
    input.close()
  })

  it('since it is for another program alone, is an error', () => {
    write(directory, 'file', pattern(10))
    refuse(numberOf('EBUSY'), 32)
    expect(() => MMapDirectory.open(path).openInput('file')).toThrow(
      expect.objectContaining({
        name: 'MapFailedError',
        errno: numberOf('EBUSY'),
        message: expect.stringContaining('EBUSY (Windows error 32)'),
        hints: expect.arrayContaining([expect.stringContaining('another program')]),
      }),
    )
  })
})

describe.skipIf(!WINDOWS)('a file that another program has open (on Windows)', () => {
  it('is busy where it is not shared, and says so', () => {
    write(directory, 'file', pattern(10))
    const fd = openSync(at('file'), constants.O_RDWR | UV_FS_O_EXLOCK)
    for (const type of [MMapDirectory, FSDirectory]) {
      expect(() => type.open(path).openInput('file')).toThrow(
        expect.objectContaining({ code: 'EBUSY', hints: [expect.stringContaining('another program')] }),
      )
    }
    directory.deleteFile('file')
    expect(directory.getPendingDeletions()).toEqual(new Set(['file']))
    closeSync(fd)
    expect(directory.getPendingDeletions()).toEqual(new Set())
  })

  it('keeps its name when it is removed, until that program closes it', () => {
    write(directory, 'file', pattern(10))
    const fd = openSync(at('file'), 'r')
    directory.deleteFile('file')
    expect(directory.listAll()).toEqual([])
    expect(() => directory.fileLength('file')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    closeSync(fd)
    expect(directory.getPendingDeletions()).toEqual(new Set())
    write(directory, 'file', pattern(20))
    expect(contentOf(directory, 'file')).toEqual(pattern(20))
  })
})

/** Whether a read-only file cannot be written to; under wine, root can. */
function readOnlyHolds(): boolean {
  const made = temporaryDirectory()
  writeFileSync(join(made, 'file'), '')
  chmodSync(join(made, 'file'), 0o444)
  try {
    closeSync(openSync(join(made, 'file'), 'r+'))
    return false
  } catch {
    return true
  } finally {
    chmodSync(join(made, 'file'), 0o666)
    removeDirectory(made)
  }
}

describe.skipIf(!WINDOWS || !readOnlyHolds())(
  'a read-only file (needs Windows, and not root of wine)',
  () => {
    it('is refused to who wants to write', async () => {
      write(directory, 'file', pattern(10))
      chmodSync(at('file'), 0o444)
      await expect(directory.sync(['file'])).rejects.toMatchObject({
        name: 'AccessDeniedError',
        code: 'EACCES',
        hints: expect.arrayContaining([expect.stringContaining('read-only')]),
      })
      chmodSync(at('file'), 0o666)
    })
  },
)

describe.skipIf(!WINDOWS)('paths (on Windows)', () => {
  it.each([
    ['longer than 260 characters', `${'a'.repeat(120)}/${'b'.repeat(120)}/${'c'.repeat(120)}`],
    ['of all scripts', 'Größe/索引/\u{1f600}'],
  ])('may be %s', async (_, below) => {
    const deep = MMapDirectory.open(join(path, below), { create: true })
    const name = 'файл～.bin'
    write(deep, name, pattern(100_000))
    const input = deep.openInput(name)
    expect(input.mapped).toBe(true)
    input.seek(99_999)
    expect(input.readByte()).toBe(pattern(100_000)[99_999])
    expect(input.view(65_536, 10)).toEqual(pattern(65_546).subarray(65_536))
    const shared = input.share()
    shared.release()
    input.close()
    const lock = deep.obtainLock('write.lock')
    expect(() => deep.obtainLock('write.lock')).toThrow(
      expect.objectContaining({ code: 'ERR_LOCK_OBTAIN_FAILED' }),
    )
    lock.ensureValid()
    lock.close()
    await deep.sync([name])
    await deep.syncMetaData()
    deep.rename(name, 'renamed')
    expect(deep.listAll()).toEqual(['renamed', 'write.lock'])
  })

  it('take names that differ by their case alone for one', () => {
    write(directory, 'file', pattern(10))
    expect(() => directory.createOutput('FILE')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(contentOf(directory, 'File')).toEqual(pattern(10))
    const lock = directory.obtainLock('write.lock')
    expect(() => directory.obtainLock('WRITE.LOCK')).toThrow(
      expect.objectContaining({ code: 'ERR_LOCK_OBTAIN_FAILED' }),
    )
    lock.close()
  })

  it('have to be there for syncMetaData(), which has nothing to flush', async () => {
    await directory.syncMetaData()
    rmSync(path, { recursive: true })
    await expect(directory.syncMetaData()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
