import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  FSDirectory,
  type IndexInput,
  IndexInput as Input,
  IOContext,
  MMapDirectory,
  Window,
} from '../../src/index.js'
import { examples } from '../support/brief.js'
import { describeEachDirectory } from '../support/directories.js'
import { difference, inputOf, pattern } from '../support/files.js'
import { survives } from '../support/safety.js'
import { CUTTABLE, EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const LENGTH = 10_000

describeEachDirectory((open) => {
  it('reads what is there, at any position, without moving', async () => {
    const bytes = pattern(LENGTH)
    const input = inputOf(open(), bytes)
    input.seek(77)
    const slice = input.slice('slice', 1_000, 8_000)
    await fc.assert(
      fc.asyncProperty(fc.nat(8_000), fc.nat(8_000), async (position, length) => {
        const count = Math.min(length, 8_000 - position)
        const target = new Uint8Array(count + 2).fill(9)
        await slice.readAsync(position, target.subarray(1, count + 1))
        expect(
          difference(
            target.subarray(1, count + 1),
            bytes.subarray(1_000 + position, 1_000 + position + count),
          ),
        ).toBeUndefined()
        expect([target[0], target[count + 1]]).toEqual([9, 9])
      }),
      { numRuns: examples(30) },
    )
    expect(input.getFilePointer()).toBe(77)
    expect(slice.getFilePointer()).toBe(0)
  })

  it('reads many places at a time', async () => {
    const bytes = pattern(LENGTH)
    const input = inputOf(open(), bytes)
    const targets = Array.from({ length: 200 }, () => new Uint8Array(50))
    await Promise.all(targets.map((target, i) => input.readAsync(i * 49, target)))
    for (const [i, target] of targets.entries()) {
      expect(difference(target, bytes.subarray(i * 49, i * 49 + 50))).toBeUndefined()
    }
  })

  it('refuses what cannot be read', async () => {
    const input = inputOf(open(), pattern(100))
    const target = new Uint8Array(10)
    await expect(input.readAsync(91, target)).rejects.toMatchObject({ code: 'ERR_END_OF_FILE' })
    await expect(input.readAsync(-1, target)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
    await expect(input.readAsync(0.5, target)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
    await expect(input.readAsync(0, [] as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    await expect(input.readAsync(0, target, { signal: 5 as never })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    })
    await expect(input.readAsync(0, target, { sginal: 5 } as never)).rejects.toThrow("should be 'signal'")
    await input.readAsync(100, new Uint8Array(0))
    await input.readAsync(90, target)
    expect(target[9]).toBe(pattern(100)[99])
  })

  it('is rejected when the input, or the clone that was asked, is closed before it is done', async () => {
    const input = inputOf(open(), pattern(LENGTH))
    const clone = input.clone()
    const target = new Uint8Array(100)
    const reading = clone.readAsync(0, target)
    clone.close()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
    await input.readAsync(0, target)
    const last = input.readAsync(0, target)
    input.close()
    await expect(last).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })

  it('ends when its signal says so, and leaves the target alone from then on', async () => {
    const input = inputOf(open(), pattern(LENGTH))
    const reason = new Error('not needed any more')
    const target = new Uint8Array(LENGTH)
    await expect(input.readAsync(0, target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const reading = input.readAsync(0, target, { signal: controller.signal })
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
    expect(target.every((byte) => byte === 0)).toBe(true)
    await input.readAsync(0, target, { signal: new AbortController().signal })
    expect(target[0]).toBe(pattern(1)[0])
  })

  it('is rejected when the target is given away in the meantime', async () => {
    const input = inputOf(open(), pattern(LENGTH))
    const target = new Uint8Array(10)
    const reading = input.readAsync(0, target)
    structuredClone(target.buffer, { transfer: [target.buffer] })
    await expect(reading).rejects.toThrow(TypeError)
  })
})

describe('of a file on the disk that is not in memory', () => {
  let path: string
  let bytes: Uint8Array

  beforeEach(() => {
    path = temporaryDirectory()
    bytes = pattern(3 * MIB + 77)
    writeFileSync(join(path, 'file'), bytes, { flush: true })
    forget()
  })

  afterEach(() => removeDirectory(path))

  /** Where there is no program for it, the file is in memory after all. */
  function forget(): void {
    if (WINDOWS) return
    execFileSync('dd', [`if=${join(path, 'file')}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  }

  const openings: [string, () => IndexInput][] = [
    ['mapped', () => MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')],
    ['mapped, to be read at random', () => MMapDirectory.open(path).openInput('file', IOContext.READ)],
    ['read', () => FSDirectory.open(path).openInput('file')],
  ]

  const cut = openings.filter(([kind]) => kind === 'read' || CUTTABLE)

  it.each(openings)('reads it: %s', async (_, open) => {
    const input = open()
    const targets = Array.from({ length: 40 }, (_each, i) => new Uint8Array(16_000 + i))
    await Promise.all(targets.map((target, i) => input.readAsync(i * 70_001, target)))
    for (const [i, target] of targets.entries()) {
      const from = i * 70_001
      expect(difference(target, bytes.subarray(from, from + target.length))).toBeUndefined()
    }
    const all = new Uint8Array(bytes.length)
    await input.readAsync(0, all)
    expect(difference(all, bytes)).toBeUndefined()
    input.close()
  })

  it.each(cut)('says when it was cut: %s', async (kind, open) => {
    const input = open()
    const target = new Uint8Array(50_000)
    truncateSync(join(path, 'file'), MIB + 100)
    const read = kind === 'read'
    const code = read ? 'ERR_END_OF_FILE' : 'ERR_FILE_FAULT'
    await expect(input.readAsync(2 * MIB, target)).rejects.toMatchObject({ code })
    // A cut within the page that is read raises no signal.
    await expect(input.readAsync(MIB + 90, new Uint8Array(20))).rejects.toMatchObject({ code })
    // What is lost of a mapping is lost for all of it; of a file that is read, the rest can be read.
    const before = input.readAsync(0, target).then(
      () => 'read',
      (error: { code: string }) => error.code,
    )
    expect(await before).toBe(read ? 'read' : code)
    expect(() => input.close()).not.toThrow(TypeError)
  })

  it.each(cut)('says when it was cut within the page that it reads first: %s', async (kind, open) => {
    const input = open()
    await input.readAsync(MIB, new Uint8Array(10))
    truncateSync(join(path, 'file'), MIB + 100)
    const code = kind === 'read' ? 'ERR_END_OF_FILE' : 'ERR_FILE_FAULT'
    await expect(input.readAsync(MIB + 90, new Uint8Array(20))).rejects.toMatchObject({ code })
    expect(() => input.close()).not.toThrow(TypeError)
  })

  it.skipIf(EMULATED)('brings in only what is asked for where reads are random (needs advice)', async () => {
    const input = MMapDirectory.open(path).openInput('file', IOContext.READ)
    if (input.residentBytes() !== 0) return // the file system keeps its files in memory
    await input.readAsync(MIB, new Uint8Array(16_384))
    expect(input.residentBytes()).toBe(16_384)
    input.close()
  })

  it('leaves the event loop free: others have their turn while it waits', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    if (input.residentBytes() !== 0) return
    const order: string[] = []
    const reading = input.readAsync(0, new Uint8Array(bytes.length)).then(() => order.push('read'))
    await Promise.resolve()
    setImmediate(() => order.push('turn'))
    await reading
    expect(order).toEqual(['turn', 'read'])
    input.close()
  })

  it.skipIf(!CUTTABLE)('survives a closed input, a truncated file and an exit in the middle', async () => {
    const ends = (await survives(
      `
const path = process.argv[1]
const directory = lib.MMapDirectory.open(path)
const ends = {}
const note = (promise) => promise.then(() => 'read', (error) => error.code).then((what) => { ends[what] = (ends[what] ?? 0) + 1 })
const run = async () => {
  const input = directory.openInput('file')
  const reads = Array.from({ length: 100 }, (_, i) => note(input.readAsync(i * 30000, new Uint8Array(20000))))
  const given = new Uint8Array(20000)
  reads.push(note(input.readAsync(0, given)))
  structuredClone(given.buffer, { transfer: [given.buffer] })
  await turns(1)
  fs.truncateSync(join(path, 'file'), 1000000)
  await turns(1)
  try { input.close() } catch {}
  await Promise.all(reads)
  const worker = new Worker(\`
    const lib = require(require('node:worker_threads').workerData.dist + '/index.js')
    const { workerData: { path } } = require('node:worker_threads')
    const input = lib.MMapDirectory.open(path).openInput('file')
    for (let i = 0; i < 100; i++) input.readAsync(i * 9000, new Uint8Array(9000)).catch(() => {})
    require('node:worker_threads').parentPort.postMessage('running')
  \`, { eval: true, workerData: { dist, path } })
  await new Promise((resolve) => worker.once('message', resolve))
  await worker.terminate()
  const last = directory.openInput('file')
  for (let i = 0; i < 50; i++) last.readAsync(i * 9000, new Uint8Array(9000)).catch(() => {})
  say(ends)
  process.exit()
}
run().catch(fail)
`,
      { args: [path] },
    )) as Record<string, number>
    const {
      read = 0,
      ERR_ALREADY_CLOSED = 0,
      ERR_FILE_FAULT = 0,
      ERR_INVALID_ARG_VALUE = 0,
      ...others
    } = ends
    expect(others).toEqual({})
    expect(ERR_INVALID_ARG_VALUE).toBeLessThanOrEqual(1)
    expect(read + ERR_ALREADY_CLOSED + ERR_FILE_FAULT + ERR_INVALID_ARG_VALUE).toBe(101)
  })
})

describe('a source of a program', () => {
  it('fetches what it likes, as long as it is what was asked for', async () => {
    const bytes = pattern(100)
    const source = (fetch: (position: number, length: number) => Promise<Uint8Array>) =>
      Input.from({ length: 100, window: () => new Window(0, bytes), fetch, close: () => {} }, 'own')
    const target = new Uint8Array(10)
    await source(async (position, length) => bytes.slice(position, position + length)).readAsync(5, target)
    expect(target).toEqual(bytes.slice(5, 15))
    await expect(source(async () => new Uint8Array(3)).readAsync(5, target)).rejects.toMatchObject({
      code: 'ERR_INVALID_RETURN_VALUE',
    })
  })
})

describe('residentBytes()', () => {
  it('counts what is in memory, page by page', async () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'file'), pattern(3 * MIB))
    const input = MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')
    await input.load()
    expect(input.residentBytes()).toBe(3 * MIB)
    expect(input.slice('part', 100, 2 * MIB).residentBytes()).toBe(2 * MIB)
    expect(input.isLoaded()).toBe(true)
    input.close()
    expect(FSDirectory.open(path).openInput('file').residentBytes()).toBeUndefined()
    removeDirectory(path)
  })
})
