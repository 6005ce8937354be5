import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { DIST, NODES, run, runScript, THREADS } from '../support/child.js'
import { refusedBuffers } from '../support/refused-buffers.js'
import { temporaryDirectory } from '../support/temporary.js'

const linux = process.platform === 'linux'

describe.skipIf(!linux)('where the engine refuses buffers, as in Electron (needs Linux)', () => {
  let env: NodeJS.ProcessEnv
  let path: string

  beforeAll(() => {
    env = refusedBuffers(temporaryDirectory())
  })

  beforeEach(() => {
    path = temporaryDirectory()
    writeFileSync(join(path, 'file'), 'a file of no great length')
  })

  describe.each(THREADS)('%s, %s', (node, thread) => {
    async function said(source: string) {
      const options = { node, thread, env, args: [path], nodeOptions: ['--no-warnings'] }
      const { stdout, stderr, code } = await runScript(
        `const path = process.argv[1]
        const say = (value) => console.log(JSON.stringify(value))
        const codeOf = (attempt) => { try { attempt() } catch (error) { return error.code } }
        ;(async () => { ${source} })()`,
        options,
      )
      expect(`${code}${stderr}`).toBe('0')
      return JSON.parse(stdout)
    }

    it('reads files instead, and says why', async () => {
      const found = await said(`
        const warnings = []
        process.on('warning', (warning) => warnings.push(warning.code))
        const directory = lib.MMapDirectory.open(path)
        const input = directory.openInput('file')
        const again = directory.openInput('file')
        const { mapped, mapFailure } = input
        setImmediate(() => say({
          mapped, code: mapFailure.code, why: mapFailure.message, text: Buffer.from(input.view(2, 4)).toString(),
          best: lib.openDirectory(path).constructor.name, one: lib.openFile(path + '/file').mapped,
          stats: directory.stats(), warnings,
        }))`)
      expect(found).toMatchObject({ mapped: false, code: 'ERR_MAP_FAILED', text: 'file', one: false })
      expect(found.why).toContain('this JavaScript engine does not allow buffers over mapped memory')
      expect(found.best).toBe('FSDirectory')
      expect(found.stats).toEqual({ mapped: 0, mappedBytes: 0, fallbacks: 2 })
    })

    it('throws where reading instead, or copying, is forbidden', async () => {
      const found = await said(`
        const strict = { fallback: false }
        const input = lib.MMapDirectory.open(path).openInput('file')
        say([
          codeOf(() => lib.MMapDirectory.open(path, strict).openInput('file')),
          codeOf(() => lib.openDirectory(path, strict).openInput('file')),
          codeOf(() => lib.openFile(path + '/file', strict)),
          codeOf(() => input.view(0, 4, { copy: 'never' })),
        ])`)
      expect(found).toEqual(['ERR_MAP_FAILED', 'ERR_MAP_FAILED', 'ERR_MAP_FAILED', 'ERR_INVALID_ARG_VALUE'])
    })

    it('has what needs native code but no such buffers: locks, sharing, loading, giving back, counting', async () => {
      const found = await said(`
        const directory = lib.MMapDirectory.open(path)
        const lock = directory.obtainLock('write.lock')
        lock.ensureValid()
        const held = codeOf(() => directory.obtainLock('write.lock'))
        lock.close()
        const input = directory.openInput('file', lib.IOContext.READ)
        input.prefetch(0, 4)
        await input.load()
        await directory.release()
        const shared = lib.attachInput(input.share())
        input.close()
        say({ held, text: shared.readByte(), after: codeOf(() => input.readByte()), totals: lib.mappingStats() })`)
      expect(found).toMatchObject({
        held: 'ERR_LOCK_OBTAIN_FAILED',
        text: 97,
        after: 'ERR_ALREADY_CLOSED',
        totals: { mappings: 0, bytes: 0, windows: 0, fallbacks: 1 },
      })
    })
  })

  it.each(NODES)('behaves as every directory does: %s', async (node) => {
    const folder = temporaryDirectory()
    mkdirSync(join(folder, 'data'))
    const script = join(folder, 'suite.cjs')
    writeFileSync(
      script,
      `const { MMapDirectory } = require(${JSON.stringify(join(DIST, 'index.js'))})
      const { runDirectorySuite } = require(${JSON.stringify(join(DIST, 'testing/index.js'))})
      runDirectorySuite({
        name: 'MMapDirectory without mappings',
        create: (path) => MMapDirectory.open(path),
        supports: { persistence: true, sharing: true, systemLocks: true },
      })`,
    )
    const { code, stdout } = await run(node, ['--no-warnings', '--test-reporter=tap', script], { env })
    expect(stdout.split('\n').filter((line) => /^\s*not ok/.test(line))).toEqual([])
    expect(code).toBe(0)
    expect(Number(/^# pass (\d+)/m.exec(stdout)?.[1])).toBeGreaterThan(200)
  })
})
