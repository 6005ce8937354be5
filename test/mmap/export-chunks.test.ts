import { createHash } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  BufferedChecksumIndexInput,
  ByteBuffersDirectory,
  type ExportedChunk,
  FileFaultError,
  FSDirectory,
  type IndexInput,
  mappingStats,
  MMapDirectory,
} from '../../src/index.js'
import { pinOf } from '../../src/mmap/mapped-chunk.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { NODES } from '../support/child.js'
import { InvertedInput, PassingInput } from '../support/filters.js'
import { difference, pattern } from '../support/files.js'
import { addon, mappingsOf, settled } from '../support/mappings.js'
import { buildNativeReader, loadNativeReader, type NativeReader } from '../support/native-reader.js'
import { survives } from '../support/safety.js'
import { EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const LENGTH = 3 * MIB + 77
const bytes = pattern(LENGTH)

let path: string
let readerFile: string
let reader: NativeReader

beforeAll(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), bytes)
  writeFileSync(join(path, 'empty'), '')
  if (WINDOWS) return
  readerFile = buildNativeReader(path)
  reader = loadNativeReader(readerFile)
})

afterAll(() => removeDirectory(path))

/** What is at the addresses, one chunk after the other. */
function contents(chunks: readonly ExportedChunk[], inThread = false): Buffer {
  return Buffer.concat(chunks.map(({ address, length }) => reader.read(address, length, inThread)))
}

/** Where memory differs from what was expected; not looked at where there is no compiler for native code. */
function differenceOf(chunks: readonly ExportedChunk[], expected: Uint8Array): ReturnType<typeof difference> {
  return WINDOWS ? undefined : difference(contents(chunks), expected)
}

function releaseAll(chunks: readonly ExportedChunk[]): void {
  for (const chunk of chunks) chunk.release()
}

function patchPush(value: unknown): void {
  Reflect.defineProperty(Array.prototype, 'push', { value, writable: true, configurable: true })
}

describe.each([
  ['side by side', true],
  ['apart', false],
])('exportChunks(), chunks %s', (_, together) => {
  let input: IndexInput

  beforeEach(() => {
    const directory = MMapDirectory.open(path, Object.assign({ chunkPower: 20 }, { [sideBySide]: together }))
    input = directory.openInput('file')
    return () => input.close()
  })

  it('has one entry for each chunk, in the order of the file', () => {
    const chunks = input.exportChunks()
    expect(chunks.map(({ fileOffset, length }) => [fileOffset, length])).toEqual([
      [0, MIB],
      [MIB, MIB],
      [2 * MIB, MIB],
      [3 * MIB, 77],
    ])
    releaseAll(chunks)
  })

  it('tells the whole pages around each', () => {
    const page = addon.pageSize
    const chunks = input.exportChunks()
    for (const { address, length, fileOffset, mappedAddress, mappedLength } of chunks) {
      expect(mappedAddress % BigInt(page)).toBe(0n)
      expect(mappedLength % page).toBe(0)
      expect(address - mappedAddress).toBe(together ? BigInt(fileOffset) : 0n)
      expect(address + BigInt(length)).toBeLessThanOrEqual(mappedAddress + BigInt(mappedLength))
    }
    releaseAll(chunks)
  })

  it.skipIf(WINDOWS)('has native code read the bytes of the file, in any thread', () => {
    const chunks = input.exportChunks()
    for (const inThread of [false, true])
      expect(difference(contents(chunks, inThread), bytes)).toBeUndefined()
    releaseAll(chunks)
  })

  it.each([
    [0, 1],
    [5_000, 20],
    [MIB - 1, 2],
    [MIB, MIB],
    [17, 2 * MIB],
    [LENGTH - 1, 1],
  ])('exports of a slice what it covers: %i, %i', (offset, length) => {
    const chunks = input
      .slice('outer', 3, LENGTH - 3)
      .slice('slice', Math.max(offset - 3, 0), length)
      .exportChunks()
    const start = Math.max(offset, 3)
    let next = start
    for (const chunk of chunks) {
      expect(chunk.fileOffset).toBe(next)
      expect(Math.floor(chunk.fileOffset / MIB)).toBe(Math.floor((chunk.fileOffset + chunk.length - 1) / MIB))
      next += chunk.length
    }
    expect(next).toBe(start + length)
    expect(differenceOf(chunks, bytes.subarray(start, next))).toBeUndefined()
    releaseAll(chunks)
  })

  it('keeps the mapping after close() until the last one is released, in any order', async () => {
    for (const order of [(list: ExportedChunk[]) => list, (list: ExportedChunk[]) => list.toReversed()]) {
      writeFileSync(join(path, 'own'), bytes.subarray(0, LENGTH - 1)) // a length that tells its mappings
      const own = MMapDirectory.open(path, { chunkPower: 20 }).openInput('own')
      const { pins } = mappingStats()
      const chunks = order(own.exportChunks())
      expect(mappingStats().pins - pins).toBe(4)
      own.close()
      await settled()
      for (const chunk of chunks) {
        expect(mappingsOf(LENGTH - 1)).toBe(1)
        const { fileOffset, length } = chunk
        expect(differenceOf([chunk], bytes.subarray(fileOffset, fileOffset + length))).toBeUndefined()
        chunk.release()
        chunk.release() // harmless
      }
      await settled()
      expect(mappingStats().pins).toBe(pins)
      expect(mappingsOf(LENGTH - 1)).toBe(0)
    }
  })

  it('releases nothing twice that others hold', async () => {
    const [first, ...others] = input.exportChunks() as [ExportedChunk, ...ExportedChunk[]]
    first.release()
    releaseAll(others)
    const chunks = input.exportChunks()
    for (let i = 0; i < 10; i++) first.release()
    const pins = mappingStats().pins
    expect(pins).toBeGreaterThanOrEqual(chunks.length)
    releaseAll(chunks)
    expect(mappingStats().pins).toBe(pins - chunks.length)
  })
})

describe('exportChunks()', () => {
  it('releases at the end of a block', () => {
    const input = MMapDirectory.open(path).openInput('file')
    const { pins } = mappingStats()
    {
      using chunk = input.exportChunks()[0]!
      expect(chunk.length).toBe(LENGTH)
      expect(mappingStats().pins).toBe(pins + 1)
    }
    expect(mappingStats().pins).toBe(pins)
    input.close()
  })

  it('has nothing to say of an empty input', () => {
    const directory = MMapDirectory.open(path)
    const [empty, file] = [directory.openInput('empty'), directory.openInput('file')]
    expect(empty.exportChunks()).toEqual([])
    expect(file.slice('none', 5, 0).exportChunks()).toEqual([])
    empty.close()
    file.close()
  })

  it('passes through what changes no bytes, and is refused by what does', () => {
    const mapped = MMapDirectory.open(path).openInput('file')
    for (const input of [new PassingInput(mapped), new BufferedChecksumIndexInput(mapped.clone())]) {
      const chunks = input.exportChunks()
      expect(chunks.map(({ length }) => length)).toEqual([LENGTH])
      releaseAll(chunks)
    }
    expect(() => new InvertedInput(mapped).exportChunks()).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_UNSUPPORTED_OPERATION' }),
    )
    mapped.close()
  })

  it.each([
    ['a file that is read', () => FSDirectory.open(path)],
    [
      'memory',
      () => {
        const memory = new ByteBuffersDirectory()
        const output = memory.createOutput('file')
        output.writeBytes(bytes)
        output.close()
        return memory
      },
    ],
  ])('says that there is no address in %s', (_, open) => {
    const input = open().openInput('file')
    expect(() => input.exportChunks()).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_UNSUPPORTED_OPERATION' }),
    )
    input.close()
  })

  it('tells why a file is not mapped', () => {
    const { limit } = addon.mappingTotals()
    addon.setMappingLimit(0)
    const input = MMapDirectory.open(path).openInput('file')
    addon.setMappingLimit(limit)
    expect(() => input.exportChunks()).toThrow(expect.objectContaining({ cause: input.mapFailure }))
    input.close()
  })

  it('is over with the input', () => {
    const input = MMapDirectory.open(path).openInput('file')
    const clone = input.clone()
    input.close()
    for (const closed of [input, clone]) expect(() => closed.exportChunks()).toThrow(AlreadyClosedError)
  })

  it('exports nothing of a file that was cut', () => {
    writeFileSync(join(path, 'cut'), bytes)
    const input = MMapDirectory.open(path).openInput('cut')
    truncateSync(join(path, 'cut'), 100_000)
    const { pins } = mappingStats()
    expect(() => input.exportChunks()).toThrow(FileFaultError)
    expect(mappingStats().pins).toBe(pins)
    input.close()
  })

  it.skipIf(WINDOWS)(
    'has native code read zeros where a file is cut afterwards, of which the input knows',
    () => {
      writeFileSync(join(path, 'later'), bytes)
      const input = MMapDirectory.open(path).openInput('later')
      const [chunk] = input.exportChunks() as [ExportedChunk]
      truncateSync(join(path, 'later'), MIB)
      for (const inThread of [false, true]) {
        const seen = contents([chunk], inThread)
        expect(difference(seen.subarray(0, MIB), bytes.subarray(0, MIB))).toBeUndefined()
        expect(seen.subarray(MIB).every((byte) => byte === 0)).toBe(true)
      }
      expect(() => input.checkFault()).toThrow(FileFaultError)
      expect(() => input.exportChunks()).toThrow(FileFaultError)
      chunk.release()
      input.close()
    },
  )

  it('is made by nobody else, who would end what others hold', () => {
    const input = MMapDirectory.open(path).openInput('file')
    const [chunk] = input.exportChunks() as [ExportedChunk]
    const { pins } = mappingStats()
    const Chunk = chunk.constructor as new (...args: unknown[]) => ExportedChunk
    const pinned = { id: 1, address: 0n, mappedAddress: 0n, mappedLength: 1 }
    for (const args of [
      [],
      [{}, pinned, 0, 1, { path: 'x', chunkPower: 20 }],
      [Symbol('key'), addon, pinned, 0, 1, {}],
    ])
      expect(() => new Chunk(...args)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_ILLEGAL_CONSTRUCTOR' }),
      )
    expect(mappingStats().pins).toBe(pins)
    chunk.release()
    input.close()
  })

  it('are known as such to the rest of the library, and nothing that looks like one', () => {
    const input = MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')
    const chunks = input.exportChunks()
    const pins = chunks.map(pinOf)
    const pin = { id: expect.any(Number), path: join(path, 'file'), chunkPower: 20 }
    expect(pins).toEqual([pin, pin, pin, pin])
    expect(new Set(pins.map((each) => each!.id)).size).toBe(4)
    const [chunk] = chunks as [ExportedChunk]
    const likeOnes = [{ ...chunk }, Object.create(chunk), new Proxy(chunk, {}), {}, [], () => {}]
    for (const other of [...likeOnes, undefined, null, 5, 'chunk', 5n, Symbol('chunk')])
      expect(pinOf(other)).toBeUndefined()
    releaseAll(chunks)
    input.close()
  })

  it('leaves nothing behind where a patched prototype throws', () => {
    const input = MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')
    const { pins } = mappingStats()
    const { push } = Array.prototype
    let pushed = 0
    patchPush(function (this: unknown[], ...items: unknown[]): number {
      if (++pushed > 2) throw new Error('enough')
      return Reflect.apply(push, this, items) as number
    })
    try {
      expect(() => input.exportChunks()).toThrow('enough')
    } finally {
      patchPush(push)
    }
    expect(mappingStats().pins).toBe(pins)
    input.close()
  })

  it.skipIf(EMULATED)(
    'is refused beyond 65,536 chunks, and not for a slice (needs 64 GiB of addresses)',
    () => {
      writeFileSync(join(path, 'sparse'), '')
      truncateSync(join(path, 'sparse'), 65_537 * MIB)
      const input = MMapDirectory.open(path, { chunkPower: 20 }).openInput('sparse')
      const { pins } = mappingStats()
      expect(() => input.exportChunks()).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
      expect(mappingStats().pins).toBe(pins)
      releaseAll(input.slice('end', 65_535 * MIB, 2 * MIB).exportChunks())
      input.close()
    },
  )

  it('cannot be asked of another object', () => {
    const input = MMapDirectory.open(path).openInput('file')
    const [chunk] = input.exportChunks() as [ExportedChunk]
    const { pins } = mappingStats()
    const { release } = chunk
    for (const other of [undefined, {}, { ...chunk }, Object.create(chunk)]) {
      expect(() => Reflect.apply(release, other, [])).toThrow(TypeError)
    }
    expect(mappingStats().pins).toBe(pins)
    chunk.release()
    input.close()
    expect(mappingsOf(LENGTH)).toBe(0)
  })
})

describe.each(NODES)('what is exported and never released, %s', (node) => {
  it('stays when it is collected, since native code may still read there, and ends with its thread', async () => {
    const said = await survives(
      `
      const input = lib.openFile(dir + '/file')
      const address = input.exportChunks()[0].address
      input.close()
      ;(async () => {
        await collected(() => lib.mappingStats().pins === 0)
        const held = [lib.mappingStats().pins, lib.mappingStats().mappings > 0]
        const read = process.argv[2] ? require(process.argv[2]).read(address, 5).toString('hex') : undefined
        const worker = new Worker(
          "const { lib: path, dir } = require('node:worker_threads').workerData;" +
          "const lib = require(path); const input = lib.openFile(dir + '/file');" +
          "input.exportChunks(); input.slice('slice', 5, 10).exportChunks(); input.close();" +
          "require('node:worker_threads').parentPort.postMessage(lib.mappingStats().pins)",
          { eval: true, workerData: { lib: dist + '/index.js', dir } },
        )
        // Asked for before the message: both may be told in one turn, without a pause between them.
        const exit = new Promise((resolve) => worker.once('exit', resolve))
        const during = await new Promise((resolve) => worker.once('message', resolve))
        await exit
        await turns()
        say({ held, read, during, after: [lib.mappingStats().pins, lib.mappingStats().mappings] })
      })().catch(fail)`,
      { args: [path, readerFile ?? ''], node, nodeOptions: ['--expose-gc'] },
    )
    expect(said).toEqual({
      held: [1, true],
      ...(WINDOWS ? {} : { read: Buffer.from(bytes.subarray(0, 5)).toString('hex') }),
      during: 3,
      after: [1, 1],
    })
  })

  it.skipIf(WINDOWS)('is read in ten threads, each of which ends as it likes', async () => {
    const said = await survives(
      `
      const code = \`
        const { workerData: { lib: path, dir, reader, how }, parentPort } = require('node:worker_threads')
        const lib = require(path)
        const { createHash } = require('node:crypto')
        const { read } = require(reader)
        const sums = []
        for (let i = 0; i < 20; i++) {
          const input = lib.MMapDirectory.open(dir, { chunkPower: 20 }).openInput('file')
          const chunks = input.exportChunks()
          if (i % 2 === 0) input.close()
          const hash = createHash('md5')
          for (const { address, length } of chunks) hash.update(read(address, length, i % 3 === 0))
          sums.push(hash.digest('hex'))
          if (i < 18) for (const chunk of chunks) chunk.release()
          if (i % 2 === 1 && i < 18) input.close()
        }
        parentPort.postMessage(sums)
        if (how === 'exit') process.exit()
        if (how === 'wait') setInterval(() => {}, 1000)
      \`
      ;(async () => {
        const sums = new Set()
        await Promise.all(Array.from({ length: 10 }, async (_, i) => {
          const how = ['end', 'exit', 'wait'][i % 3]
          const worker = new Worker(code, {
            eval: true,
            workerData: { lib: dist + '/index.js', dir, reader: process.argv[2], how },
          })
          const exit = new Promise((resolve) => worker.once('exit', resolve))
          for (const sum of await new Promise((resolve) => worker.once('message', resolve))) sums.add(sum)
          if (how === 'wait') await worker.terminate()
          await exit
        }))
        await turns()
        const { pins, mappings } = lib.mappingStats()
        const maps = process.platform === 'linux' ? mapsOf(dir + '/file').length : 0
        say({ sums: [...sums], pins, mappings, maps })
      })().catch(fail)`,
      { args: [path, readerFile], node },
    )
    expect(said).toEqual({
      sums: [createHash('md5').update(bytes).digest('hex')],
      pins: 0,
      mappings: 0,
      maps: 0,
    })
  })
})
