import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { runs } from '../support/programs.js'
import { runs as runScript, survives } from '../support/safety.js'
import { CUTTABLE, WINDOWS } from '../support/systems.js'
import { LATER_ADVICE } from '../support/mappings.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

const OPENING = `
const warnings = []
process.on('warning', (warning) => warnings.push(warning.name + ' ' + warning.code))
const open = (options) => lib.MMapDirectory.open(dir, options)
`

describe.each(THREADS)('a limit, %s, %s', (node, thread) => {
  const said = (script: string, wrapper: readonly string[] = []): Promise<unknown> =>
    survives(`${OPENING}\nconst run = async () => {${script}}\nrun().catch(fail)`, {
      args: [path],
      node,
      thread,
      wrapper,
      env: { NODE_NO_WARNINGS: '1' },
    })

  it.skipIf(!LATER_ADVICE)(
    'on parts with an advice of their own keeps room for the engine (needs later advice)',
    async () => {
      const all = await said(`
      const name = 'advised' + process.pid
      fs.ftruncateSync(fs.openSync(join(dir, name), 'w+'), 2 ** 28)
      const directory = open()
      const input = directory.openInput(name)
      const before = fs.readFileSync('/proc/self/maps', 'latin1').split('\\n').length
      const advise = () => {
        const advised = []
        for (let at = 0; at < 2 ** 28; at += 2 ** 13) {
          advised.push(input.slice('part', at, 2 ** 12, lib.IOContext.READ).advice === 'random')
        }
        return advised
      }
      const advised = advise()
      const count = advised.filter(Boolean).length
      const more = fs.readFileSync('/proc/self/maps', 'latin1').split('\\n').length - before
      input.updateIOContext(lib.IOContext.DEFAULT)
      const anew = advise().filter(Boolean).length === count
      input.close()
      const again = directory.openInput(name)
      const free = again.slice('part', 0, 2 ** 12, lib.IOContext.READ).advice
      say([advised.length, count > 1000 && count <= 1024, more <= 2 * 1024 + 64, advised.indexOf(false) === count, anew, free])`)
      expect(all).toEqual([2 ** 15, true, true, true, true, 'random'])
    },
  )

  it('on mappings is an error with the numbers, or the file is read, as wanted', async () => {
    const all = await said(`
      const name = make(Buffer.alloc(10_000, 7))
      const strict = open({ fallback: false })
      const lenient = open()
      lib.setMappingLimit(3)
      const held = [1, 2, 3].map(() => strict.openInput(name))
      const refused = outcome(() => strict.openInput(name))
      const hints = (() => {
        try {
          strict.openInput(name)
        } catch (error) {
          return error.hints.join()
        }
      })()
      const read = [lenient.openInput(name), lenient.openInput(name)]
      const view = outcome(() => held[0].view(0, 10, { copy: 'never' }))
      const copied = held[0].view(0, 10)[5]
      const attached = lib.attachInput(structuredClone(held[0].share()))
      const results = [attached.mapped, attached.readByte(), read.map((input) => [input.mapped, input.readByte(), input.mapFailure.code])]
      const fallbacks = [lenient.stats().fallbacks, lib.mappingStats().fallbacks]
      held.pop().close()
      await turns()
      const again = strict.openInput(name).mapped
      say({ refused, hints, results, view, copied, fallbacks, again, warnings, lowest: outcome(() => lib.setMappingLimit(-1)) })`)
    const read = [false, 7, 'ERR_MAP_FAILED']
    expect(all).toEqual({
      refused: 'MapFailedError ERR_MAP_FAILED',
      hints: 'this library maps at most 3 files and views at a time and holds 3: close inputs that are done',
      results: [true, 7, [read, read]],
      view: 'MapFailedError ERR_MAP_FAILED',
      copied: 7,
      fallbacks: [2, 2],
      again: true,
      warnings: ['MapFailedWarning ERR_MAP_FAILED'],
      lowest: 'RangeError ERR_OUT_OF_RANGE',
    })
  })

  it.skipIf(!runs('prlimit', '--version'))(
    'on descriptors is an error, and nothing else breaks',
    async () => {
      const all = await said(
        `
      const name = make(Buffer.alloc(10_000, 7))
      const directory = open()
      const inputs = []
      let error
      while (error === undefined) {
        try {
          inputs.push(directory.openInput(name))
        } catch (thrown) {
          error = [thrown.name, thrown.code, thrown.errno, /may, 100:/.test(thrown.hints)]
        }
      }
      const fine = inputs.every((input) => input.readByte() === 7)
      for (const input of inputs) input.close()
      await turns()
      say([error, inputs.length > 20, fine, directory.openInput(name).readByte(), warnings])`,
        ['prlimit', '--nofile=100'],
      )
      expect(all).toEqual([['StorageError', 'EMFILE', -24, true], true, true, 7, []])
    },
  )

  it.skipIf(WINDOWS)(
    'of a file system that cannot map is an error, or the file is read (needs /proc)',
    async () => {
      const all = await said(`
      const results = {}
      for (const file of ['/proc/self/status', '/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled', '/dev/null', '/dev/zero', dir]) {
        results[file === dir ? 'directory' : file] = outcome(() => {
          const input = lib.openFile(file)
          const said = [input.length() === fs.statSync(file).size, input.mapped, input.mapFailure?.errno ?? 0]
          input.close()
          return said
        })
        if (file.startsWith('/sys')) results.strict = outcome(() => lib.openFile(file, { fallback: false }))
      }
      say(results)`)
      expect(all).toEqual({
        '/proc/self/status': [true, true, 0],
        '/proc/version': [true, true, 0],
        '/sys/kernel/mm/transparent_hugepage/enabled': [true, false, -19],
        strict: 'MapFailedError ERR_MAP_FAILED',
        '/dev/null': 'NotAFileError ERR_NOT_A_FILE',
        '/dev/zero': 'NotAFileError ERR_NOT_A_FILE',
        directory: 'NotAFileError EISDIR',
      })
    },
  )

  // Windows maps no more than there is: see test/windows.
  it.skipIf(WINDOWS)(
    'that a file has changed between stat and map is an error of what is missing',
    async () => {
      const all = await said(`
      const results = []
      for (const [length, then] of [[10_000, 20_000], [10_000, 4096], [10_000, 0], [0, 10_000], [0, 0]]) {
        const name = make(Buffer.alloc(length, 7))
        const { openMapping } = addon
        addon.openMapping = (...args) => {
          fs.truncateSync(join(dir, name), then)
          return openMapping(...args)
        }
        const input = open().openInput(name)
        addon.openMapping = openMapping
        results.push([
          input.length(),
          outcome(() => (input.seek(Math.max(0, length - 4)), input.readInt())),
          outcome(() => input.close()),
        ])
      }
      say(results)`)
      const end = 'EndOfFileError ERR_END_OF_FILE'
      const fault = 'FileFaultError ERR_FILE_FAULT'
      expect(all).toEqual([
        [10_000, 0x07070707, 'no error'],
        [10_000, fault, 'no error'],
        [10_000, fault, 'no error'],
        [0, end, 'no error'],
        [0, end, 'no error'],
      ])
    },
  )

  it('of engines that refuse buffers over mapped memory is an error, or the file is read', async () => {
    const all = await said(`
      const name = make(Buffer.alloc(10_000, 7))
      Object.defineProperty(addon, 'externalBuffersAllowed', { value: false })
      const input = open().openInput(name)
      say([
        input.mapped, input.readByte(), /does not allow/.test(input.mapFailure.message),
        outcome(() => open({ fallback: false }).openInput(name)), lib.openDirectory(dir).constructor.name,
        outcome(() => input.view(0, 5, { copy: 'never' })), input.view(0, 5)[4],
      ])`)
    const refused = ['MapFailedError ERR_MAP_FAILED', 'FSDirectory', 'TypeError ERR_INVALID_ARG_VALUE']
    expect(all).toEqual([false, 7, true, ...refused, 7])
  })
})

describe.each(THREADS)('what happens to files can be watched, %s, %s', (node, thread) => {
  const WATCHED = `
    const { subscribe } = require('node:diagnostics_channel')
    const events = []
    for (const what of ['open', 'map', 'unmap', 'fallback', 'fault']) {
      subscribe('mmap-directory:' + what, ({ path, length, address, error }) =>
        events.push([what, path.slice(dir.length + 1).replace(/\\d+-/, ''), length, /^0x[0-9a-f]+$/.test(address), error?.code ?? '']))
    }
    const lost = make(Buffer.alloc(10_000, 7))
    const directory = lib.MMapDirectory.open(dir)
    const input = directory.openInput(lost)
    input.readByte()
    const during = [directory.stats(), lib.mappingStats()]
    fs.truncateSync(join(dir, lost), 0)
    input.seek(5000)
    outcome(() => input.readByte())
    outcome(() => input.readByte())
    input.close()
    lib.setMappingLimit(0)
    const read = directory.openInput(make(Buffer.alloc(5, 7)))
    read.close()
    const after = [directory.stats(), lib.mappingStats()]
  `

  it.skipIf(!CUTTABLE)('on channels and by counts', async () => {
    const all = await survives(`${WATCHED}; say({ events, during, after })`, {
      args: [path],
      node,
      thread,
      env: { NODE_NO_WARNINGS: '1' },
    })
    const stats = { windows: 0, faults: 0, unclosed: 0, leftBehind: 0, pins: 0, fallbacks: 0, limit: 49152 }
    expect(all).toEqual({
      events: [
        ['open', 'file0', 10_000, false, ''],
        ['map', 'file0', 10_000, true, ''],
        ['fault', 'file0', 10_000, true, 'ERR_FILE_FAULT'],
        ['unmap', 'file0', 10_000, true, ''],
        ['open', 'file1', 5, false, ''],
        ['fallback', 'file1', 5, false, 'ERR_MAP_FAILED'],
      ],
      during: [
        { mapped: 1, mappedBytes: 10_000, fallbacks: 0 },
        { ...stats, mappings: 1, bytes: 10_000, windows: 1 },
      ],
      after: [
        { mapped: 0, mappedBytes: 0, fallbacks: 1 },
        expect.objectContaining({ windows: 0, faults: 1, unclosed: 0, fallbacks: 1, limit: 0 }) as object,
      ],
    })
  })

  it.skipIf(!CUTTABLE)('by lines where NODE_DEBUG asks for them', async () => {
    const { code, stderr } = await runScript(WATCHED, {
      args: [path],
      node,
      thread,
      env: { NODE_DEBUG: 'mmap-directory', NODE_NO_WARNINGS: '1' },
    })
    const lines = stderr.split('\n').filter((line) => line.startsWith('MMAP-DIRECTORY'))
    const place = `${join(path, 'file').replaceAll('\\', '\\\\')}\\d+-\\d`
    expect(code).toBe(0)
    expect(lines).toHaveLength(6)
    expect(lines[1]).toMatch(new RegExp(`map ${place}: 10000 bytes at 0x[0-9a-f]+$`))
    expect(lines[2]).toMatch(new RegExp(`fault ${place}: 10000 bytes at 0x[0-9a-f]+: A page`))
    expect(lines[5]).toMatch(new RegExp(`fallback ${place}: 5 bytes: Map failed`))
  })

  it('by the number of inputs that nobody closed', async () => {
    const all = await survives(
      `
      const drop = () => {
        const directory = lib.MMapDirectory.open(dir)
        const name = make(Buffer.alloc(10_000, 7))
        for (let i = 0; i < 7; i++) directory.openInput(name).readByte()
        for (let i = 0; i < 3; i++) directory.openInput(name).close()
      }
      const run = async () => {
        drop()
        await collected(() => lib.mappingStats().mappings === 0)
        say([lib.mappingStats().unclosed, lib.mappingStats().windows, lib.mappingStats().bytes])
      }
      run().catch(fail)`,
      { args: [path], node, thread, nodeOptions: ['--expose-gc'] },
    )
    expect(all).toEqual([7, 0, 0])
  })

  it.skipIf(!CUTTABLE)('by listeners that use what they hear of', async () => {
    const all = await survives(
      `
      const { subscribe } = require('node:diagnostics_channel')
      const directory = lib.MMapDirectory.open(dir)
      const name = make(Buffer.alloc(10_000, 7))
      let input
      const heard = []
      for (const what of ['map', 'unmap', 'fault']) {
        subscribe('mmap-directory:' + what, () => {
          if (heard.length > 20) return
          heard.push(what + ' ' + outcome(() => input?.checkFault()))
        })
      }
      input = directory.openInput(name)
      fs.truncateSync(join(dir, name), 0)
      const said = outcome(() => input.readByte())
      say([said, outcome(() => input.close()), heard])`,
      { args: [path], node, thread },
    )
    const fault = 'FileFaultError ERR_FILE_FAULT'
    expect(all).toEqual([
      fault,
      'no error',
      ['map no error', `fault ${fault}`, 'unmap AlreadyClosedError ERR_ALREADY_CLOSED'],
    ])
  })
})
