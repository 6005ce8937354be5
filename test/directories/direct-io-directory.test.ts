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
import { BRIEF } from '../support/brief.js'
import { runScript } from '../support/child.js'
import { runs } from '../support/programs.js'
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

/** A directory that takes every file past the cache, and what it tells of itself. */
const IN_CHILD = `
  const fs = require('node:fs')
  const [, path] = process.argv
  const make = () => new lib.DirectIODirectory(lib.FSDirectory.open(path), { minBytesDirect: 0 })
  const context = lib.IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes: 1, isExternal: false, mergeMaxNumSegments: -1 })
  process.emitWarning = () => {}
  const bytes = Buffer.alloc(1 << 20, 'what one block has and no other, not even by chance')
  fs.writeFileSync(path + '/file', bytes)
  const descriptors = () => fs.readdirSync('/proc/self/fd').length
  const codeOf = (attempt) => {
    try {
      return attempt()
    } catch (error) {
      return error.code
    }
  }
  const virtualBytes = () => 1024 * Number(/VmSize:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'latin1'))[1])
`

async function said(script: string, ...nodeOptions: string[]): Promise<unknown> {
  const { stdout, stderr } = await runScript(IN_CHILD + script, { args: [path], nodeOptions })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe.skipIf(!BYPASSES || process.versions['bun'] !== undefined)('aligned memory', () => {
  it.skipIf(!runs('prlimit', '--version'))(
    'is done without where there are no addresses for it: files go through the cache (needs prlimit)',
    async () => {
      const found = await said(`
        const limit = virtualBytes() + 2 ** 30
        require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + limit])
        const directory = make()
        const before = descriptors()
        for (let i = 0; i < 3; i++) {
          const output = directory.createOutput('made' + i, context)
          output.writeBytes(bytes)
          output.close()
          const input = directory.openInput('made' + i, context)
          const found = new Uint8Array(bytes.length)
          input.readBytes(found)
          if (!bytes.equals(found)) throw new Error('other bytes')
          input.close()
        }
        const { inputs, outputs, refused, refusal } = directory.stats()
        console.log(JSON.stringify([inputs, outputs, refused, refusal.message.includes('ulimit -v'), descriptors() - before]))`)
      expect(found).toEqual([0, 0, 6, true, 0])
    },
  )

  it.skipIf(BRIEF)('is one piece an input, however many slices are read and dropped', async () => {
    const found = await said(
      `
      const input = make().openInput('file', context)
      input.readByte()
      const before = virtualBytes()
      let sum = 0
      for (let i = 0; i < 4000; i++) {
        sum += input.slice('slice', i, 100).readByte() === bytes[i] ? 1 : 0
        if (i % 500 === 0) gc()
      }
      const ended = virtualBytes()
      let turns = 100 // V8 frees what a collection has found in a thread of its own
      const later = setInterval(() => {
        gc()
        const few = process.memoryUsage().arrayBuffers < 32 * 2 ** 20
        if (!few && turns-- > 0) return
        clearInterval(later)
        console.log(JSON.stringify([sum, ended - before < 4 * 2 ** 30, few]))
        input.close()
      }, 1)`,
      '--expose-gc',
    )
    expect(found).toEqual([4000, true, true])
  })

  it('is not what windows are of: a reader without memory for one gets a StorageError, others read on', async () => {
    const found = await said(`
      let scarce = false
      globalThis.ArrayBuffer = new Proxy(ArrayBuffer, {
        construct(target, [length]) {
          if (scarce && length === 256 * 1024) throw new RangeError('Array buffer allocation failed')
          return new target(length)
        },
      })
      for (const name of Object.keys(require.cache)) delete require.cache[name]
      const mine = require(dist + '/index.js')
      const directory = new mine.DirectIODirectory(mine.FSDirectory.open(path), { minBytesDirect: 0 })
      const input = directory.openInput('file', mine.IOContext.merge(context.mergeInfo))
      input.readByte()
      scarce = true
      const slice = input.slice('slice', 300_000, 100)
      const refused = codeOf(() => slice.readByte())
      input.seek(700_000)
      const others = input.readByte() === bytes[700_000]
      scarce = false
      console.log(JSON.stringify([refused, others, slice.readByte() === bytes[300_000]]))`)
    expect(found).toEqual(['ERR_MEMORY_ALLOCATION_FAILED', true, true])
  })

  it.each([
    [4096, 1],
    [128 * 1024, 1],
    [256 * 1024, 0],
    [1024 * 1024, 0],
    [0, 0],
  ])('is filled so that values across the borders of blocks of %i bytes are there', async (block, inputs) => {
    const found = await said(`
      const { fstatSync } = fs
      fs.fstatSync = (...given) => Object.assign(fstatSync(...given), { blksize: ${block} })
      const directory = make()
      const input = directory.openInput('file', context)
      const wrong = []
      for (let border = 4096; border < bytes.length; border += 4096) {
        for (let at = border - 8; at <= border; at++) {
          input.seek(at)
          if (input.readLong() !== bytes.readBigInt64LE(at)) wrong.push(at)
        }
      }
      console.log(JSON.stringify([wrong, directory.stats().inputs]))`)
    expect(found).toEqual([[], inputs])
  })

  it('is given back, with descriptors, where the system fails to tell of a file', async () => {
    const found = await said(`
      const { fstatSync } = fs
      let calls = 0
      let failing = 0
      fs.fstatSync = (...given) => {
        if (++calls === failing) throw Object.assign(new Error('EIO: i/o error, fstat'), { code: 'EIO', syscall: 'fstat', errno: -5 })
        return fstatSync(...given)
      }
      const directory = make()
      const attempt = (which, action) => {
        calls = 0
        failing = which
        return codeOf(action)
      }
      const before = descriptors()
      const codes = []
      for (const which of [1, 2]) {
        codes.push(attempt(which, () => directory.openInput('file', context)))
        codes.push(attempt(which, () => directory.createOutput('made', context)))
      }
      codes.push(attempt(3, () => directory.createOutput('made', context)))
      console.log(JSON.stringify([codes, descriptors() - before, fs.readdirSync(path)]))`)
    expect(found).toEqual([Array(5).fill('EIO'), 0, ['file']])
  })

  it('is not needed for a file that someone has replaced: the one that was made is written', async () => {
    const found = await said(`
      const { openSync } = fs
      fs.openSync = (file, flags, ...rest) => {
        if (typeof flags === 'number' && (flags & fs.constants.O_DIRECT) !== 0) {
          fs.renameSync(file, path + '/elsewhere')
          fs.writeFileSync(file, 'of someone else')
        }
        return openSync(file, flags, ...rest)
      }
      const directory = make()
      const before = descriptors()
      const output = directory.createOutput('made', context)
      output.writeBytes(bytes)
      output.close()
      const { outputs, refused, refusal } = directory.stats()
      const same = bytes.equals(fs.readFileSync(path + '/elsewhere'))
      console.log(JSON.stringify([
        outputs, refused, refusal.message.includes('replaced'), same, fs.readFileSync(path + '/made', 'latin1'), descriptors() - before,
      ]))`)
    expect(found).toEqual([0, 1, true, true, 'of someone else', 0])
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
