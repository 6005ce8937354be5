import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { pattern } from '../support/files.js'
import { runs } from '../support/programs.js'
import { survives } from '../support/safety.js'
import { EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
const LENGTH = 1_000_000
const bytes = pattern(LENGTH)
writeFileSync(join(path, 'file'), bytes)

afterAll(() => {
  removeDirectory(path)
})

const OPENING = `
const directory = lib.MMapDirectory.open(dir)
const file = join(dir, 'file')
const content = fs.readFileSync(file)
const maps = () => mapsOf(file).length
/** Where a buffer of its own pages begins, on every system. */
const START = 2 * addon.mappingGranularity
const unchanged = () => Buffer.compare(fs.readFileSync(file), content) === 0
`

describe.each(THREADS)('a view, %s, %s', (node, thread) => {
  const said = (script: string, wrapper: readonly string[] = []): Promise<unknown> =>
    survives(`${OPENING}\nconst run = async () => {${script}}\nrun().catch(fail)`, {
      args: [path],
      node,
      thread,
      nodeOptions: ['--expose-gc'],
      wrapper,
    })

  it('may be written without effect on the file or on anyone else', async () => {
    const all = await said(`
      const input = directory.openInput('file')
      const view = input.view(5000, 100_000)
      const same = input.view(5000, 100_000)
      const later = () => input.view(5000, 100_000)
      const attached = lib.attachInput(structuredClone(input.share()))
      view.fill(1)
      new Uint8Array(view.buffer).fill(2)
      new DataView(view.buffer).setFloat64(0, 5)
      crypto.getRandomValues(view.subarray(0, 1000))
      fs.readSync(fs.openSync(process.execPath), view, 2000, 5000, 0)
      Atomics.store(new Int32Array(view.buffer), 10, 5)
      const equal = (one) => Buffer.compare(one, content.subarray(5000, 105_000)) === 0
      const read = (from) => {
        const target = Buffer.alloc(100_000)
        from.seek(5000)
        from.readBytes(target)
        return equal(target)
      }
      say([
        equal(view), equal(same), equal(later()), read(input), read(input.clone()), read(attached), unchanged(),
        fs.statSync(file).size === content.length, outcome(() => input.checkFault()),
      ])`)
    expect(all).toEqual([false, true, true, true, true, true, true, true, 'no error'])
  })

  it.each([
    [
      'deflate',
      `const deflated = promisify(zlib.deflate)(view); input.close(); gc(); result = zlib.inflateSync(await deflated)`,
    ],
    [
      'gzip in steps',
      `const stream = zlib.createGzip(); stream.end(view); input.close(); gc(); const parts = []; for await (const part of stream) { parts.push(part); gc() } result = zlib.gunzipSync(Buffer.concat(parts))`,
    ],
    [
      'brotli',
      `const done = promisify(zlib.brotliCompress)(view, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }); input.close(); gc(); result = zlib.brotliDecompressSync(await done)`,
    ],
    [
      'fs.write',
      `const fd = fs.openSync(target, 'w'); const done = promisify(fs.write)(fd, view, 0, view.length, 0); input.close(); gc(); await done; result = fs.readFileSync(target)`,
    ],
    [
      'writeFile',
      `const done = fs.promises.writeFile(target, view); input.close(); gc(); await done; result = fs.readFileSync(target)`,
    ],
    [
      'a stream',
      `const stream = fs.createWriteStream(target); stream.end(view); input.close(); gc(); await new Promise((resolve) => stream.once('close', resolve)); result = fs.readFileSync(target)`,
    ],
    [
      'digest',
      `const done = crypto.webcrypto.subtle.digest('SHA-256', view); input.close(); gc(); result = Buffer.from(await done).equals(crypto.createHash('sha256').update(content).digest()) ? content : 'other digest'`,
    ],
    [
      'a blob',
      `const blob = new Blob([view]); input.close(); gc(); result = Buffer.from(await blob.arrayBuffer())`,
    ],
    ['a clone', `const copy = structuredClone(view); input.close(); gc(); result = copy`],
    [
      'a socket',
      `
      const net = require('node:net')
      const parts = []
      const address = process.platform === 'win32' ? '//./pipe/mmap-directory' + process.pid : join(dir, 'socket' + process.pid)
      const server = net.createServer((socket) => socket.on('data', (part) => parts.push(part)).on('end', () => server.close()))
      await new Promise((resolve) => server.listen(address, resolve))
      net.connect(address).end(view)
      input.close()
      gc()
      await new Promise((resolve) => server.once('close', resolve))
      result = Buffer.concat(parts)`,
    ],
  ])('outlives close() while it is used: %s', async (_, use) => {
    const all = await said(`
      const zlib = require('node:zlib')
      const crypto = require('node:crypto')
      const { promisify } = require('node:util')
      const target = join(dir, 'target' + process.pid)
      let result
      const begin = async () => {
        const input = directory.openInput('file')
        input.readByte()
        const view = input.view(0, content.length)
        ${use}
      }
      await begin()
      const same = Buffer.compare(result, content) === 0
      result = undefined
      say([same, unchanged(), await collected(() => maps() === 0), addon.mappingTotals().mappings])`)
    expect(all).toEqual([true, true, true, 0])
  })

  it.each([
    ['kept', 'keep(view)'],
    ['its buffer alone', 'keep(view.buffer)'],
    ['a part of it', 'keep(view.subarray(0, 10))'],
    ['moved by transfer()', 'keep(view.buffer.transfer ? view.buffer.transfer() : view.buffer)'],
    [
      'moved to a fixed length',
      'keep(view.buffer.transferToFixedLength ? view.buffer.transferToFixedLength() : view.buffer)',
    ],
    ['a DataView', 'keep(new DataView(view.buffer))'],
  ])('keeps its pages until nobody has it, and no longer: %s', async (_, hold) => {
    const all = await said(`
      let kept
      const keep = (value) => (kept = value)
      const begin = () => {
        const input = directory.openInput('file')
        input.readByte()
        const view = input.view(START, 8192)
        ${hold}
        input.close()
      }
      begin()
      for (let i = 0; i < 10; i++) {
        gc()
        await turns(1)
      }
      const held = addon.mappingTotals().mappings > 0 && maps() > 0
      const buffer = kept.buffer ?? kept
      const value = new Uint8Array(buffer)[5] === content[START + 5]
      new Uint8Array(buffer).fill(1)
      const clean = () => (kept = undefined)
      const release = await (async () => clean())()
      say([held, value, unchanged()])
    `)
    expect(all).toEqual([true, true, true])
    const gone = await said(`
      const begin = () => {
        let kept
        const keep = (value) => (kept = value)
        const input = directory.openInput('file')
        input.readByte()
        const view = input.view(START, 8192)
        ${hold}
        input.close()
        return new Uint8Array(kept.buffer ?? kept)[5]
      }
      const value = begin() === content[START + 5]
      say([value, await collected(() => maps() === 0), addon.mappingTotals().mappings, addon.mappingTotals().bytes])`)
    expect(gone).toEqual([true, true, 0, 0])
  })

  it('can be resized, moved to another length, or sent to a thread without harm', async () => {
    const all = await said(`
      const sound = []
      const check = (name, use) => {
        const input = directory.openInput('file')
        const view = input.view(4096, 20_000)
        const said = outcome(() => use(view, input) ?? 'done')
        input.seek(4096)
        const alive = input.readByte() === content[4096]
        input.close()
        sound.push([name, alive && unchanged() && typeof said === 'string'])
      }
      const { transfer } = ArrayBuffer.prototype
      check('resize', (view) => void view.buffer.resize(5))
      check('grow', (view) => void view.buffer.resize(2 ** 20))
      check('transfer shorter', (view) => transfer && void transfer.call(view.buffer, 5))
      check('transfer longer', (view) => transfer && void new Uint8Array(transfer.call(view.buffer, 2 ** 20)).fill(1))
      check('transfer nothing', (view) => transfer && void transfer.call(view.buffer, 0))
      check('structuredClone', (view) => void structuredClone(view, { transfer: [view.buffer] }))
      check('postMessage', (view) => {
        const { port1, port2 } = new (require('node:worker_threads').MessageChannel)()
        try {
          port1.postMessage(view)
          port1.postMessage(view, [view.buffer])
        } finally {
          port1.close()
          port2.close()
        }
      })
      check('slice', (view) => void view.buffer.slice(0, 100))
      check('wasm', (view) => void new WebAssembly.Module(view))
      check('sort', (view) => void view.sort().reverse().copyWithin(0, 100))
      const worker = new Worker("require('node:worker_threads').parentPort.on('message', (view) => { view.fill(1); require('node:worker_threads').parentPort.postMessage(view.length) })", { eval: true })
      const input = directory.openInput('file')
      const view = input.view(0, 5000)
      worker.postMessage(view)
      input.close()
      const length = await new Promise((resolve) => worker.once('message', resolve))
      await worker.terminate()
      say([sound.filter(([, fine]) => !fine), sound.length, length, unchanged()])`)
    expect(all).toEqual([[], 10, 5000, true])
  })

  it.each([
    ['and its array is still there', 'globalThis.kept = view', [true, 1]],
    // Nobody can tell then that its memory did not go with it. Windows leaves it as it is.
    [
      'and its array is gone',
      'view = undefined; for (let i = 0; i < 5; i++) { await turn(); gc() }',
      WINDOWS ? [true, 1] : [false, 0],
    ],
  ])('may be moved to another thread before its own ends, %s', async (_, then, expected) => {
    const moved = await said(`
      const script = \`
        const { parentPort, workerData } = require('node:worker_threads')
        const turn = () => new Promise(setImmediate)
        const run = async () => {
          const lib = require(workerData.library)
          let view = lib.openFile(workerData.file).view(workerData.start, 20_000)
          let moved = view.buffer.transfer?.()
          if (moved === undefined) {
            // Node.js 20 has no transfer(), but streams move what they are given.
            const stream = new ReadableStream({ type: 'bytes', start(controller) { controller.enqueue(view); controller.close() } })
            moved = (await stream.getReader().read()).value.buffer
          }
          ${then}
          parentPort.postMessage(moved, [moved])
          setTimeout(() => process.exit(), 20)
        }
        run()\`
      const worker = new Worker(script, { eval: true, workerData: { library: dist + '/index.js', file, start: START } })
      let buffer
      worker.on('message', (message) => (buffer = message))
      await new Promise((resolve) => worker.once('exit', resolve))
      await turns(20)
      const same = content.subarray(START, START + 20_000).equals(Buffer.from(buffer).subarray(0, 20_000))
      new Uint8Array(buffer).fill(1)
      say([same, maps()])`)
    expect(moved).toEqual(expected)
  })

  it('leaves nothing on the heap when it is collected', async () => {
    const bytesEach = await said(`
      const input = directory.openInput('file')
      const COUNT = 5_000
      const make = async () => {
        for (let i = 0; i < COUNT; i++) input.view(0, 10)
        await collected(() => lib.mappingStats().mappings === 1)
        gc() // what went with them
        await turns()
        gc()
        return process.memoryUsage().heapUsed
      }
      await make()
      const before = await make()
      await make()
      say(((await make()) - before) / (2 * COUNT))`)
    expect(bytesEach).toBeLessThan(40) // an ArrayBuffer alone has more
  })

  it.skipIf(WINDOWS)(
    'counts as long as it takes a place, though its thread has ended (needs /proc)',
    async () => {
      const all = await said(`
      const places = () => fs.readFileSync('/proc/self/maps', 'latin1').split('\\n').length
      const script = \`
        const { workerData } = require('node:worker_threads')
        const input = require(workerData.library).openFile(workerData.file)
        const kept = []
        for (let i = 0; i < 6000; i++) {
          const view = input.view(0, 4096)
          if (i % 2) kept.push(view) // so that those between are mappings of their own
        }
        gc({ type: 'major', execution: 'async' }) // in the middle of it, the thread ends
        Atomics.store(workerData.words, 0, 1)
        for (;;);\`
      const before = [places(), lib.mappingStats().mappings]
      for (let i = 0; i < 2; i++) {
        const words = new Int32Array(new SharedArrayBuffer(4))
        const worker = new Worker(script, { eval: true, workerData: { library: dist + '/index.js', file, words } })
        while (Atomics.load(words, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        await worker.terminate()
      }
      const uncounted = places() - before[0] - (lib.mappingStats().mappings - before[1])
      const { mappings, leftBehind } = lib.mappingStats()
      say([uncounted < 300 || uncounted, mappings - before[1] === leftBehind])`)
      expect(all).toEqual([true, true])
    },
  )

  it.skipIf(EMULATED || !runs('prlimit', '--version'))(
    'is copied, or refused, where data is limited (needs prlimit)',
    async () => {
      const all = await said(`
      const used = Number(fs.readFileSync('/proc/self/status', 'latin1').match(/VmData:\\s+(\\d+)/)[1]) * 1024
      fs.ftruncateSync(fs.openSync(join(dir, 'sparse' + process.pid), 'w+'), 2 ** 31)
      const input = directory.openInput('sparse' + process.pid)
      input.readByte()
      require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--data=' + (used + 2 ** 28)])
      const refused = outcome(() => input.view(0, 2 ** 30, { copy: 'never' }))
      // There is no memory for the copy either: of which a worker would end on Node 26, see design/open-questions.md.
      const copy = require('node:worker_threads').isMainThread || parseInt(process.versions.node) < 26 ? 'allow' : 'never'
      const large = outcome(() => input.view(0, 2 ** 30, { copy }).length)
      const hint = (() => {
        try {
          input.view(0, 2 ** 30, { copy })
        } catch (error) {
          return /raise ulimit -d/.test(error.hints)
        }
      })()
      const file = lib.FSDirectory.open(dir).openInput('sparse' + process.pid)
      const read = copy === 'allow' ? outcome(() => file.view(0, 2 ** 30).length) : 'not asked'
      const small = outcome(() => input.view(0, 2 ** 20).length)
      say([refused, large, hint, read, small, input.readByte()])
      process.exit()`)
      const failed = 'MapFailedError ERR_MAP_FAILED'
      const read =
        thread === 'main'
          ? /^StorageError ERR_MEMORY_ALLOCATION_FAILED$/
          : /^StorageError ERR_MEMORY|^not asked$/
      expect(all).toEqual([failed, failed, true, expect.stringMatching(read), 2 ** 20, 0])
    },
  )
})
