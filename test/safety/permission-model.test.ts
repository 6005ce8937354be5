import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { DIST, NODES, run } from '../support/child.js'
import { temporaryDirectory } from '../support/temporary.js'

const ROOT = join(DIST, '..')

/** Every way into a directory, by name. Each may throw, or return a Promise. */
const WAYS = `{
  listAll: (path) => lib.MMapDirectory.open(path).listAll(),
  openInput: (path) => lib.MMapDirectory.open(path).openInput('file').readByte(),
  read: (path) => lib.FSDirectory.open(path).openInput('file').readByte(),
  openDirectory: (path) => lib.openDirectory(path).openInput('file').readByte(),
  openFile: (path) => lib.openFile(path + '/file').readByte(),
  fileLength: (path) => lib.FSDirectory.open(path).fileLength('file'),
  createOutput: (path) => lib.FSDirectory.open(path).createOutput('new').close(),
  createTempOutput: (path) => lib.FSDirectory.open(path).createTempOutput('a', 'b').close(),
  create: (path) => lib.FSDirectory.open(path + '/more', { create: true }),
  rename: (path) => lib.FSDirectory.open(path).rename('new', 'newer'),
  copyFrom: (path) => {
    const source = new lib.ByteBuffersDirectory()
    source.createOutput('file').close()
    lib.FSDirectory.open(path).copyFrom(source, 'file', 'copied')
  },
  hardLink: (path) => {
    const directory = lib.FSDirectory.open(path)
    new lib.HardlinkCopyDirectoryWrapper(directory).copyFrom(directory, 'file', 'linked')
  },
  deleteFile: (path) => lib.FSDirectory.open(path).deleteFile('file'),
  simpleLock: (path) =>
    lib.FSDirectory.open(path, { lockFactory: lib.SimpleFSLockFactory.INSTANCE }).obtainLock('simple.lock').close(),
  nativeLock: (path) => lib.FSDirectory.open(path).obtainLock('write.lock').close(),
  sync: (path) => lib.FSDirectory.open(path).sync(['new', 'newer', 'file']),
  syncMetaData: (path) => lib.FSDirectory.open(path).syncMetaData(),
}`

const MUTATING = /create|rename|copy|hardLink|delete|Lock|sync$/i

describe.each(NODES)("Node's permission model, %s", (node) => {
  let allowed: string
  let readable: string
  let denied: string

  beforeEach(() => {
    const folder = temporaryDirectory()
    for (const name of ['allowed', 'readable', 'denied']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'file'), name)
    }
    allowed = join(folder, 'allowed')
    readable = join(folder, 'readable')
    denied = join(folder, 'denied')
  })

  /** What a script says that may read the package, and read and write as the folders' names say. */
  async function said(source: string, ...options: string[]) {
    const script = join(temporaryDirectory(), 'script.cjs')
    writeFileSync(
      script,
      `const lib = require(${JSON.stringify(join(DIST, 'index.js'))})
      const ways = ${WAYS}
      const outcomes = async (path) => {
        const found = {}
        for (const [name, way] of Object.entries(ways)) {
          try {
            found[name] = String(await way(path))
          } catch (error) {
            found[name] = (error.cause?.code ?? error.code) + ': ' + error.message
          }
        }
        return found
      }
      const [, , allowed, readable, denied] = process.argv
      const say = (value) => console.log(JSON.stringify(value))
      ;(async () => { ${source} })()`,
    )
    const model = (await run(node, ['--version'])).stdout.startsWith('v20')
      ? '--experimental-permission'
      : '--permission'
    const reading = [join(ROOT, '*'), script, join(allowed, '*'), join(readable, '*')]
    const { stdout, stderr, code } = await run(node, [
      '--no-warnings',
      model,
      ...options,
      ...reading.map((path) => `--allow-fs-read=${path}`),
      `--allow-fs-write=${join(allowed, '*')}`,
      script,
      allowed,
      readable,
      denied,
    ])
    expect(`${code}${stderr}`).toBe('0')
    return JSON.parse(stdout)
  }

  describe.each([[['--allow-addons']], [[]]])('with %j', (addons) => {
    it('lets nothing into a directory that may not be read', async () => {
      const outcomes: Record<string, string> = await said('say(await outcomes(denied))', ...addons)
      for (const [way, outcome] of Object.entries(outcomes)) expect(`${way}: ${outcome}`).toContain('DENIED')
      expect(readdirSync(denied)).toEqual(['file'])
    })

    it('lets nothing be written where things may be read only', async () => {
      const outcomes: Record<string, string> = await said('say(await outcomes(readable))', ...addons)
      const mutating = Object.entries(outcomes).filter(([way]) => MUTATING.test(way))
      for (const [way, outcome] of mutating)
        expect(`${way}: ${outcome}`).toMatch(/DENIED|ENOENT|No lock without/)
      expect(outcomes).toMatchObject({ openInput: '114', read: '114', fileLength: '8', listAll: 'file' })
      expect(readdirSync(readable)).toEqual(['file'])
      expect(readFileSync(join(readable, 'file'), 'utf8')).toBe('readable')
    })

    it('works where reading and writing is allowed', async () => {
      const outcomes: Record<string, string> = await said('say(await outcomes(allowed))', ...addons)
      const { nativeLock, sync, syncMetaData, ...others } = outcomes
      for (const [way, outcome] of Object.entries(others))
        expect(`${way}: ${outcome}`).not.toMatch(/DENIED|E[A-Z]+:/)
      expect(readdirSync(allowed)).toContain('newer')
      // Node.js 26 lets nobody flush a file under the model.
      for (const outcome of [sync, syncMetaData])
        expect(outcome).toMatch(/^undefined$|ENOENT|cannot be made durable under it/)
      expect(nativeLock).toMatch(addons.length > 0 ? /^undefined$/ : /--allow-addons/)
    })
  })

  it('maps with --allow-addons, and reads without, saying why', async () => {
    const script = `
      const input = lib.MMapDirectory.open(allowed).openInput('file')
      say({ mapped: input.mapped, byte: input.readByte(), why: input.mapFailure?.message })`
    expect(await said(script, '--allow-addons')).toEqual({ mapped: true, byte: 97 })
    const { mapped, byte, why } = await said(script)
    expect({ mapped, byte }).toEqual({ mapped: false, byte: 97 })
    expect(why).toContain('see --allow-addons of Node.js')
  })
})
