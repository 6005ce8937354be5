import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { runs } from '../support/programs.js'
import { runs as runsScript, survives } from '../support/safety.js'
import { CUTTABLE, EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  disk?.unmount()
  removeDirectory(path)
})

const OPENING = `
const PAGE = 4096
const openCut = (from = lib) => {
  const name = make(Buffer.alloc(16 * PAGE, 7))
  const input = from.MMapDirectory.open(dir).openInput(name)
  input.readByte()
  fs.truncateSync(join(dir, name), PAGE)
  return input
}
const readLost = (input) => {
  input.seek(8 * PAGE)
  return outcome(() => input.readInt())
}
`

const FAULT = 'FileFaultError ERR_FILE_FAULT'

/** A mapping that is not the library's, whose page cannot be read. */
const FOREIGN = `
#include <sys/mman.h>
#include <unistd.h>
#include <stdlib.h>
extern "C" {
typedef void* value; typedef void* env; typedef void* info;
int napi_create_function(env, const char*, unsigned long, value (*)(env, info), void*, value*);
__attribute__((visibility("default"))) value napi_register_module_v1(env e, value) {
  value f = nullptr;
  napi_create_function(e, "touch", 5, [](env, info) -> value {
    char name[] = "/tmp/mmap-directory-foreign-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    (void)!ftruncate(fd, 4096);
    volatile char* p = (volatile char*)mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    (void)!ftruncate(fd, 0);
    (void)p[0];
    return nullptr;
  }, nullptr, &f);
  return f;
}
}
`

const CXX = process.env['CXX'] ?? 'g++'

function foreignAddon(): string | undefined {
  if (process.platform !== 'linux' || !runs(CXX, '--version')) return undefined
  const source = join(path, 'foreign.cc')
  const binary = join(path, 'foreign.node')
  writeFileSync(source, FOREIGN)
  execFileSync(CXX, ['-shared', '-fPIC', '-O1', '-o', binary, source])
  return binary
}

const foreign = foreignAddon()

describe.each(NODES)('signals, %s', (node) => {
  const options = { args: [path], node }
  const said = (script: string): Promise<unknown> => survives(OPENING + script, options)

  it.skipIf(WINDOWS)('that were sent end the process as they always did (needs signals)', async () => {
    for (const send of [
      `process.kill(process.pid, 'SIGBUS')`,
      `process.on('SIGINT', () => {}); process.kill(process.pid, 'SIGBUS')`,
    ]) {
      const { code, signal, stdout } = await runsScript(
        `${OPENING}
        const input = openCut()
        console.log(readLost(input))
        setTimeout(() => console.log('still here'), 10_000)
        ${send}`,
        options,
      )
      expect({ code, signal, stdout: stdout.trim() }).toEqual({ code: null, signal: 'SIGBUS', stdout: FAULT })
    }
  })

  it.skipIf(WINDOWS)('that were sent end it in a worker, too (needs signals)', async () => {
    const { code, signal, stdout } = await runsScript(
      `${OPENING}
      new Worker(\`
        const lib = require(require('node:worker_threads').workerData)
        const addon = lib.openFile(process.execPath).readInt()
        require('node:fs').writeSync(1, 'killing') // console.log() would wait for the main thread
        setTimeout(() => process.kill(process.pid, 'SIGBUS'), 20)
        setTimeout(() => console.log('still here'), 10_000)
      \`, { eval: true, workerData: dist + '/index.js' })`,
      options,
    )
    expect({ code, signal, stdout: stdout.trim() }).toEqual({
      code: null,
      signal: 'SIGBUS',
      stdout: 'killing',
    })
  })

  it.skipIf(!CUTTABLE).each([
    ['before the library is used', `process.on('SIGBUS', () => heard++)`, ''],
    [
      'before the next open',
      '',
      `process.on('SIGBUS', () => heard++); lib.openFile(process.execPath).close()`,
    ],
    ['before the next view', '', `process.on('SIGBUS', () => heard++); other.view(0, 1)`],
    [
      'before the next attach',
      '',
      `process.on('SIGBUS', () => heard++); lib.attachInput(structuredClone(other.share()))`,
    ],
    [
      'and taken away again, before the next open',
      '',
      `
      const listener = () => heard++
      process.on('SIGBUS', listener)
      process.off('SIGBUS', listener)
      lib.openFile(process.execPath).close()`,
    ],
    [
      'many times over',
      '',
      `
      for (let i = 0; i < 20; i++) {
        const listener = () => {}
        process.on('SIGBUS', listener)
        lib.openFile(process.execPath).close()
        process.off('SIGBUS', listener)
        lib.openFile(process.execPath).close()
      }`,
    ],
  ])('that a program listens for leave the guard in place: %s', async (_, before, after) => {
    const result = await said(`
      let heard = 0
      ${before}
      const other = lib.openFile(process.execPath)
      const input = openCut()
      ${after}
      say([readLost(input), heard])
      process.removeAllListeners('SIGBUS')`)
    expect(result).toEqual([FAULT, 0])
  })

  it.skipIf(WINDOWS)('that a program listens for still reach it (needs signals)', async () => {
    const result = await said(`
      const heard = []
      process.on('SIGBUS', (name) => heard.push(name))
      const input = openCut()
      const lost = readLost(input)
      process.kill(process.pid, 'SIGBUS')
      setTimeout(() => {
        say([lost, heard, readLost(openCut())])
        process.exit()
      }, 50)`)
    expect(result).toEqual([FAULT, ['SIGBUS'], FAULT])
  })

  it.skipIf(WINDOWS)(
    'are told apart by two copies of the library in one process (needs signals)',
    async () => {
      const other = join(path, 'copy')
      mkdirSync(other)
      const result = await said(`
      const root = join(dist, '..')
      const copy = join(dir, 'copy')
      fs.cpSync(dist, join(copy, 'dist'), { recursive: true })
      for (const built of ['build/Release', 'prebuilds'])
        if (fs.existsSync(join(root, built))) fs.cpSync(join(root, built), join(copy, built), { recursive: true })
      try {
        fs.symlinkSync(fs.realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'))
      } catch (error) {
        if (error.code !== 'EEXIST') throw error
      }
      const second = require(join(copy, 'dist/index.js'))
      const third = require(join(copy, 'dist/native.js')).nativeAddon()
      const a = openCut(lib)
      const b = openCut(second)
      const c = openCut(lib)
      const results = [a, b, c].map(readLost)
      const counted = [addon.mappingTotals().faults, third.mappingTotals().faults]
      const views = [lib, second].map((from) => {
        const name = make(Buffer.alloc(PAGE, 7))
        const view = from.openFile(join(dir, name)).view(0, PAGE)
        fs.truncateSync(join(dir, name), 0)
        return view[5]
      })
      say({ results, counted, views, apart: addon !== third })`)
      expect(result).toEqual({ results: [FAULT, FAULT, FAULT], counted: [2, 1], views: [0, 0], apart: true })
      const { signal, stdout } = await runsScript(
        `${OPENING}
      const second = require(join(dir, 'copy/dist/index.js'))
      console.log([openCut(lib), openCut(second)].map(readLost).join())
      process.kill(process.pid, 'SIGBUS')
      setTimeout(() => console.log('still here'), 10_000)`,
        options,
      )
      expect({ signal, stdout: stdout.trim() }).toEqual({ signal: 'SIGBUS', stdout: `${FAULT},${FAULT}` })
    },
  )

  it.skipIf(!CUTTABLE)(
    'of a page that is no longer mapped by the library are nobody’s, of a new one again its own',
    async () => {
      const result = await said(`
      const results = []
      for (let i = 0; i < 50; i++) {
        const input = openCut()
        results.push(readLost(input))
        if (i % 2) input.close()
      }
      const whole = lib.openFile(join(dir, make(Buffer.alloc(16 * PAGE, 9))))
      whole.seek(8 * PAGE)
      say([[...new Set(results)], whole.readByte(), addon.mappingTotals().faults])`)
      expect(result).toEqual([[FAULT], 9, 50])
    },
  )

  it.skipIf(!CUTTABLE)('that WebAssembly traps with still become its errors', async () => {
    const result = await said(`
      // (module (memory 1) (func (export "load") (param i32) (result i32) local.get 0 i32.load))
      const wasm = Uint8Array.from([
        0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1,
        7, 8, 1, 4, 108, 111, 97, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11,
      ])
      const { load } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports
      const input = openCut()
      const traps = () => {
        let count = 0
        for (let i = 0; i < 20_000; i++) load(i)
        for (let i = 0; i < 100; i++) {
          try {
            load(2 ** 30 + i)
          } catch (error) {
            if (error instanceof WebAssembly.RuntimeError) count++
          }
        }
        return count
      }
      say([traps(), readLost(input), traps()])`)
    expect(result).toEqual([100, FAULT, 100])
  })

  it.skipIf(foreign === undefined)('of other mappings end the process (needs Linux and g++)', async () => {
    for (const prepare of [
      '',
      'console.log(readLost(openCut()))',
      `lib.openFile(process.execPath).view(0, 1)`,
    ]) {
      const { code, signal, stderr } = await runsScript(
        `${OPENING}
        const touch = require(${JSON.stringify(foreign)})
        const input = lib.openFile(process.execPath)
        ${prepare}
        touch()
        console.error('touched')`,
        options,
      )
      expect({ code, signal, stderr }).toEqual({ code: null, signal: 'SIGBUS', stderr: '' })
    }
  })

  it.skipIf(WINDOWS)('outlive the worker that alone had loaded the library (needs signals)', async () => {
    const result = await said(`
      const worker = new Worker(\`
        const lib = require(require('node:worker_threads').workerData)
        const view = lib.openFile(process.execPath).view(0, 1)
      \`, { eval: true, workerData: dist + '/index.js' })
      worker.once('exit', async () => {
        await turns()
        // The handler is still there, and so has to be its code.
        const mapped = /mmap[_-]directory[.](glibc[.])?node/.test(fs.readFileSync('/proc/self/maps', 'latin1'))
        const heard = await new Promise((resolve) => {
          const alive = setInterval(() => {}, 1000)
          process.once('SIGBUS', (name) => (clearInterval(alive), resolve(name)))
          process.kill(process.pid, 'SIGBUS')
        })
        say([mapped, heard, readLost(openCut())])
      })`)
    expect(result).toEqual([true, 'SIGBUS', FAULT])
  })
})

/** A disk that fails: a file system on a loop device whose lower half has gone. */
function failingDisk(): { mount: string; fail: () => void; unmount: () => void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const image = join(path, 'image')
  const mount = join(path, 'disk')
  writeFileSync(image, '')
  truncateSync(image, 32 * 2 ** 20)
  mkdirSync(mount)
  const mounted =
    spawnSync('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', image], { stdio: 'ignore' }).status === 0 &&
    spawnSync('mount', ['-o', 'loop', image, mount], { stdio: 'ignore' }).status === 0
  if (!mounted) return undefined
  return {
    mount,
    fail: () => truncateSync(image, 2 ** 20),
    unmount: () => execFileSync('umount', ['-l', mount], { stdio: 'ignore' }),
  }
}

const disk = failingDisk()

describe.skipIf(EMULATED || disk === undefined)(
  'a device that fails (needs root, mkfs.ext4 and loop devices)',
  () => {
    it('is an error of reads, loads and views on every Node.js', async () => {
      const names = ['read', 'load', 'view', 'string', 'fs'].flatMap((use) =>
        NODES.map((_, index) => `${use}${index}`),
      )
      const length = 128 * 1024
      for (const name of names) writeFileSync(join(disk!.mount, name), Buffer.alloc(length, 7))
      execFileSync('sync', ['-f', disk!.mount])
      disk!.fail()
      for (const [index, node] of NODES.entries()) {
        for (const name of names) {
          // Nothing of the file may be in memory.
          execFileSync(
            'dd',
            [`of=${join(disk!.mount, name)}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'],
            { stdio: 'ignore' },
          )
        }
        const result = await survives(
          `
        const open = (use) => lib.openFile(join(dir, use + ${index}))
        const run = async () => {
          const results = {}
          const read = open('read')
          results.read = [outcome(() => read.readByte()), outcome(() => read.readByte()), outcome(() => read.close())]
          const bulk = open('string')
          results.bulk = outcome(() => bulk.readBytes(new Uint8Array(1000)))
          const load = open('load')
          results.load = await load.load().then(() => 'no error', (error) => error.name)
          const view = open('view')
          const bytes = view.view(0, 100000)
          results.view = [bytes[50000], outcome(() => view.checkFault())]
          const hints = open('fs')
          try {
            hints.readByte()
          } catch (error) {
            results.hints = error.hints
          }
          const pread = lib.FSDirectory.open(dir).openInput('read' + ${index})
          results.pread = outcome(() => pread.readByte())
          say(results)
        }
        run().catch(fail)`,
          { args: [disk!.mount], node },
        )
        expect(result).toEqual({
          read: [FAULT, FAULT, 'no error'],
          bulk: FAULT,
          load: 'FileFaultError',
          view: [0, FAULT],
          hints: ['files must not be truncated while they are open', 'the device may have failed'],
          pread: 'StorageError EIO',
        })
      }
    })
  },
)
