import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type ChildOptions, NODES, runScript } from '../support/child.js'
import { pattern } from '../support/files.js'
import { sparseFile } from '../support/sparse-file.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const LENGTH = 3 * 2 ** 20 + 100

let path = ''

beforeAll(() => {
  path = temporaryDirectory()
  sparseFile(join(path, 'file'), LENGTH, new Map([[2 ** 20 - 4, pattern(8)]]))
})

afterAll(() => {
  removeDirectory(path)
})

const OPENING = `
const path = process.argv[1]
const open = () => lib.MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')
`

/** A worker's code: opens the file, reads it from end to end, holds views, tells when it is under way. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const lib = require(workerData.dist + '/index.js')
const inputs = []
const views = []
for (let i = 0; i < 5; i++) {
  const input = lib.MMapDirectory.open(workerData.path, { chunkPower: 20 }).openInput('file')
  inputs.push(input, input.clone(), input.slice('slice', 2 ** 20 - 4, 8))
  views.push(input.view(2 ** 20 - 4, 8))
  if (workerData.load) input.load().catch(() => {})
}
const bytes = new Uint8Array(100000)
const readAll = () => {
  for (const input of inputs) {
    input.seek(0)
    while (input.length() - input.getFilePointer() > bytes.length) input.readBytes(bytes)
  }
}
readAll()
parentPort.postMessage('reading')
if (workerData.then === 'exit') process.exit()
if (workerData.then === 'throw') throw new Error('meant')
if (workerData.then === 'read') for (;;) readAll()
`

/**
 * count() tells how many descriptors of the file there are. On Windows it tells only whether there is one: nobody else can open
 * the file without sharing it then (UV_FS_O_EXLOCK, which node:fs does not name).
 */
const COUNT_DESCRIPTORS = WINDOWS
  ? `
  const { closeSync, openSync } = require('node:fs')
  const count = () => {
    try {
      closeSync(openSync(path + '/file', 0x10000000))
      return 0
    } catch (error) {
      if (error.code !== 'EBUSY') throw error
      return 1
    }
  }
`
  : `
  const { readdirSync, readlinkSync } = require('node:fs')
  const count = () => readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync('/proc/self/fd/' + fd) === path + '/file'
    } catch {
      return false
    }
  }).length
`

describe.each(NODES)('a process that ends, %s', (node) => {
  const ended = async (script: string, options: ChildOptions = {}): Promise<string> => {
    const { code, signal, stdout, stderr } = await runScript(OPENING + script, {
      args: [path],
      node,
      ...options,
    })
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    return stdout.trim()
  }

  it.each([
    ['opened', 'open()'],
    ['read', 'open().readByte()'],
    ['cloned', 'const input = open(); input.readByte(); globalThis.kept = input.clone()'],
    ['viewed', 'globalThis.kept = open().view(0, 100000)'],
    ['closed', 'const input = open(); input.readByte(); input.close()'],
    ['closed with a view', 'const input = open(); globalThis.kept = input.view(5, 5); input.close()'],
    ['being loaded', 'open().load()'],
    ['preloaded', 'lib.MMapDirectory.open(path, { preload: true }).openInput("file")'],
    ['prefetched', 'open().prefetch(0, 2 ** 20)'],
    ['locked', 'lib.MMapDirectory.open(path).obtainLock("write.lock")'],
    ['written', 'lib.MMapDirectory.open(path).createTempOutput("a", "b").writeByte(1)'],
  ])('does so in peace with a file that was %s', async (_, script) => {
    expect(await ended(`${script}; console.log('ended')`)).toBe('ended')
    expect(await ended(`${script}; console.log('exited'); process.exit()`)).toBe('exited')
  })

  it.each([
    ['exit', false],
    ['nothing', false],
    ['throw', false],
    ['read', false],
    ['exit', true],
    ['nothing', true],
    ['throw', true],
    ['read', true],
  ])('outlives workers that hold mappings and end by: %s, while they load: %s', async (then, load) => {
    const said = await ended(`
        const { Worker } = require('node:worker_threads')
        const addon = require(dist + '/native.js').nativeAddon()
        const main = open()
        main.readByte()
        const ends = Array.from({ length: 4 }, async () => {
          const worker = new Worker(${JSON.stringify(WORKER)}, {
            eval: true,
            workerData: { path, dist, then: ${JSON.stringify(then)}, load: ${load} },
          })
          worker.on('error', (error) => {
            if (error.message !== 'meant') throw error
          })
          const exit = new Promise((resolve) => worker.once('exit', resolve))
          await Promise.race([exit, new Promise((resolve) => worker.once('message', resolve))])
          if (${JSON.stringify(then)} === 'read') await worker.terminate()
          await exit
        })
        Promise.all(ends).then(async () => {
          main.seek(2 ** 20 - 4)
          const value = main.readLong()
          main.close()
          for (let i = 0; i < 5; i++) await new Promise(setImmediate)
          console.log(JSON.stringify({
            value: String(value),
            maps: mapsOf(path + '/file').length,
            mappings: addon.mappingTotals().mappings,
            windows: addon.mappingTotals().windows,
          }))
        })`)
    expect(JSON.parse(said)).toEqual({
      value: Buffer.from(pattern(8)).readBigInt64LE().toString(),
      maps: 0,
      mappings: 0,
      windows: 0,
    })
  })

  it.each([false, true])('may terminate workers at any moment, while they load: %s', async (load) => {
    const said = await ended(`
      const { Worker } = require('node:worker_threads')
      const run = async (delay) => {
        const worker = new Worker(${JSON.stringify(WORKER)}, {
          eval: true,
          workerData: { path, dist, then: 'read', load: ${load} },
        })
        await new Promise((resolve) => setTimeout(resolve, delay))
        await worker.terminate()
      }
      const all = async () => {
        for (let delay = 0; delay < 120; delay += 15) await Promise.all([run(delay), run(delay + 7)])
        console.log('all terminated')
      }
      all()`)
    expect(said).toBe('all terminated')
  })

  it('may terminate workers in which inputs that were dropped are about to be collected', async () => {
    // Terminated in a microtask: Node 20 still runs finalizers, and can do little in them.
    const dropping = `
      const { parentPort, workerData } = require('node:worker_threads')
      const lib = require(workerData.dist + '/index.js')
      for (let i = 0; i < 50; i++) lib.openFile(workerData.path + '/file').readByte()
      const collect = async () => {
        await new Promise(setImmediate)
        gc()
        parentPort.postMessage('collected')
        for (;;);
      }
      collect()`
    const said = await ended(
      `
      const { Worker } = require('node:worker_threads')
      const run = async () => {
        const worker = new Worker(${JSON.stringify(dropping)}, { eval: true, workerData: { path, dist } })
        await new Promise((resolve) => worker.once('message', resolve))
        await worker.terminate()
      }
      const all = async () => {
        for (let i = 0; i < 3; i++) await run()
        console.log(mapsOf(path + '/file').length)
      }
      all()`,
      { nodeOptions: ['--expose-gc'] },
    )
    expect(said).toBe('0')
  })

  it('loads the library in workers alone', async () => {
    const said = await ended(`
      const { Worker } = require('node:worker_threads')
      new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: { path, dist, then: 'exit', load: false } })
        .once('exit', () => console.log('worker ended'))`)
    expect(said).toBe('worker ended')
  })

  it('unmaps inputs that were dropped when they are collected', async () => {
    const said = await ended(
      `
      const addon = require(dist + '/native.js').nativeAddon()
      const drop = () => {
        for (let i = 0; i < 50; i++) {
          const input = open()
          input.seek(2 ** 20 - 4)
          if (i % 2 === 0) input.readLong()
          if (i % 3 === 0) input.clone().slice('slice', 0, 10).readByte()
          if (i % 5 === 0) input.view(0, 100)
        }
      }
      const collect = async () => {
        drop()
        for (let i = 0; i < 50 && addon.mappingTotals().mappings > 0; i++) {
          gc()
          await new Promise(setImmediate)
        }
        console.log(addon.mappingTotals().mappings, mapsOf(path + '/file').length)
      }
      collect()`,
      { nodeOptions: ['--expose-gc'] },
    )
    expect(said).toBe('0 0')
  })

  it('gives the descriptor back at close(), though a view is held and no turn of the event loop passes', async () => {
    const said = await ended(`
      ${COUNT_DESCRIPTORS}
      const directory = lib.MMapDirectory.open(path)
      const views = []
      for (let i = 0; i < 50; i++) {
        const input = directory.openInput('file')
        input.readByte()
        views.push(input.view(0, 10))
        input.clone().readByte()
        input.close()
      }
      const kept = directory.openInput('file')
      const whileKept = count()
      const { mapped } = kept
      kept.close()
      console.log(whileKept, count(), views.every((view) => view[0] === views[0][0]), mapped)`)
    expect(said).toBe('1 0 true true')
  })

  it('closes the descriptors of files that were dropped unclosed', async () => {
    const said = await ended(
      `
      ${COUNT_DESCRIPTORS}
      const drop = () => {
        for (let i = 0; i < 50; i++) lib.FSDirectory.open(path).openInput('file').readByte()
      }
      const collect = async () => {
        drop()
        const before = count()
        for (let i = 0; i < 50 && count() > 0; i++) {
          gc()
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        console.log(before > 0, count())
      }
      collect()`,
      { nodeOptions: ['--expose-gc'] },
    )
    expect(said).toBe('true 0')
  })

  it('keeps a view when everything else is gone and collected', async () => {
    const said = await ended(
      `
      const viewed = () => {
        const input = open()
        input.readByte()
        const view = input.view(2 ** 20 - 4, 8)
        input.close()
        return view
      }
      const later = async () => {
        const view = viewed()
        for (let i = 0; i < 10; i++) {
          gc()
          await new Promise(setImmediate)
        }
        console.log(Buffer.from(view).toString('hex'))
      }
      later()`,
      { nodeOptions: ['--expose-gc'] },
    )
    expect(said).toBe(Buffer.from(pattern(8)).toString('hex'))
  })
})
