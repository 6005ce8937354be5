import { constants, readFileSync, statfsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  ByteBuffersDirectory,
  DirectIODirectory,
  type Directory,
  FSDirectory,
  IOContext,
  MMapDirectory,
} from '../../src/index.js'
import { runScript } from '../support/child.js'
import { removeDirectory, temporaryDirectory, TMPFS } from '../support/temporary.js'

const MIB = 1024 * 1024

function mergeOf(estimatedMergeBytes: number): IOContext {
  return IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes, isExternal: false, mergeMaxNumSegments: -1 })
}
const MERGE = mergeOf(100 * MIB)

/** Bytes that no two blocks have in common. */
function pattern(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761)
  return new Uint8Array(words.buffer, 0, length)
}

let path: string
let disk: MMapDirectory
let directory: DirectIODirectory

beforeEach(() => {
  path = temporaryDirectory()
  disk = MMapDirectory.open(path)
  directory = new DirectIODirectory(disk)
})

afterEach(() => {
  directory.close()
  removeDirectory(path)
})

function write(into: Directory, name: string, bytes: Uint8Array, context?: IOContext): void {
  const output = into.createOutput(name, context)
  for (let at = 0; at < bytes.length; at += 100_001) output.writeBytes(bytes.subarray(at, at + 100_001))
  expect(output.getFilePointer()).toBe(bytes.length)
  output.close()
}

/** How many bytes of a file are in the system's cache. */
function cachedBytes(name: string): number {
  const input = disk.openInput(name)
  const bytes = input.residentBytes()!
  input.close()
  return bytes
}

/** Whether the temporary directory is on a file system that has a disk behind it, and O_DIRECT is to be had. */
const BYPASSES = ((): boolean => {
  const folder = temporaryDirectory()
  const probe = new DirectIODirectory(FSDirectory.open(folder), { minBytesDirect: 0 })
  probe.createOutput('probe', MERGE).close()
  const { refused } = probe.stats()
  const TMPFS_MAGIC = 0x0102_1994
  const onDisk = constants.O_DIRECT !== undefined && statfsSync(folder).type !== TMPFS_MAGIC
  removeDirectory(folder)
  return refused === 0 && onDisk
})()

describe.skipIf(!BYPASSES)('a file of a large merge (needs O_DIRECT on a disk)', () => {
  it('is written past the cache, whatever its length', () => {
    for (const length of [
      0,
      1,
      511,
      4096,
      256 * 1024,
      256 * 1024 + 1,
      16 * MIB - 1,
      16 * MIB,
      16 * MIB + 5000,
    ]) {
      const bytes = pattern(length)
      write(directory, `direct${length}`, bytes, MERGE)
      write(disk, `cached${length}`, bytes, MERGE)
      expect(Buffer.compare(readFileSync(join(path, `direct${length}`)), bytes)).toBe(0)
    }
    expect(directory.stats()).toEqual({ inputs: 0, outputs: 9, refused: 0, refusal: undefined })
  })

  it('is not in the cache after it was written, nor after it was read', async () => {
    const bytes = pattern(16 * MIB + 5000)
    write(directory, 'direct', bytes, MERGE)
    write(disk, 'cached', bytes, MERGE)
    expect(cachedBytes('cached')).toBeGreaterThan(0.9 * bytes.length)
    // The page in which the file was cut off may be there.
    expect(cachedBytes('direct')).toBeLessThanOrEqual(4096)

    const input = directory.openInput('direct', MERGE)
    const found = new Uint8Array(bytes.length)
    input.readBytes(found)
    expect(Buffer.compare(found, bytes)).toBe(0)
    input.seek(1_000_003)
    expect(input.readInt()).toBe(Buffer.from(bytes.buffer).readInt32LE(1_000_003))
    input.close()
    expect(input.toString()).toContain('direct')
    expect(cachedBytes('direct')).toBeLessThanOrEqual(4096)
    expect(directory.stats()).toMatchObject({ inputs: 1, outputs: 1, refused: 0 })

    readFileSync(join(path, 'direct'))
    expect(cachedBytes('direct')).toBeGreaterThan(0.9 * bytes.length)
    await directory.sync(['direct'])
  })

  it('is copied from another directory past the cache, too', () => {
    const memory = new ByteBuffersDirectory()
    const bytes = pattern(12 * MIB + 17)
    write(memory, 'from', bytes)
    directory.copyFrom(memory, 'from', 'to', MERGE)
    expect(cachedBytes('to')).toBeLessThanOrEqual(4096)
    expect(Buffer.compare(readFileSync(join(path, 'to')), bytes)).toBe(0)
  })

  it('has readers that do not disturb each other, more than pieces of memory come at once', () => {
    const bytes = pattern(11 * MIB)
    write(directory, 'direct', bytes, MERGE)
    const input = directory.openInput('direct', MERGE)
    const readers = Array.from({ length: 40 }, (_, i) => {
      const clone = input.clone()
      clone.seek(i * 250_007)
      return clone
    })
    for (let round = 0; round < 3; round++) {
      for (const reader of readers) {
        const at = reader.getFilePointer()
        expect(reader.readInt()).toBe(Buffer.from(bytes.buffer).readInt32LE(at))
        reader.skipBytes(12_345)
      }
    }
    input.close()
    for (const reader of readers) {
      expect(() => reader.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    }
    // The memory is used again, by others.
    const again = directory.openInput('direct', MERGE)
    expect(again.readByte()).toBe(bytes[0])
    again.close()
  })

  it('is noticed to have become shorter', () => {
    write(directory, 'direct', pattern(11 * MIB), MERGE)
    const input = directory.openInput('direct', MERGE)
    input.readByte()
    truncateSync(join(path, 'direct'), 5 * MIB)
    input.seek(10 * MIB)
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    expect(() => input.checkFault()).toThrow(expect.objectContaining({ code: 'ERR_FILE_FAULT' }))
    input.close()
  })
})

describe('what goes through the cache', () => {
  it.each([
    ['no merge', undefined, 20 * MIB],
    ['a flush', IOContext.flush({ numDocs: 1, estimatedSegmentSize: 100 * MIB }), 20 * MIB],
    ['a small merge', mergeOf(10 * MIB - 1), 20 * MIB],
    ['a merge of which nothing is known', IOContext.merge(), 20 * MIB],
  ])('is every file of %s', (_, context, length) => {
    write(directory, 'file', pattern(length), context)
    const input = directory.openInput('file', context)
    expect(input.mapped).toBe(true)
    input.close()
    expect(directory.stats()).toMatchObject({ inputs: 0, outputs: 0, refused: 0 })
  })

  it('is a small file that a large merge reads', () => {
    write(disk, 'small', pattern(10 * MIB - 1))
    write(disk, 'large', pattern(10 * MIB))
    const small = directory.openInput('small', MERGE)
    const large = directory.openInput('large', MERGE)
    expect(small.mapped).toBe(true)
    expect(large.mapped).toBe(!BYPASSES)
    expect(directory.stats().inputs).toBe(BYPASSES ? 1 : 0)
    small.close()
    large.close()
  })
})

describe('where the system refuses', () => {
  /** node:fs with a system that answers EINVAL to O_DIRECT: at the opening, or at the first read or write. */
  const SCRIPT = `
    const fs = require('node:fs')
    const { openSync, readSync, writeSync } = fs
    const direct = new Set()
    const refusal = () => Object.assign(new Error('EINVAL: invalid argument'), { code: 'EINVAL', syscall: 'open', errno: -22 })
    const [, path, when] = process.argv
    fs.openSync = (file, flags, ...rest) => {
      const isDirect = typeof flags === 'number' && (flags & fs.constants.O_DIRECT) !== 0
      if (isDirect && when === 'open') throw refusal()
      const fd = openSync(file, flags, ...rest)
      if (isDirect) direct.add(fd)
      else direct.delete(fd)
      return fd
    }
    const unless = (call) => (fd, ...rest) => {
      if (direct.has(fd) && when === 'use') throw refusal()
      return call(fd, ...rest)
    }
    fs.readSync = unless(readSync)
    fs.writeSync = unless(writeSync)
    require('node:module').syncBuiltinESMExports()
    for (const name of Object.keys(require.cache)) delete require.cache[name]
    const mine = require(dist + '/index.js')
    const warnings = []
    process.on('warning', ({ name, code, message }) => warnings.push([name, code, message.includes(path)]))
    const directory = new mine.DirectIODirectory(mine.FSDirectory.open(path), { minBytesDirect: 0 })
    const context = mine.IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes: 1, isExternal: false, mergeMaxNumSegments: -1 })
    const bytes = new Uint8Array(1_000_000).map((_, i) => i * 7 + (i >> 8))
    const equal = []
    for (const name of ['a', 'b']) {
      const output = directory.createOutput(name, context)
      output.writeBytes(bytes)
      output.close()
      equal.push(Buffer.compare(fs.readFileSync(path + '/' + name), bytes))
      const input = directory.openInput(name, context)
      const found = new Uint8Array(input.length())
      input.readBytes(found)
      input.close()
      equal.push(Buffer.compare(found, bytes))
    }
    const { inputs, outputs, refused, refusal: said } = directory.stats()
    setImmediate(() => console.log(JSON.stringify({ equal, inputs, outputs, refused, code: said.code, warnings })))`

  // bun does not take a script as Node does.
  it.skipIf(!BYPASSES || process.versions['bun'] !== undefined).each(['open', 'use'])(
    'at the %s, files are read and written as any others, and a warning says so once',
    async (when) => {
      const { stdout, stderr } = await runScript(SCRIPT, { args: [path, when] })
      expect(stderr.replace(/^.*(DirectIOWarning|trace-warnings).*\n/gm, '')).toBe('')
      expect(JSON.parse(stdout)).toEqual({
        equal: [0, 0, 0, 0],
        inputs: 0,
        outputs: 0,
        refused: 4,
        code: 'ERR_NO_DIRECT_IO',
        warnings: [['DirectIOWarning', 'ERR_NO_DIRECT_IO', true]],
      })
    },
  )

  it.skipIf(TMPFS === undefined)('or a tmpfs takes it without a disk, files are as they were written', () => {
    const memory = temporaryDirectory(TMPFS)
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const onTmpfs = new DirectIODirectory(FSDirectory.open(memory))
    const bytes = pattern(11 * MIB + 1)
    write(onTmpfs, 'file', bytes, MERGE)
    const input = onTmpfs.openInput('file', MERGE)
    const found = new Uint8Array(bytes.length)
    input.readBytes(found)
    input.close()
    expect(Buffer.compare(found, bytes)).toBe(0)
    const { inputs, outputs, refused } = onTmpfs.stats()
    // Linux takes the flag there since 6.6, and answered EINVAL before.
    expect([
      [1, 1, 0, 0],
      [0, 0, 2, 1],
    ]).toContainEqual([inputs, outputs, refused, warn.mock.calls.length])
    warn.mockRestore()
    removeDirectory(memory)
  })
})

describe('an output past the cache', () => {
  it('does not replace a file', () => {
    write(disk, 'file', pattern(10))
    expect(() => directory.createOutput('file', MERGE)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
    expect(disk.fileLength('file')).toBe(10)
  })

  it('wants an FSDirectory to make its files in, and options that exist', () => {
    expect(() => new DirectIODirectory(new ByteBuffersDirectory() as never)).toThrow(TypeError)
    expect(() => new DirectIODirectory(disk, { minBytesDirect: -1 })).toThrow(RangeError)
    expect(() => new DirectIODirectory(disk, { minBytes: 1 } as never)).toThrow(TypeError)
  })
})
