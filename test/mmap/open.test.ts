import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  FSDirectory,
  type IndexInput,
  mappingStats,
  MMapDirectory,
  NoLockFactory,
  openDirectory,
  openFile,
  setMappingLimit,
} from '../../src/index.js'
import { addon } from '../support/mappings.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
const inputs: IndexInput[] = []

beforeEach(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), 'a file of no great length')
  // Some warn once in a process, which a test cannot tell from not at all: see fallback.test.ts.
  replace(process, { emitWarning: () => {} })
})

afterEach(() => {
  for (const input of inputs.splice(0)) input.close()
  restoreReplaced()
  removeDirectory(path)
})

const OPENERS: [string, (options: object) => unknown][] = [
  ['openFile', (options) => inputs.push(openFile(join(path, 'file'), options))],
  ['MMapDirectory', (options) => MMapDirectory.open(path, options)],
  ['openDirectory', (options) => openDirectory(path, options)],
]

describe.each(OPENERS)('%s', (opener, open) => {
  const named = opener === 'openDirectory' ? 'MMapDirectory' : opener

  it.each([
    ['chunkPower', [19, 41, 20.5, Number.NaN, '20', null], 'RangeError', /a whole number from 20 to 40/],
    ['preload', [1, null, 'all'], 'TypeError', /a boolean or a function/],
    ['readAdvice', [null, 'random', true], 'TypeError', /a function/],
    ['hugePages', [1, null, 'always'], 'TypeError', /a boolean or a function/],
    ['fallback', [1, null, 'yes'], 'TypeError', /a boolean/],
  ])('says what its option %s has to be', (option, values, name, expected) => {
    for (const value of values) {
      const message = expect.stringMatching(
        new RegExp(`^${named} option ${option} must be ${expected.source}, got`),
      )
      expect(() => open({ [option]: value })).toThrow(expect.objectContaining({ name, message }))
    }
  })

  it.each([
    { chunkPower: 20, fallback: true },
    { chunkPower: 40, fallback: false },
    { preload: false, readAdvice: undefined, hugePages: () => false },
  ])('takes %o', (options) => {
    expect(() => open(options)).not.toThrow()
  })

  it('names the option that was probably meant, and itself', () => {
    expect(() => open({ chunkpower: 30 })).toThrow(
      `Misspelt option 'chunkpower' of ${named} should be 'chunkPower'`,
    )
  })
})

describe('openFile()', () => {
  it('takes a path, as text', () => {
    for (const value of [undefined, 5, Buffer.from(path), new URL('file:///file')]) {
      expect(() => openFile(value as never)).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          code: 'ERR_INVALID_ARG_TYPE',
          message: expect.stringMatching(/^path must be a string, got /),
        }),
      )
    }
  })

  it('refuses advice that is none, with what it was', () => {
    expect(() => openFile(join(path, 'file'), { readAdvice: () => 'fast' as never })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringMatching(/^readAdvice .*'normal', 'random', 'sequential'.* 'fast'$/),
      }),
    )
  })

  it('describes the input by its path', () => {
    const input = openFile(join(path, 'file'))
    inputs.push(input)
    expect(input.toString()).toContain(`openFile(path="${join(path, 'file')}"`)
  })
})

describe('openDirectory()', () => {
  it('maps where files can be mapped', () => {
    expect(openDirectory(path)).toBeInstanceOf(MMapDirectory)
    expect(() => openDirectory(join(path, 'missing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

describe('where the engine does not allow buffers over mapped memory', () => {
  beforeEach(() => {
    replace(addon, { externalBuffersAllowed: false })
  })

  it('a file is read, with the reason; or is an error, if it must be mapped', () => {
    const before = mappingStats().fallbacks
    const input = openFile(join(path, 'file'))
    inputs.push(input)
    expect(input.mapped).toBe(false)
    expect(input.mapFailure).toMatchObject({ code: 'ERR_MAP_FAILED', path: join(path, 'file') })
    expect(input.toString()).toContain('not mapped')
    expect(mappingStats().fallbacks).toBe(before + 1)
    const strict = { fallback: false }
    expect(() => openFile(join(path, 'file'), strict)).toThrow(
      expect.objectContaining({ name: 'MapFailedError', path: join(path, 'file') }),
    )
    expect(() => MMapDirectory.open(path, strict).openInput('file')).toThrow(
      expect.objectContaining({ name: 'MapFailedError' }),
    )
    expect(mappingStats().fallbacks).toBe(before + 1)
  })

  it('a file is loaded in the background all the same, if it is to be', async () => {
    const directory = MMapDirectory.open(path, { preload: true })
    inputs.push(directory.openInput('file'), openFile(join(path, 'file')))
    expect(inputs[0]!.mapped).toBe(false)
    expect(inputs[0]!.loaded).toBeInstanceOf(Promise)
    await inputs[0]!.loaded
    expect(inputs[1]!.loaded).toBeUndefined()
  })

  it('a directory counts what it reads, and maps what it can again', () => {
    const directory = MMapDirectory.open(path)
    inputs.push(directory.openInput('file'), directory.openInput('file'))
    expect(directory.stats()).toEqual({ mapped: 0, mappedBytes: 0, fallbacks: 2 })
    replace(addon, { externalBuffersAllowed: true })
    const mapped = directory.openInput('file')
    expect(directory.stats()).toEqual({ mapped: 1, mappedBytes: 25, fallbacks: 2 })
    mapped.close()
    expect(directory.stats()).toEqual({ mapped: 0, mappedBytes: 0, fallbacks: 2 })
  })

  it('warns once for a directory, with the code and what is done instead', () => {
    const warnings: unknown[] = []
    replace(process, { emitWarning: (...warning: unknown[]) => void warnings.push(warning) })
    const directory = MMapDirectory.open(path)
    inputs.push(directory.openInput('file'), directory.openInput('file'))
    expect(warnings).toEqual([
      [
        expect.stringMatching(/^Map failed: .*file: .*\. The file is read instead/),
        { type: 'MapFailedWarning', code: 'ERR_MAP_FAILED' },
      ],
    ])
  })

  it('openDirectory() reads, unless it must map', () => {
    expect(openDirectory(path).constructor).toBe(FSDirectory)
    expect(openDirectory(path, { fallback: true }).constructor).toBe(FSDirectory)
    expect(openDirectory(path, { fallback: false })).toBeInstanceOf(MMapDirectory)
  })

  it('openDirectory() makes the directory if it is to, and locks as it is told', () => {
    for (const options of [{}, { create: false }])
      expect(() => openDirectory(join(path, 'new'), options)).toThrow(
        expect.objectContaining({ code: 'ENOENT' }),
      )
    expect(existsSync(join(path, 'new'))).toBe(false)
    const directory = openDirectory(join(path, 'new'), { create: true, lockFactory: NoLockFactory.INSTANCE })
    directory.obtainLock('lock').close()
    expect(directory.listAll()).toEqual([])
    const locked = openDirectory(join(path, 'newer'), { create: true })
    locked.obtainLock('lock').close()
    expect(existsSync(join(path, 'newer', 'lock'))).toBe(true)
  })

  it('openDirectory() checks its options all the same', () => {
    expect(() => openDirectory(path, { chunkPower: 19 })).toThrow(/^openDirectory option chunkPower must be/)
    expect(() => openDirectory(path, { chunkpower: 20 } as never)).toThrow(
      "Misspelt option 'chunkpower' of openDirectory should be 'chunkPower'",
    )
    expect(() => openDirectory(path, null as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })
})

describe('setMappingLimit()', () => {
  const { limit } = mappingStats()

  afterEach(() => {
    setMappingLimit(limit)
  })

  it('decides how many files are mapped, and is told by mappingStats()', () => {
    setMappingLimit(mappingStats().mappings + 1)
    for (const mapped of [true, false]) {
      inputs.push(openFile(join(path, 'file')))
      expect(inputs.at(-1)!.mapped).toBe(mapped)
    }
    expect(mappingStats().limit).toBe(mappingStats().mappings)
    setMappingLimit(0)
    expect(mappingStats().limit).toBe(0)
  })

  it('takes a whole number', () => {
    for (const value of [-1, 0.5, Number.NaN, '5'])
      expect(() => setMappingLimit(value as number)).toThrow(/^limit must be a /)
    expect(mappingStats().limit).toBe(limit)
  })
})
