import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { CUTTABLE, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

/** What the system says where it is to write what it cannot read; libuv has no name for what wine says. */
const REFUSED = WINDOWS ? 'UNKNOWN' : 'EFAULT'

const OPENING = `
const directory = lib.MMapDirectory.open(dir)
const PAGE = 4096
const cut = (name, length) => fs.truncateSync(join(dir, name), length)
/** Opens a new file and cuts it to \`length\` bytes. */
const cutTo = (length, bytes = noise(16 * PAGE), read = true, from = directory) => {
  const name = make(bytes)
  const input = from.openInput(name)
  if (read) input.readByte()
  cut(name, length)
  return input
}
`

/** Every method and getter of an input, as an attempt. */
const EVERY_USE = `
const ARGUMENTS = {
  readBytes: () => [new Uint8Array(1)],
  readInts: () => [new Int32Array(1)],
  readLongs: () => [new BigInt64Array(1)],
  readFloats: () => [new Float32Array(1)],
  readGroupVInts: () => [new Int32Array(4), 4],
  skipBytes: () => [0],
  slice: () => ['part', 0, 1],
  randomAccessSlice: () => [0, 1],
  view: () => [0, 1],
  prefetch: () => [0, 1],
  readAsync: () => [0, new Uint8Array(1)],
  updateIOContext: () => [lib.IOContext.READ],
}
const EXEMPT = ['constructor', 'close', 'toString', 'atomically', 'need', 'readGroupVInt']
const everyUse = (object, absolute = false) => {
  const uses = {}
  for (let on = object; on !== Object.prototype; on = Object.getPrototypeOf(on)) {
    for (const name of Object.getOwnPropertyNames(on)) {
      if (EXEMPT.includes(name) || name in uses) continue
      const given = absolute && name === 'readBytes' ? () => [0, new Uint8Array(1)] : ARGUMENTS[name]
      uses[name] = async () => {
        const member = object[name]
        return typeof member === 'function' ? member.apply(object, given?.() ?? [0]) : member
      }
    }
  }
  return uses
}
/** What any use of it comes to, for all uses the same; those that differ by name. */
const everyOutcome = async (object, absolute) => {
  const uses = everyUse(object, absolute)
  if (Object.keys(uses).length < 8) throw new Error('too few uses')
  const found = new Map()
  for (const [name, use] of Object.entries(uses)) {
    const said = await use().then((value) => 'no error', (error) => error.name)
    found.set(said, [...found.get(said) ?? [], name])
  }
  return found.size === 1 ? [...found.keys()][0] : [...found]
}
`

describe.skipIf(!CUTTABLE).each(THREADS)('a page that cannot be read, %s, %s', (node, thread) => {
  const said = (script: string, nodeOptions: readonly string[] = []): Promise<unknown> =>
    survives(OPENING + script, { args: [path], node, thread, nodeOptions })

  it('is an error of the call that reads a value of which only the last bytes are lost', async () => {
    const all = await said(`
      const results = {}
      for (const [kind, size] of Object.entries({
        readShort: 2, readInt: 4, readLong: 8, readSafeLong: 8, readFloat: 4, readDouble: 8,
        readVInt: 5, readVLong: 10, readSafeVLong: 8, readZInt: 5, readZLong: 10, readSafeZLong: 8, readString: 100,
      })) {
        for (const fill of [0xff, 0x99, 0x63, 0x01]) {
          for (let kept = 1; kept < size; kept += size > 20 ? 40 : 1) {
            const input = cutTo(PAGE, Buffer.alloc(3 * PAGE, fill))
            const random = input.randomAccessSlice(0, input.length())
            const position = PAGE - kept
            input.seek(position)
            if (random[kind]) results[kind + ' at'] = [...results[kind + ' at'] ?? [], outcome(() => random[kind](position))]
            else if (kind === 'readString' ? kept > (fill < 0x80 ? fill : 1) : fill < 0x80) continue // whole
            results[kind] = [...results[kind] ?? [], outcome(() => input[kind]())]
            outcome(() => input.close())
          }
        }
      }
      for (const kind in results) results[kind] = [...new Set(results[kind])]
      say(results)`)
    const kinds = Object.keys(all as object)
    expect(kinds.length).toBeGreaterThan(15)
    expect(all).toEqual(Object.fromEntries(kinds.map((kind) => [kind, ['FileFaultError ERR_FILE_FAULT']])))
  })

  it('ends every use of the input and of its relatives, and close() works', async () => {
    const all = await said(`${EVERY_USE}
      const run = async () => {
        const input = cutTo(0)
        const clone = input.clone()
        const slice = input.slice('slice', PAGE, 3 * PAGE)
        const random = input.randomAccessSlice(0, 2 * PAGE)
        const clonesClone = clone.clone()
        const closed = input.clone()
        closed.close()
        const results = { first: outcome(() => slice.readInt()) }
        results.input = await everyOutcome(input)
        results.clone = await everyOutcome(clone)
        results.clonesClone = await everyOutcome(clonesClone)
        results.slice = await everyOutcome(slice)
        results.random = await everyOutcome(random, true)
        results.closed = await everyOutcome(closed)
        results.described = String(slice).includes('slice=slice')
        clone.close()
        results.afterCloneClosed = outcome(() => input.readByte())
        results.close = outcome(() => input.close())
        results.again = outcome(() => input.close())
        results.afterwards = [await everyOutcome(input), await everyOutcome(slice), await everyOutcome(random, true)]
        results.checksummed = await (async () => {
          const name = make(noise(16 * PAGE))
          const sum = directory.openChecksumInput(name)
          sum.readByte()
          cut(name, 0)
          sum.skipBytes(PAGE)
          const first = outcome(() => sum.readInt())
          const then = [outcome(() => sum.readByte()), outcome(() => sum.getChecksum()), outcome(() => sum.length())]
          return [first, then, outcome(() => sum.close())]
        })()
        await turns()
        results.maps = mapsIn(dir).length
        results.totals = addon.mappingTotals().mappings
        say(results)
      }
      run().catch(fail)`)
    const fault = 'FileFaultError ERR_FILE_FAULT'
    expect(all).toEqual({
      first: fault,
      input: 'FileFaultError',
      clone: 'FileFaultError',
      clonesClone: 'FileFaultError',
      slice: 'FileFaultError',
      random: 'FileFaultError',
      closed: 'AlreadyClosedError',
      described: true,
      afterCloneClosed: fault,
      close: 'no error',
      again: 'no error',
      afterwards: ['AlreadyClosedError', 'AlreadyClosedError', 'AlreadyClosedError'],
      checksummed: [fault, [fault, fault, fault], 'no error'],
      maps: 0,
      totals: 0,
    })
  })

  it('is told by long reads, views, loads, checksums and close() even where no signal tells', async () => {
    const all = await said(`
      const { windowPower } = require(dist + '/store/window-power.js')
      const smallWindows = lib.MMapDirectory.open(dir, { [windowPower]: 12 })
      const within = (bytes, action, from = directory) => {
        const input = cutTo(bytes.length - 100, bytes, true, from)
        const said = action(input)
        return said
      }
      const long = noise(40 * PAGE)
      const run = async () => {
        const results = {
          // What is written down: a scalar sees zeros there, and only asking tells.
          scalar: within(Buffer.alloc(PAGE, 7), (input) => {
            input.seek(PAGE - 50)
            return [input.readByte(), outcome(() => input.checkFault()), outcome(() => input.readByte())]
          }),
          short: within(Buffer.alloc(PAGE, 7), (input) => {
            input.seek(PAGE - 50)
            input.readBytes(new Uint8Array(50))
            return [outcome(() => input.close()), outcome(() => input.close())]
          }),
          readBytes: within(long, (input) => outcome(() => input.readBytes(new Uint8Array(2 ** 16)))),
          at: within(long, (input) =>
            outcome(() => input.randomAccessSlice(0, long.length).readBytes(9, new Uint8Array(2 ** 16)))),
          inParts: within(long, (input) => outcome(() => input.readBytes(new Uint8Array(2 ** 16))), smallWindows),
          atInParts: within(
            long,
            (input) => outcome(() => input.randomAccessSlice(0, long.length).readBytes(9, new Uint8Array(2 ** 16))),
            smallWindows,
          ),
          readInts: within(long, (input) => outcome(() => input.readInts(new Int32Array(2 ** 14)))),
          readString: within(Buffer.alloc(40 * PAGE, 0x81), (input) => {
            const bytes = Buffer.concat([Buffer.from([0x80, 0x80, 4]), Buffer.alloc(2 ** 16 + 200, 97)])
            return within(bytes, (input) => (input.seek(0), outcome(() => input.readString())))
          }),
          view: within(long, (input) => outcome(() => input.view(0, 10))),
          copy: within(long, (input) => outcome(() => input.view(0, 10, { copy: 'allow' }))),
          close: within(long, (input) => outcome(() => input.close())),
          checkFault: within(long, (input) => outcome(() => input.clone().checkFault())),
          load: await within(long, (input) => input.load().then(() => 'no error', (error) => error.name)),
          slice: within(long, (input) => {
            const slice = input.slice('first', 0, PAGE)
            return [outcome(() => slice.checkFault()), outcome(() => input.readByte())]
          }),
        }
        for (const [kind, length] of [['long checksum', 40 * PAGE], ['short checksum', 1000]]) {
          const name = make(noise(length))
          const input = directory.openChecksumInput(name)
          input.readByte()
          cut(name, length - 100)
          input.seek(length)
          results[kind] = outcome(() => input.getChecksum())
          outcome(() => input.close())
        }
        const name = make(noise(PAGE))
        const input = directory.openInput(name)
        fs.appendFileSync(join(dir, name), 'more')
        results.grown = [outcome(() => input.checkFault()), input.length(), outcome(() => input.view(0, PAGE).length), outcome(() => input.close())]
        say({ results, faults: addon.mappingTotals().faults })
      }
      run().catch(fail)`)
    const fault = 'FileFaultError ERR_FILE_FAULT'
    expect(all).toEqual({
      results: {
        scalar: [0, fault, fault],
        short: [fault, 'no error'],
        readBytes: fault,
        at: fault,
        inParts: fault,
        atInParts: fault,
        readInts: fault,
        readString: fault,
        view: fault,
        copy: fault,
        close: fault,
        checkFault: fault,
        load: 'FileFaultError',
        slice: [fault, fault],
        'long checksum': fault,
        'short checksum': fault,
        grown: ['no error', 4096, 4096, 'no error'],
      },
      faults: 0,
    })
  })

  it('ends nothing in views that are held, wherever they are read from, and checkFault() tells', async () => {
    const all = await said(`
      const zlib = require('node:zlib')
      const { createHash } = require('node:crypto')
      const { promisify } = require('node:util')
      const run = async () => {
        const viewed = () => {
          const name = make(Buffer.alloc(64 * PAGE, 7))
          const input = directory.openInput(name)
          const view = input.view(PAGE, 62 * PAGE)
          cut(name, 3 * PAGE)
          return { input, view }
        }
        const results = {}
        const reading = {
          index: (view) => view[2 * PAGE],
          copy: (view) => Buffer.from(view)[2 * PAGE],
          text: (view) => Buffer.from(view.buffer, view.byteOffset, view.length).toString('latin1').charCodeAt(2 * PAGE),
          last: (view) => new DataView(view.buffer).getInt32(view.byteOffset + view.length - 4),
          hash: (view) => createHash('sha1').update(view).digest('hex').length - 40,
          compare: (view) => Buffer.compare(view, new Uint8Array(view.length)) === 1 ? 0 : 'equal',
          clone: (view) => structuredClone(view)[2 * PAGE],
          deflate: async (view) => zlib.inflateSync(await promisify(zlib.deflate)(view))[2 * PAGE],
          gzip: (view) => zlib.gunzipSync(zlib.gzipSync(view))[2 * PAGE],
          decode: (view) => new TextDecoder('latin1').decode(view).charCodeAt(2 * PAGE),
        }
        for (const [name, read] of Object.entries(reading)) {
          const { input, view } = viewed()
          const kept = view[PAGE]
          const lost = await read(view)
          results[name] = [kept, lost, outcome(() => input.checkFault()), outcome(() => input.close())]
        }
        // The system refuses what it cannot read, and says so.
        const { view } = viewed()
        results.write = outcome(() => fs.writeFileSync(join(dir, 'copy' + process.pid), view))
        results.asyncWrite = await fs.promises.writeFile(join(dir, 'copy' + process.pid), view).then(
          () => 'no error',
          (error) => error.code,
        )
        // A write into what is lost, and into what is not.
        const { input, view: written } = viewed()
        written.fill(5)
        results.written = [written[0], written[3 * PAGE], written.at(-1), outcome(() => input.checkFault())]
        const { view: closed, input: owner } = viewed()
        outcome(() => owner.close())
        closed[40 * PAGE] = 3
        results.closed = [closed[40 * PAGE], closed[41 * PAGE]]
        say(results)
      }
      run().catch(fail)`)
    const fault = 'FileFaultError ERR_FILE_FAULT'
    const told = [7, 0, fault, 'no error']
    expect(all).toEqual({
      index: told,
      copy: told,
      text: told,
      last: told,
      hash: told,
      compare: told,
      clone: told,
      deflate: told,
      gzip: told,
      decode: told,
      write: `Error ${REFUSED}`,
      asyncWrite: REFUSED,
      written: [5, 5, 5, fault],
      closed: [3, 0],
    })
  })

  it('ends every input over the same mapping, in every thread, and no other', async () => {
    const all = await said(`
      const worker = new Worker(\`
        const { parentPort, workerData } = require('node:worker_threads')
        const lib = require(workerData)
        const name = (attempt) => { try { return attempt() ?? 'no error' } catch (error) { return error.name } }
        const inputs = []
        parentPort.on('message', (token) => {
          if (token !== 'read') {
            inputs.push(lib.attachInput(token))
            parentPort.postMessage(name(() => inputs.at(-1).readByte()))
            return
          }
          const said = inputs.map((input) => [
            name(() => input.readLong()),
            name(() => input.readByte()),
            name(() => input.clone()),
            name(() => input.close()),
          ])
          parentPort.postMessage(said)
        })
      \`, { eval: true, workerData: dist + '/index.js' })
      const answer = (message) => new Promise((resolve) => {
        worker.once('message', resolve)
        worker.postMessage(message)
      })
      const run = async () => {
        const lost = directory.openInput(make(Buffer.alloc(8 * PAGE, 7)))
        const whole = directory.openInput(make(Buffer.alloc(8 * PAGE, 7)))
        const attached = lib.attachInput(structuredClone(lost.share()))
        const ready = [
          await answer(structuredClone(lost.share())),
          await answer(structuredClone(lost.slice('slice', PAGE, PAGE).share())),
          await answer(structuredClone(whole.share())),
        ]
        cut('file' + process.pid + '-0', 0)
        const results = {
          ready,
          worker: await answer('read'),
          main: [outcome(() => lost.readLong()), outcome(() => attached.readInt())],
          whole: whole.readInt(),
          closes: [outcome(() => lost.close()), outcome(() => attached.close()), outcome(() => whole.close())],
        }
        await worker.terminate()
        say({ ...results, left: addon.mappingTotals().mappings })
      }
      run().catch(fail)`)
    const fault = 'FileFaultError ERR_FILE_FAULT'
    const told = ['FileFaultError', 'FileFaultError', 'FileFaultError', 'no error']
    expect(all).toMatchObject({
      ready: [7, 7, 7],
      main: [fault, fault],
      whole: 0x07070707,
      closes: ['no error', 'no error', 'no error'],
      left: 0,
    })
    expect((all as { worker: unknown[] }).worker.slice(0, 2)).toEqual([told, told])
  })

  it.skipIf(WINDOWS)(
    'ends nothing where there are almost as many mappings as the system allows (needs a limit)',
    async () => {
      const all = await survives(
        `${OPENING}
      const name = make(Buffer.alloc(2 * PAGE, 9))
      const input = directory.openInput(name)
      const views = Array.from({ length: 45_000 }, () => input.view(0, 2 * PAGE, { copy: 'never' }))
      cut(name, PAGE)
      let sum = 0
      for (const view of views) sum += view[PAGE]
      const heap = Array.from({ length: 50 }, () => new Array(1e6).fill(sum)) // for which V8 maps memory
      say([sum, heap.length, outcome(() => input.checkFault())])`,
        { args: [path], node, thread, nodeOptions: ['--expose-gc'] },
      )
      expect(all).toEqual([0, 50, 'FileFaultError ERR_FILE_FAULT'])
    },
  )

  it('is an error of FSDirectory, too, never zeros', async () => {
    const all = await said(`
      const results = {}
      for (const [way, open] of Object.entries({
        opened: (input) => input,
        clone: (input) => input.clone(),
        slice: (input) => input.slice('slice', 0, input.length()),
        attached: (input) => lib.attachInput(structuredClone(input.share())),
      })) {
        for (const length of [0, 5 * PAGE, 10 * PAGE - 10]) {
          const name = make(Buffer.alloc(10 * PAGE, 7))
          const opened = lib.FSDirectory.open(dir).openInput(name)
          opened.readByte()
          const input = open(opened)
          cut(name, length)
          const uses = {
            readByte: () => (input.seek(10 * PAGE - 1), input.readByte()),
            readLong: () => (input.seek(10 * PAGE - 8), input.readLong()),
            readVLong: () => (input.seek(10 * PAGE - 1), input.readVLong()),
            readBytes: () => input.seek(0) ?? input.readBytes(new Uint8Array(10 * PAGE)),
            at: () => input.randomAccessSlice(0, 10 * PAGE).readInt(10 * PAGE - 4),
            copy: () => input.view(0, 10 * PAGE),
          }
          for (const [use, said] of Object.entries(outcomes(uses))) {
            results[use] = [...new Set(results[use]).add(said)]
          }
          outcome(() => opened.close())
        }
      }
      say(results)`)
    const ended = ['EndOfFileError ERR_END_OF_FILE']
    expect(all).toEqual({
      readByte: ended,
      readLong: ended,
      readVLong: ended,
      readBytes: ended,
      at: ended,
      copy: ['FileFaultError ERR_FILE_FAULT'],
    })
  })
})
