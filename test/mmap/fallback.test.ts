import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NODES, runScript } from '../support/child.js'
import { runs } from '../support/programs.js'
import { sparseFile } from '../support/sparse-file.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const GIB = 2 ** 30
const LIMITABLE = process.platform === 'linux' && runs('prlimit', '--version')

let path = ''

beforeAll(() => {
  path = temporaryDirectory()
  const mark = Buffer.from('marked')
  sparseFile(join(path, 'big'), 9 * GIB, new Map([[5 * GIB - 3, mark]]))
  sparseFile(join(path, 'big2'), 9 * GIB, new Map([[5 * GIB - 3, mark]]))
  sparseFile(join(path, 'small'), 10_000, new Map([[5_000, mark]]))
})

afterAll(() => {
  removeDirectory(path)
})

/** Limits the process's addresses to what it has now and half a GiB more. */
const LIMITED = `
const used = Number(readFileSync('/proc/self/status', 'latin1').match(/VmSize:\\s+(\\d+) kB/)[1]) * 1024
const limit = used + 2 ** 29
require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + limit])
const path = process.argv[1]
const warnings = []
process.on('warning', (warning) => warnings.push({ name: warning.name, code: warning.code, message: warning.message }))
const say = (value) => setImmediate(() => setImmediate(() => console.log(JSON.stringify({ limit, warnings, ...value }))))
`

describe.skipIf(!LIMITABLE).each(NODES)(
  'where addresses are limited (needs Linux and prlimit), %s',
  (node) => {
    const said = async (script: string): Promise<Record<string, unknown>> => {
      const { code, signal, stdout, stderr } = await runScript(LIMITED + script, { args: [path], node })
      expect({ code, signal, stderr: stdout === '' ? stderr : '' }).toEqual({
        code: 0,
        signal: null,
        stderr: '',
      })
      return JSON.parse(stdout) as Record<string, unknown>
    }

    it('files are read instead of mapped, with one warning for a directory', async () => {
      const result = await said(`
      const directory = lib.MMapDirectory.open(path)
      const inputs = ['big', 'big2', 'small', 'big'].map((name) => directory.openInput(name))
      const texts = inputs.map((input) => {
        const target = Buffer.alloc(6)
        input.seek(input.length() > 10000 ? 5 * 2 ** 30 - 3 : 5000)
        input.readBytes(target)
        return target.toString()
      })
      const { mapFailure } = inputs[0]
      say({
        texts,
        mapped: inputs.map((input) => input.mapped),
        failures: inputs.map((input) => input.mapFailure?.code),
        hints: mapFailure.hints,
        message: mapFailure.message,
        errno: mapFailure.errno,
        clone: inputs[0].clone().mapped,
        described: inputs[0].toString(),
        view: Buffer.from(inputs[0].view(5 * 2 ** 30 - 3, 6)).toString(),
      })`)
      expect(result).toMatchObject({
        texts: ['marked', 'marked', 'marked', 'marked'],
        mapped: [false, false, true, false],
        failures: ['ERR_MAP_FAILED', 'ERR_MAP_FAILED', undefined, 'ERR_MAP_FAILED'].map(
          (code) => code ?? null,
        ),
        errno: -12,
        clone: false,
        view: 'marked',
        warnings: [{ name: 'MapFailedWarning', code: 'ERR_MAP_FAILED' }],
      })
      expect(result['described']).toContain('not mapped')
      const hints = (result['hints'] as string[]).join('\n')
      expect(hints).toMatch(
        new RegExp(`address space is limited to .*\\(${String(result['limit'])} bytes\\)`),
      )
      expect(hints).toMatch(/ulimit -v/)
      expect(hints).toMatch(/the process has \d+ mappings, and vm\.max_map_count allows \d+/)
      expect(result['message']).toContain(String(9 * GIB))
      expect(result['message']).toMatch(/ENOMEM.*2\^34/s)
    })

    it('each directory warns for itself', async () => {
      const result = await said(`
      for (let i = 0; i < 3; i++) {
        const directory = lib.MMapDirectory.open(path)
        directory.openInput('big').close()
        directory.openInput('big').close()
      }
      say({})`)
      expect(result['warnings']).toHaveLength(3)
    })

    it('that is an error where falling back is not wanted', async () => {
      const result = await said(`
      const directory = lib.MMapDirectory.open(path, { fallback: false })
      const errors = ['big', 'missing'].map((name) => {
        try {
          directory.openInput(name)
        } catch (error) {
          return { name: error.name, code: error.code, hints: error.hints, path: error.path, errno: error.errno }
        }
      })
      say({ errors, small: directory.openInput('small').mapped })`)
      expect(result['errors']).toMatchObject([
        { name: 'MapFailedError', code: 'ERR_MAP_FAILED', errno: -12, path: join(path, 'big') },
        { name: 'FileNotFoundError', code: 'ENOENT' },
      ])
      const [{ hints }] = result['errors'] as [{ hints: string[] }]
      expect(hints.join('\n')).toContain(String(result['limit']))
      expect(result).toMatchObject({ small: true, warnings: [] })
    })

    it('options count for files that are read, too', async () => {
      const result = await said(`
      const directory = lib.MMapDirectory.open(path, { readAdvice: () => 'sequential' })
      const input = directory.openInput('big')
      const before = input.advice
      input.updateIOContext(lib.IOContext.READ)
      say({ mapped: input.mapped, before, after: input.advice })`)
      expect(result).toMatchObject({ mapped: false, before: 'sequential', after: 'sequential' })
    })

    it('a view that cannot be mapped is copied, or refused where copying is forbidden', async () => {
      const result = await said(`
      const input = lib.MMapDirectory.open(path).openInput('small')
      const addon = require(dist + '/native.js').nativeAddon()
      addon.setMappingLimit(addon.mappingTotals().mappings)
      const refused = (() => {
        try {
          input.view(5000, 6, { copy: 'never' })
        } catch (error) {
          return error.code
        }
      })()
      say({ refused, copied: Buffer.from(input.view(5000, 6)).toString() })`)
      expect(result).toMatchObject({ refused: 'ERR_MAP_FAILED', copied: 'marked' })
    })
  },
)
