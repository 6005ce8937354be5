import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { pattern } from '../support/files.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
const LENGTH = 300_000
writeFileSync(join(path, 'file'), pattern(LENGTH))

afterAll(() => {
  removeDirectory(path)
})

/** Workers that do what they are told: attach, read, share, close, or end. */
const THREADS = `
const directory = lib.MMapDirectory.open(dir)
const HELPER = \`
  const { parentPort, workerData } = require('node:worker_threads')
  const lib = require(workerData.dist + '/index.js')
  const inputs = []
  const does = {
    attach: (token) => inputs.push(lib.attachInput(token)) && inputs.at(-1).length(),
    read: (position) => (inputs.at(-1).seek(position), inputs.at(-1).readByte()),
    position: () => inputs.at(-1).getFilePointer(),
    share: () => inputs.at(-1).share(),
    open: (type) => inputs.push(lib[type].open(workerData.dir).openInput('file')) && inputs.at(-1).length(),
    close: () => inputs.pop().close() ?? 'closed',
    end: () => process.exit(),
  }
  parentPort.on('message', ({ what, value }) => {
    try {
      const said = does[what](value)
      parentPort.postMessage(typeof said === 'object' ? structuredClone(said) : said)
    } catch (error) {
      parentPort.postMessage(error.name + ' ' + error.code)
    }
  })
\`
const helper = () => {
  const worker = new Worker(HELPER, { eval: true, workerData: { dist, dir } })
  return {
    worker,
    ask: (what, value) => new Promise((resolve) => {
      worker.once('message', resolve)
      worker.postMessage({ what, value })
    }),
    ended: (how) => new Promise((resolve) => {
      worker.once('exit', resolve)
      if (how === 'exit') worker.postMessage({ what: 'end' })
      else worker.terminate()
    }),
  }
}
const maps = () => mapsOf(dir + '/file').length
`

const byte = (position: number): number => pattern(LENGTH)[position]!

describe.each(NODES)('inputs in several threads, %s', (node) => {
  const said = (script: string): Promise<unknown> =>
    survives(`${THREADS}\nconst run = async () => {${script}}\nrun().catch(fail)`, { args: [path], node })

  it('share one mapping, which goes with the last of them', async () => {
    const all = await said(`
      const opened = directory.openInput('file')
      opened.seek(77)
      const helpers = [helper(), helper(), helper()]
      const results = []
      for (const { ask } of helpers) {
        results.push(await ask('attach', structuredClone(opened.share())), await ask('position'), await ask('read', 200_000))
      }
      results.push(maps(), addon.mappingTotals().mappings)
      // A slice of it, a clone, and one that was attached before, go on the same way.
      const slice = opened.slice('slice', 1000, 5000)
      results.push(await helpers[0].ask('attach', structuredClone(slice.share())), await helpers[0].ask('read', 5))
      results.push(await helpers[0].ask('read', 5001))
      const again = await helpers[0].ask('share')
      results.push(await helpers[1].ask('attach', again), await helpers[1].ask('read', 6))
      results.push(await helpers[2].ask('attach', structuredClone(slice.clone().share())), await helpers[2].ask('read', 7))
      results.push(maps(), addon.mappingTotals().mappings)
      opened.close()
      results.push(outcome(() => slice.readByte()), maps(), await helpers[1].ask('read', 8))
      results.push(await helpers[0].ask('close'), await helpers[1].ask('read', 9), await helpers[0].ask('read', 10))
      await helpers[0].ended('terminate')
      results.push(maps(), await helpers[1].ask('read', 9))
      await helpers[1].ended('exit')
      results.push(maps(), await helpers[2].ask('close'), await helpers[2].ask('read', 11), maps())
      results.push(await helpers[2].ask('close'))
      for (let i = 0; i < 500 && maps() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
      results.push(maps())
      await helpers[2].ended('terminate')
      say([...results, maps(), addon.mappingTotals().mappings, addon.mappingTotals().windows, addon.mappingTotals().unclosed])
    `)
    const attached = [LENGTH, 77, byte(200_000)]
    const part = (position: number): number => byte(1000 + position)
    const shared: unknown[] = [...attached, ...attached, ...attached, 1, 1]
    expect(all).toEqual(
      shared.concat(
        [5000, part(5), 'EndOfFileError ERR_END_OF_FILE', 5000, part(6), 5000, part(7), 1, 1],
        ['AlreadyClosedError ERR_ALREADY_CLOSED', 1, part(8)],
        ['closed', part(9), byte(10), 1, part(9), 1, 'closed', byte(11), 1, 'closed', 0, 0, 0, 0, 0],
      ),
    )
  })

  it('of a file that is read are over the same one, which nobody has written to since', async () => {
    expect(
      await said(`
        const name = 'identity'
        const rewritten = () => {
          const { atime, mtime } = fs.statSync(join(dir, name))
          fs.writeFileSync(join(dir, name), Buffer.alloc(1000, 2)) // in place, and as long as it was
          fs.utimesSync(join(dir, name), atime, mtime)
        }
        fs.writeFileSync(join(dir, name), Buffer.alloc(1000, 1))
        fs.utimesSync(join(dir, name), 1e9, 1e9)
        const input = lib.FSDirectory.open(dir).openInput(name)
        const attempt = (change) => {
          const token = structuredClone(input.share())
          const parts = token.shared.source.identity.split(' ')
          change(parts)
          token.shared.source.identity = parts.join(' ')
          return outcome(() => lib.attachInput(token).readByte())
        }
        const results = { same: attempt(() => {}) }
        for (const [index, part] of ['device', 'inode', 'birth', 'change'].entries()) {
          results[part] = attempt((parts) => (parts[index] = String(BigInt(parts[index]) + 1n)))
        }
        const before = structuredClone(input.share())
        setTimeout(() => {
          rewritten()
          results.rewritten = outcome(() => lib.attachInput(before).readByte())
          fs.unlinkSync(join(dir, name))
          say(results)
          process.exit()
        }, 20) // time stamps tick every few milliseconds
      `),
    ).toEqual({
      same: 1,
      ...Object.fromEntries(
        ['device', 'inode', 'birth', 'change', 'rewritten'].map((part) => [part, 'FileNotFoundError ENOENT']),
      ),
    })
  })

  it('have windows that no token says anything of', async () => {
    expect(
      await said(`
        fs.writeFileSync(dir + '/long', '')
        fs.truncateSync(dir + '/long', 2 ** 37)
        const opened = lib.MMapDirectory.open(dir).openInput('long')
        const token = structuredClone(opened.share())
        const asked = 'windowPower' in token.shared.source
        token.shared.source.windowPower = 4
        const input = lib.attachInput(token)
        input.seek(2 ** 37 - 1)
        const random = input.randomAccessSlice(0, 2 ** 37)
        const reads = outcomes({ last: () => input.readByte(), far: () => random.readInt(2 ** 36 + 7) })
        say({ asked, ...reads, small: process.memoryUsage().heapUsed < 100e6 })
        process.exit()
      `),
    ).toEqual({ asked: false, last: 0, far: 0, small: true })
  })

  it('come of good tokens only, once, and never of forged or damaged ones', async () => {
    const all = (await said(`
      const opened = directory.openInput('file')
      const file = lib.FSDirectory.open(dir).openInput('file')
      const results = {}
      const attempt = (name, token) => {
        results[name] = outcome(() => lib.attachInput(token).length())
      }
      for (const input of [opened, file]) {
        const kind = input.mapped ? 'mapping' : 'file'
        const change = (name, change) => {
          const token = structuredClone(input.share())
          change(token.shared)
          attempt(kind + ' ' + name, token)
        }
        change('kind', (shared) => (shared.kind = 'other'))
        change('other kind', (shared) => (shared.kind = shared.kind === 'file' ? 'mapping' : 'file'))
        change('start', (shared) => (shared.start = 1))
        change('negative start', (shared) => (shared.start = -1))
        change('length', (shared) => (shared.length += 1))
        change('huge length', (shared) => (shared.length = 2 ** 53 - 1))
        change('fraction', (shared) => (shared.start = 0.5))
        change('position', (shared) => (shared.position = shared.length + 1))
        change('no position', (shared) => delete shared.position)
        change('text', (shared) => (shared.length = '5'))
        change('bigint', (shared) => (shared.start = 0n))
        change('no source', (shared) => delete shared.source)
        change('null source', (shared) => (shared.source = null))
        change('description', (shared) => (shared.description = 5))
        change('advice', (shared) => (shared.source.advice = 'fast'))
        for (const name of Object.keys(structuredClone(input.share()).shared.source)) {
          for (const [what, value] of [['missing', undefined], ['wrong', -1], ['infinite', Infinity], ['an object', {}]]) {
            change('source.' + name + ' ' + what, (shared) => (shared.source[name] = value))
          }
        }
      }
      const change = (name, change) => {
        const token = structuredClone(opened.share())
        change(token.shared.source)
        attempt(name, token)
      }
      change('other id', (source) => (source.id += 1))
      change('other key', (source) => (source.key = '0'.repeat(32)))
      change('shorter key', (source) => (source.key = source.key.slice(1)))
      change('longer key', (source) => (source.key += '0'))
      change('key with NUL', (source) => (source.key += '\\0'))
      change('foreign pid', (source) => Object.assign(source, { id: 1, key: '' }))
      for (const [name, value] of Object.entries({
        nothing: undefined, null: null, number: 5, text: 'token', array: [], empty: {}, function: () => {}, symbol: Symbol('token'),
        input: opened, nested: { shared: { shared: {} } }, proxy: new Proxy({}, {}), prototype: lib.SharedInput.prototype,
      })) attempt(name, value)
      const once = structuredClone(opened.share())
      lib.attachInput(once).close()
      attempt('attached before', once)
      const released = opened.share()
      const copy = structuredClone(released)
      released.release()
      released.release()
      attempt('released', released)
      attempt('released copy', copy)
      const ending = helper()
      await ending.ask('open', 'MMapDirectory')
      const orphan = await ending.ask('share')
      const second = await ending.ask('share')
      const good = outcome(() => lib.attachInput(second).readByte())
      await ending.ended('terminate')
      attempt('of a thread that has ended', orphan)
      const { execFileSync } = require('node:child_process')
      const foreign = (type) => JSON.parse(execFileSync(process.execPath, ['-e', \`
        const lib = require(process.argv[1])
        const input = lib[process.argv[3]].open(process.argv[2]).openInput('file')
        console.log(JSON.stringify(input.share()))
      \`, dist + '/index.js', dir, type]))
      attempt('of another process', foreign('MMapDirectory'))
      attempt('file of another process', foreign('FSDirectory'))
      // What was changed in vain is as good as new for whoever has the right words.
      const kept = opened.share()
      const forged = structuredClone(kept)
      forged.shared.source.key = 'f'.repeat(32)
      attempt('forged copy', forged)
      const still = outcome(() => lib.attachInput(structuredClone(kept)).length())
      say({ results, good, still })
      process.exit()
    `)) as { results: Record<string, string>; good: unknown; still: unknown }
    const names = Object.keys(all.results)
    expect(names.length).toBeGreaterThan(80)
    const wrong = Object.entries(all.results).filter(
      ([, result]) => result !== 'TypeError ERR_INVALID_ARG_VALUE',
    )
    expect({ ...all, results: wrong }).toEqual({ results: [], good: byte(0), still: LENGTH })
  })

  it('may be handed on by tokens that change while they are looked at', async () => {
    const all = await said(`
      const opened = directory.openInput('file')
      const results = []
      for (const [name, later] of Object.entries({ start: 2 ** 40, length: 2 ** 40, position: 2 ** 40, source: null, kind: 'file' })) {
        for (let turn = 0; turn < 6; turn++) {
          const { shared } = structuredClone(opened.slice('part', 100, 50).share())
          const first = shared[name]
          let asked = 0
          Object.defineProperty(shared, name, { get: () => (asked++ < turn ? first : later) })
          results.push(outcome(() => {
            const input = lib.attachInput({ shared })
            if (input.length() !== 50 || input.getFilePointer() !== 0 || input.readByte() !== ${byte(100)}) return 'another part'
            input.close()
          }))
        }
      }
      say([...new Set(results)].sort())`)
    expect(all).toEqual(['TypeError ERR_INVALID_ARG_VALUE', 'no error'])
  })

  it('open files anew that are not mapped, and the same ones only', async () => {
    const all = await said(`
      const { ask, ended } = helper()
      const name = 'read' + process.pid
      fs.writeFileSync(join(dir, name), Buffer.alloc(1000, 7))
      const opened = lib.FSDirectory.open(dir).openInput(name)
      opened.seek(10)
      const results = [await ask('attach', structuredClone(opened.share())), await ask('position'), await ask('read', 999)]
      const token = structuredClone(opened.share())
      opened.close()
      results.push(await ask('read', 998), await ask('attach', token))
      const later = structuredClone(lib.FSDirectory.open(dir).openInput(name).share())
      fs.renameSync(join(dir, name), join(dir, name + 'x'))
      results.push(await ask('attach', later))
      fs.writeFileSync(join(dir, name), Buffer.alloc(1000, 8))
      results.push(await ask('attach', later))
      const memory = new lib.ByteBuffersDirectory()
      memory.createOutput('a').close()
      results.push(outcome(() => memory.openInput('a').share()))
      await ended('terminate')
      say(results)`)
    const gone = 'FileNotFoundError ENOENT'
    expect(all).toEqual([1000, 10, 7, 7, 1000, gone, gone, 'TypeError ERR_UNSUPPORTED_OPERATION'])
  })

  it('do not open another file that has got the number of one that is gone', async () => {
    const all = await said(`
      const file = join(dir, 'number' + process.pid)
      const results = []
      for (let turn = 0; turn < 10; turn++) {
        fs.writeFileSync(file, Buffer.alloc(1000, 7))
        const opened = lib.FSDirectory.open(dir).openInput('number' + process.pid)
        const token = structuredClone(opened.share())
        opened.close()
        fs.unlinkSync(file)
        // The clock of file systems ticks every few milliseconds.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
        fs.writeFileSync(file, Buffer.alloc(1000, 8)) // ext4 gives it the number that is free again
        results.push(outcome(() => lib.attachInput(token).readByte()))
      }
      say([...new Set(results)])`)
    expect(all).toEqual(['FileNotFoundError ENOENT'])
  })

  it.each(['terminate', 'exit'])('end at any moment: %s', async (how) => {
    const all = await said(`
      const BUSY = \`
        const { parentPort, workerData } = require('node:worker_threads')
        const lib = require(workerData.dist + '/index.js')
        const directory = lib.MMapDirectory.open(workerData.dir)
        const target = new Uint8Array(70_000)
        const end = Date.now() + workerData.delay
        const kept = []
        const step = (input) => {
          input.seek(0)
          input.readBytes(target)
          kept.push(input.clone(), input.view(5, 50_000), input.slice('slice', 5, 1000))
          parentPort.postMessage(input.slice('part', 10, 200_000).share())
          input.share()
          input.load().catch(() => {})
          const attached = lib.attachInput(structuredClone(input.share()))
          attached.readInt()
          if (kept.length % 2) attached.close()
        }
        parentPort.on('message', (token) => {
          const input = lib.attachInput(token)
          step(input)
          if (Math.random() < 0.5) input.close()
        })
        const turn = () => {
          for (let i = 0; i < 5; i++) {
            const input = directory.openInput('file')
            step(input)
            if (i % 2) input.close()
            if (workerData.how === 'exit' && Date.now() >= end) process.exit()
          }
          setImmediate(turn)
        }
        turn()
      \`
      const opened = directory.openInput('file')
      let heard = 0
      const once = async (delay) => {
        const worker = new Worker(BUSY, { eval: true, workerData: { dist, dir, delay, how: ${JSON.stringify(how)} } })
        worker.on('error', fail)
        worker.on('message', (token) => {
          heard++
          const said = outcome(() => {
            const input = lib.attachInput(token)
            input.readByte()
            input.close()
          })
          if (said !== 'no error' && said !== 'TypeError ERR_INVALID_ARG_VALUE') fail(new Error(said))
        })
        for (let i = 0; i < 5; i++) worker.postMessage(opened.share())
        const exit = new Promise((resolve) => worker.once('exit', resolve))
        if (${JSON.stringify(how)} === 'terminate') {
          if (delay % 2) await new Promise((resolve) => worker.once('message', resolve))
          await new Promise((resolve) => setTimeout(resolve, delay))
          await worker.terminate()
        }
        await exit
      }
      for (let round = 0; round < 10; round++) {
        await Promise.all([once(round * 3), once(round * 5 + 1)])
      }
      // Tokens that nobody attached belong to this thread.
      opened.readByte()
      opened.close()
      for (let i = 0; i < 500 && maps() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
      await turns(20)
      const left = addon.mappingTotals()
      say([heard > 0, left.live.length <= 1, left.windows, left.mappings === maps()])
      process.exit()`)
    expect(all).toEqual([true, true, 0, true])
  })

  it('may all end with the process at any moment', async () => {
    for (let delay = 0; delay < 5; delay++) {
      const all = await said(`
        const opened = directory.openInput('file')
        const helpers = [helper(), helper(), helper()]
        for (const { worker, ask } of helpers) {
          worker.on('error', fail)
          for (let i = 0; i < 20; i++) {
            worker.postMessage({ what: 'attach', value: opened.share() })
            worker.postMessage({ what: 'read', value: i })
            worker.postMessage({ what: 'open', value: i % 2 ? 'MMapDirectory' : 'FSDirectory' })
            worker.postMessage({ what: 'share' })
          }
        }
        opened.load()
        say('running')
        setTimeout(() => process.exit(), ${delay} * 12)`)
      expect(all).toBe('running')
    }
  })
})
