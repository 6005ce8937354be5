import { FAKE, FAKE_ENVIRONMENT, messages, setDevice } from './fake-metal.js'

import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  type ExportedChunk,
  FileFaultError,
  FSDirectory,
  type IndexInput,
  mappingStats,
  MMapDirectory,
} from '../../src/index.js'
import { exportToMetal, isMetalAvailable, type MetalExport, metalSupport } from '../../src/metal/index.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { NODES } from '../support/child.js'
import { PassingInput } from '../support/filters.js'
import { difference, pattern } from '../support/files.js'
import { mapsEntries } from '../support/mappings.js'
import { buildNativeReader, loadNativeReader, type NativeReader } from '../support/native-reader.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const PAGE = 16384
const LENGTH = 3 * MIB + 77
/** The system puts longer files where a huge page begins. */
const SMALL = 1.5 * MIB + 77
const bytes = pattern(LENGTH)

describe.runIf(FAKE)('exportToMetal(), with a device that was made for the test', () => {
  let path: string
  let readerFile: string
  let reader: NativeReader
  const inputs: IndexInput[] = []

  beforeAll(() => {
    path = temporaryDirectory()
    writeFileSync(join(path, 'file'), bytes)
    writeFileSync(join(path, 'small'), bytes.subarray(0, SMALL))
    writeFileSync(join(path, 'empty'), '')
    readerFile = buildNativeReader(path)
    reader = loadNativeReader(readerFile)
  })

  afterAll(() => removeDirectory(path))

  beforeEach(() => {
    setDevice()
    messages()
    return () => {
      for (const input of inputs.splice(0)) input.close()
      if (mappingStats().pins > 0) throw new Error('something was not released')
    }
  })

  function open(options = {}, name = 'file'): IndexInput {
    const input = MMapDirectory.open(path, options).openInput(name)
    inputs.push(input)
    return input
  }

  /** An input whose mapping begins on a page of the device, or does not: the system chooses. */
  function openAt(onPage: boolean): IndexInput {
    for (let i = 0; i < 1000; i++) {
      const input = open({}, onPage ? 'file' : 'small')
      using chunk = input.exportChunks()[0]!
      if ((chunk.address % BigInt(PAGE) === 0n) === onPage) return input
      input.view(0, 1 + (i % 7) * 4096) // takes some of the addresses
    }
    throw new Error('the system gives no such address')
  }

  /** What the GPU sees of the data. */
  function seen({ handle, offset, length }: MetalExport): Buffer {
    const buffer = reader.read(handle, 32)
    return reader.read(buffer.readBigUInt64LE(8) + BigInt(offset), length)
  }

  /** Compares everything that exports say of themselves with the file, and releases them. */
  function check(exported: readonly MetalExport[], start: number, length: number): void {
    let next = start
    for (const each of exported) {
      const expected = bytes.subarray(next, next + each.length)
      expect(each.fileOffset).toBe(next)
      expect(difference(seen(each), expected)).toBeUndefined()
      expect(difference(each.contents(), expected)).toBeUndefined()
      expect(each.zeroCopy).toBe(each.reason === undefined)
      expect(reader.read(each.handle, 32).readBigUInt64LE(16)).toBe(BigInt(each.alignedLength))
      expect(each.alignedLength % (each.zeroCopy ? PAGE : 1)).toBe(0)
      expect(each.offset + each.length).toBeLessThanOrEqual(each.alignedLength)
      next += each.length
    }
    expect(next).toBe(start + length)
    for (const each of exported) each.release()
  }

  it('runs nothing of a program that lies in wait on Object.prototype, which could release what is exported', () => {
    const input = open({ chunkPower: 20 })
    const told = new Set<string>()
    const names = ['handle', 'id', 'fileOffset', 'offset', 'alignedLength', 'reason', 'address']
    for (const name of names) {
      const set = (): void => void told.add(name)
      Reflect.defineProperty(Object.prototype, name, { configurable: true, set })
    }
    let exported: readonly MetalExport[] = []
    try {
      exported = exportToMetal(input)
    } finally {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name)
    }
    expect(exported).toHaveLength(4)
    for (const each of exported) each.release()
    expect([...told]).toEqual([])
  })

  it('says what the device is', () => {
    expect(isMetalAvailable()).toBe(true)
    expect(metalSupport()).toEqual({
      available: true,
      device: { name: 'Fake GPU', maxBufferLength: 2 ** 30, hasUnifiedMemory: true, pageSize: PAGE },
    })
  })

  it('has the pages themselves as buffers, where they lie as the device wants them', () => {
    const input = openAt(true)
    const [chunk] = input.exportChunks() as [ExportedChunk]
    const whole = Math.floor(LENGTH / PAGE) * PAGE
    messages()
    const exported = exportToMetal(input.slice('pages', 0, whole), { copy: 'never' })
    expect(messages()).toEqual([`newBufferWithBytesNoCopy 0x${chunk.address.toString(16)} ${whole}`])
    expect(exported.map(({ zeroCopy, offset }) => [zeroCopy, offset])).toEqual([[true, 0]])
    check(exported, 0, whole)
    expect(messages()).toEqual([`release pages ${whole}`])
    chunk.release()
  })

  it('begins on the page below, with the data behind a header that lies anywhere', () => {
    const input = openAt(true)
    for (const offset of [0, 1, 64, PAGE - 1, PAGE, PAGE + 1, MIB + 100]) {
      const exported = exportToMetal(input.slice('data', offset, MIB), { copy: 'never' })
      expect(exported.map((each) => each.offset)).toEqual([offset % PAGE])
      check(exported, offset, MIB)
    }
  })

  it('copies where the mapping begins between the pages of the device, and says so', () => {
    const input = openAt(false)
    const exported = exportToMetal(input.slice('begin', 0, MIB))
    expect(exported[0]!.reason).toMatch(
      /^the mapping begins at 0x[0-9a-f]+, \d+ bytes behind the border of pages of 16384 bytes$/,
    )
    check(exported, 0, MIB)
    check(exportToMetal(input.slice('later', PAGE, MIB), { copy: 'never' }), PAGE, MIB)
    expect(() => exportToMetal(input, { copy: 'never' })).toThrow(
      expect.objectContaining({
        name: 'MetalExportError',
        code: 'ERR_METAL_EXPORT_FAILED',
        message: expect.stringMatching(
          /small: the mapping begins at .* pages of 16384 bytes; Fake GPU, buffers of at most 1073741824 bytes$/,
        ),
      }),
    )
    expect(mappingStats().pins).toBe(0)
  })

  it('copies what the device refuses, and what is to be copied', () => {
    const input = openAt(true)
    const part = input.slice('part', 5_000, MIB)
    const forced = exportToMetal(part, { forceCopy: true })
    expect(forced.map(({ reason }) => reason)).toEqual(['a copy was asked for'])
    check(forced, 5_000, MIB)
    setDevice({ refuse: 'no-copy' })
    const refused = exportToMetal(part)
    expect(refused.map(({ reason }) => reason)).toEqual(['the device refused pages of 1064960 bytes'])
    check(refused, 5_000, MIB)
    expect(() => exportToMetal(part, { copy: 'never' })).toThrow(/the device refused pages of 1064960 bytes/)
    setDevice({ refuse: 'no-copy copy' })
    expect(() => exportToMetal(part)).toThrow(/refused pages of 1064960 bytes, and a copy of 1048576 bytes/)
  })

  it('splits what is longer than a buffer', () => {
    setDevice({ maxBuffer: 5 * PAGE + 3 })
    const input = openAt(true)
    for (const options of [{}, { forceCopy: true }]) {
      const exported = exportToMetal(input.slice('long', 100, MIB), options)
      expect(exported.length).toBe(Math.ceil((100 + MIB) / (5 * PAGE)))
      expect(exported.slice(1).every(({ offset }) => offset === 0)).toBe(true)
      check(exported, 100, MIB)
    }
    setDevice({ maxBuffer: PAGE - 1 })
    expect(() => exportToMetal(input)).toThrow(
      /not even a page of 16384 bytes fits; Fake GPU, buffers of at most 16383/,
    )
  })

  it.each([true, false])('has one export for each chunk, chunks side by side: %s', (together) => {
    const input = open(Object.assign({ chunkPower: 20 }, { [sideBySide]: together }))
    const exported = exportToMetal(input)
    expect(exported.map(({ fileOffset, length }) => [fileOffset, length])).toEqual([
      [0, MIB],
      [MIB, MIB],
      [2 * MIB, MIB],
      [3 * MIB, 77],
    ])
    check(exported, 0, LENGTH)
    check(exportToMetal(input.slice('across', MIB - 5, MIB + 10)), MIB - 5, MIB + 10)
  })

  it('makes nothing of an empty input', () => {
    expect(exportToMetal(open({}, 'empty'))).toEqual([])
    expect(exportToMetal(open().slice('none', 5, 0))).toEqual([])
  })

  it('lives on when the input is closed, and gives back the buffer before the pages', () => {
    const file = join(path, 'held')
    writeFileSync(file, bytes)
    const input = MMapDirectory.open(path).openInput('held')
    const [first, second] = [exportToMetal(input), exportToMetal(input)]
    const slice = exportToMetal(input.slice('slice', 40_000, MIB))
    first[0]!.release()
    input.close()
    expect(mappingStats().pins).toBe(2)
    const shared = (): boolean => mapsEntries(file).some(({ permissions }) => permissions === 'r--s')
    expect(shared()).toBe(true)
    check(slice, 40_000, MIB) // the device looks whether the pages are there when a buffer ends
    for (const each of second) {
      expect(difference(seen(each), bytes)).toBeUndefined()
      each.release()
    }
    expect(shared()).toBe(false)
  })

  it('gives contents that are the caller’s own', () => {
    const [exported] = exportToMetal(openAt(true).slice('slice', 5_000, MIB)) as [MetalExport]
    const contents = exported.contents(7, 100)
    expect(difference(contents, bytes.subarray(5_007, 5_107))).toBeUndefined()
    contents.fill(0)
    expect(difference(seen(exported), bytes.subarray(5_000, 5_000 + MIB))).toBeUndefined()
    expect(exported.contents(MIB).length).toBe(0)
    for (const [offset, length] of [[-1], [MIB + 1], [MIB + 1, 0], [0, MIB + 1], [0.5], [5, -1]] as const) {
      expect(() => exported.contents(offset, length)).toThrow(RangeError)
    }
    const kept = exported.contents()
    exported.release()
    exported.release()
    expect(difference(kept, bytes.subarray(5_000, 5_000 + MIB))).toBeUndefined()
    expect(() => exported.contents()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })

  it('exports nothing of a file that was cut, and no zeros in the place of what is lost while it is copied', () => {
    writeFileSync(join(path, 'cut'), bytes)
    const input = open({}, 'cut')
    truncateSync(join(path, 'cut'), MIB)
    messages()
    expect(() => exportToMetal(input, { forceCopy: true })).toThrow(FileFaultError)
    expect(messages()).toEqual([])
    class Late extends PassingInput {
      override exportChunks(): ExportedChunk[] {
        const chunks = super.exportChunks()
        truncateSync(join(path, 'late'), MIB)
        return chunks
      }
    }
    writeFileSync(join(path, 'late'), bytes)
    const late = open({}, 'late')
    expect(() => exportToMetal(new Late(late), { forceCopy: true })).toThrow(FileFaultError)
    expect(messages()).toEqual([`newBufferWithBytes ${LENGTH}`, `release copy ${LENGTH}`])
  })

  it('uses no address that is not the library’s', () => {
    class Forged extends PassingInput {
      override exportChunks(): ExportedChunk[] {
        using chunk = super.exportChunks()[0]!
        return [{ ...chunk, address: 4096n, release: () => {}, [Symbol.dispose]: () => {} }]
      }
    }
    class Released extends PassingInput {
      override exportChunks(): ExportedChunk[] {
        const chunks = super.exportChunks()
        for (const chunk of chunks) chunk.release()
        return chunks
      }
    }
    class Nothing extends PassingInput {
      override exportChunks(): ExportedChunk[] {
        return undefined as unknown as ExportedChunk[]
      }
    }
    const input = open()
    expect(() => exportToMetal(new Released(input))).toThrow(/the chunk is released/)
    expect(() => exportToMetal(new Nothing(input))).toThrow(TypeError)
    expect(() => exportToMetal(new Forged(input))).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_UNSUPPORTED_OPERATION' }),
    )
  })

  it('answers what no type lets through', () => {
    const input = open()
    for (const [bad, options, error] of [
      [{}, {}, TypeError],
      [input, null, TypeError],
      [input, { forceCopy: 1 }, TypeError],
      [input, { copy: 'always' }, TypeError],
      [input, { forceCopy: true, copy: 'never' }, TypeError],
      [input, { forcecopy: true }, TypeError],
    ] as const) {
      expect(() => exportToMetal(bad as IndexInput, options as object)).toThrow(error)
    }
    const read = FSDirectory.open(path).openInput('file')
    expect(() => exportToMetal(read)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED_OPERATION' }))
    read.close()
  })

  const OPENING = `
    const metal = require(dist + '/metal/index.js')
    const open = () => lib.MMapDirectory.open(dir, { chunkPower: 20 }).openInput('file')
    const log = () => fs.existsSync(process.env.FAKE_METAL_LOG)
      ? fs.readFileSync(process.env.FAKE_METAL_LOG, 'utf8').split('\\n').filter((line) => /release|allowed/.test(line)).length : 0
  `

  describe.each(NODES)('%s', (node) => {
    const options = (): object => ({
      args: [path],
      node,
      env: FAKE_ENVIRONMENT,
      nodeOptions: ['--expose-gc'],
    })

    it.each([
      ['input first', 'input.close(); for (const each of exported) each.release()', 4],
      ['exports first', 'for (const each of exported) each.release(); input.close()', 4],
      ['exports backwards', 'for (const each of exported.reverse()) each.release(); input.close()', 4],
      [
        'one before and the others after',
        'exported[1].release(); input.close(); for (const each of exported) each.release()',
        4,
      ],
      [
        'with chunks and views held',
        'globalThis.held = [input.exportChunks(), exported[0].contents(), input.view(5, 5)]; input.close(); for (const each of exported) each.release()',
        4,
      ],
      ['input only', 'input.close()', 0],
      ['nothing', '', 0],
      ['by an exit', 'say(log()); process.exit()', 0],
    ])('may be closed in any order: %s', async (_, closing, releases) => {
      const count = await survives(
        `${OPENING} const input = open(); const exported = metal.exportToMetal(input); ${closing}
        ${closing.includes('say') ? '' : 'say(log())'}`,
        options(),
      )
      expect(count).toBe(releases)
      const told = messages()
      // process.exit() leaves what the process has to the system.
      const ends = closing.includes('exit') ? 0 : 4
      expect(told.filter((line) => line.startsWith('release')).length).toBe(ends)
      expect(told.filter((line) => line.startsWith('not allowed'))).toEqual([])
    })

    it('holds what is collected without a release, until its thread ends', async () => {
      const said = await survives(
        `${OPENING}
        const input = open()
        metal.exportToMetal(input)
        input.close()
        ;(async () => {
          await collected(() => lib.mappingStats().pins === 0)
          say([lib.mappingStats().pins, log()])
        })()`,
        options(),
      )
      expect(said).toEqual([4, 0])
      expect(messages().filter((line) => line.startsWith('release')).length).toBe(4)
    })

    it('works in ten threads, each of which ends as it likes', async () => {
      const said = await survives(
        `${OPENING}
        const code = \`
          const { workerData: { dist, dir, how }, parentPort } = require('node:worker_threads')
          const lib = require(dist + '/index.js')
          const metal = require(dist + '/metal/index.js')
          for (let i = 0; i < 30; i++) {
            const input = lib.MMapDirectory.open(dir, { chunkPower: 20 }).openInput('file')
            const exported = metal.exportToMetal(input.slice('slice', i * 1000, 2 ** 21), { forceCopy: i % 7 === 3 })
            if (i % 2 === 0) input.close()
            exported[0].contents(0, 1000)
            if (i < 25) for (const each of exported) each.release()
          }
          parentPort.postMessage('done')
          if (how === 'exit') process.exit()
          if (how === 'wait') setInterval(() => {}, 1000)
        \`
        ;(async () => {
          await Promise.all(Array.from({ length: 10 }, async (_, i) => {
            const how = ['end', 'exit', 'wait'][i % 3]
            const worker = new Worker(code, { eval: true, workerData: { dist, dir, how } })
            const exit = new Promise((resolve) => worker.once('exit', resolve))
            await new Promise((resolve) => worker.once('message', resolve))
            if (how === 'wait') await worker.terminate()
            await exit
          }))
          await turns()
          const { pins, mappings, windows } = lib.mappingStats()
          say({ pins, mappings: mapsOf(dir + '/file').length, windows })
        })().catch(fail)`,
        options(),
      )
      expect(said).toEqual({ pins: 0, mappings: 0, windows: 0 })
      const told = messages()
      const count = (prefix: string): number => told.filter((line) => line.startsWith(prefix)).length
      expect(count('new')).toBeGreaterThan(10 * 30)
      expect(count('release')).toBe(count('new'))
      expect(count('not allowed')).toBe(0)
    })

    it('has nothing to offer where there is no device, or no Metal', async () => {
      const script = `${OPENING}
        const support = metal.metalSupport()
        say([metal.isMetalAvailable(), support.reason, outcome(() => metal.exportToMetal(open()))])`
      const refused = { ...FAKE_ENVIRONMENT, FAKE_METAL_REFUSE: 'device' }
      expect(await survives(script, { args: [path], node, env: refused })).toEqual([
        false,
        'Metal has no device here',
        'MetalUnavailableError ERR_METAL_UNAVAILABLE',
      ])
      const missing = { ...FAKE_ENVIRONMENT, FAKE_METAL_LIBRARY: '/nonexistent/libobjc.dylib' }
      const [available, reason] = (await survives(script, { args: [path], node, env: missing })) as unknown[]
      expect(available).toBe(false)
      expect(reason).toMatch(/^Metal could not be loaded: .*libobjc/)
    })
  })
})
