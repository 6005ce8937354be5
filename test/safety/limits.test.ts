import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { runs } from '../support/programs.js'
import { survives } from '../support/safety.js'
import { WINDOWS } from '../support/systems.js'
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
    'on descriptors that keeps the native part from being loaded does so only as long as it lasts',
    async () => {
      const all = await said(
        `
      const name = make(Buffer.alloc(10_000, 7))
      const held = []
      try {
        for (;;) held.push(fs.openSync('/dev/null'))
      } catch {}
      fs.closeSync(held.pop())
      const read = open().openInput(name)
      const { message, hints } = read.mapFailure
      const found = [read.mapped, read.readByte(), /EMFILE/.test(message), /may, 100:/.test(hints)]
      read.close()
      for (const fd of held) fs.closeSync(fd)
      say([...found, open().openInput(name).mapped])`,
        ['prlimit', '--nofile=100'],
      )
      expect(all).toEqual([false, 7, true, true, true])
    },
  )

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
