import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string

beforeAll(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), 'a file of no great length')
})

afterAll(() => {
  removeDirectory(path)
})

const WARNED = `
const warnings = []
process.emitWarning = (message, { type, code }) => warnings.push(type + ' ' + code)
const open = (options) => lib.MMapDirectory.open(dir, options)
`

describe.each(THREADS)('without the native part, %s, %s', (node, thread) => {
  const said = (script: string): Promise<unknown> =>
    survives(`${WARNED}${script}`, {
      args: [path],
      node,
      thread,
      env: { MMAP_DIRECTORY_NATIVE: join(path, 'missing.node') },
    })

  it('files are read, and say why, and what to do', async () => {
    const reason = {
      code: 'ERR_MAP_FAILED',
      path: join(path, 'file'),
      hints: [`MMAP_DIRECTORY_NATIVE names a file that cannot be loaded here: ${join(path, 'missing.node')}`],
      message: expect.stringMatching(
        // Windows names the file in another line.
        WINDOWS
          ? /the native part of mmap-directory could not be loaded: \S/
          : /the native part of mmap-directory could not be loaded: .*missing\.node/,
      ),
      cause: expect.stringContaining('missing.node'),
    }
    expect(
      await said(`
        const told = ({ code, path, hints, message, cause }) => ({ code, path, hints, message, cause: cause.message })
        const input = lib.openFile(join(dir, 'file'))
        const refused = (() => {
          try {
            open({ fallback: false }).openInput('file')
          } catch (error) {
            return told(error)
          }
        })()
        say([input.mapped, input.readByte(), told(input.mapFailure), refused])`),
    ).toEqual([false, 'a'.charCodeAt(0), reason, reason])
  })

  it('directories are read, with one warning for all that are opened the best way', async () => {
    expect(
      await said(`
        const directories = [1, 2].map(() => lib.openDirectory(dir))
        for (let i = 0; i < 2; i++) lib.openFile(join(dir, 'file')).close()
        say([directories.map((each) => each.constructor.name), warnings])`),
    ).toEqual([['FSDirectory', 'FSDirectory'], ['MapFailedWarning ERR_MAP_FAILED']])
  })

  it('directories that are to be mapped count what they read, and have nothing to release', async () => {
    expect(
      await said(`
        const run = async () => {
          const directory = open()
          const inputs = [1, 2].map(() => directory.openInput('file'))
          await directory.release({ how: 'drop' })
          say([lib.openDirectory(dir, { fallback: false }).constructor.name, directory.stats(), warnings])
        }
        run().catch(fail)`),
    ).toEqual([
      'MMapDirectory',
      { mapped: 0, mappedBytes: 0, fallbacks: 2 },
      ['MapFailedWarning ERR_MAP_FAILED'],
    ])
  })

  it('nothing is counted but what is read, and no limit is needed', async () => {
    const nothing = {
      mappings: 0,
      bytes: 0,
      windows: 0,
      limit: 0,
      faults: 0,
      unclosed: 0,
      leftBehind: 0,
      pins: 0,
    }
    expect(
      await said(`
        lib.openFile(join(dir, 'file')).close()
        const before = lib.mappingStats()
        lib.setMappingLimit(5)
        say([before, lib.mappingStats(), outcome(() => lib.setMappingLimit(-1))])`),
    ).toEqual([{ ...nothing, fallbacks: 1 }, { ...nothing, fallbacks: 1 }, 'RangeError ERR_OUT_OF_RANGE'])
  })

  it('what was shared by a mapping cannot be attached', async () => {
    const shared = {
      kind: 'mapping',
      description: 'shared',
      start: 0,
      length: 5,
      position: 0,
      source: {
        id: 1,
        key: 'key',
        path,
        chunkPower: 34,
        owner: { uid: 0, gid: 0, mode: 0 },
        advice: 'normal',
      },
    }
    expect(await said(`say(outcome(() => lib.attachInput({ shared: ${JSON.stringify(shared)} })))`)).toBe(
      'MapFailedError ERR_MAP_FAILED',
    )
  })

  it('a file is read until there is a descriptor for it, and mapped from then on', async () => {
    expect(
      await said(`
        const { openSync } = fs
        fs.openSync = (file, ...rest) => {
          if (file !== process.env.MMAP_DIRECTORY_NATIVE) return openSync(file, ...rest)
          delete process.env.MMAP_DIRECTORY_NATIVE // from now on it is that of the package
          throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
        }
        const inputs = [1, 2].map(() => open().openInput('file'))
        const { message, cause } = inputs[0].mapFailure
        say([inputs.map((input) => [input.mapped, input.readByte()]), /: EMFILE/.test(message), cause.code])`),
    ).toEqual([
      [
        [false, 'a'.charCodeAt(0)],
        [true, 'a'.charCodeAt(0)],
      ],
      true,
      'EMFILE',
    ])
  })
})
