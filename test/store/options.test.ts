import { afterAll, describe, expect, it } from 'vitest'

import { ByteBuffersDirectory, FSDirectory, type FSDirectoryOptions, MMapDirectory } from '../../src/index.js'
import { openDirectory, openFile } from '../../src/index.js'
import { type Attempts, each, errorsOf } from '../support/outcomes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

describe('options', () => {
  const path = temporaryDirectory()

  afterAll(() => {
    removeDirectory(path)
  })

  it.each([
    ['MMapDirectory', () => MMapDirectory.open(path, { chunkpower: 20 } as object), 'chunkPower'],
    ['MMapDirectory', () => MMapDirectory.open(path, { preLoad: true } as object), 'preload'],
    ['MMapDirectory', () => MMapDirectory.open(path, { readAdvise: () => {} } as object), 'readAdvice'],
    ['MMapDirectory', () => MMapDirectory.open(path, { falback: false } as object), 'fallback'],
    ['FSDirectory', () => FSDirectory.open(path, { lockfactory: null } as object), 'lockFactory'],
    ['FSDirectory', () => FSDirectory.open(path, { Create: true } as object), 'create'],
    ['openDirectory', () => openDirectory(path, { chunkPowr: 20 } as object), 'chunkPower'],
    ['openFile', () => openFile(path, { Context: null } as object), 'context'],
    ['ByteBuffersDirectory', () => new ByteBuffersDirectory({ lockFactry: null } as object), 'lockFactory'],
  ])('of %s that are misspelt are refused with the right spelling', (_, attempt, spelling) => {
    expect(attempt).toThrow(TypeError)
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining(`'${spelling}'`),
      }),
    )
  })

  it('that do not exist are refused with those that do', () => {
    expect(() => FSDirectory.open(path, { preload: true } as object)).toThrow(/no option 'preload'.*create/)
    expect(() => FSDirectory.open(path, null as unknown as FSDirectoryOptions)).toThrow(TypeError)
    expect(() => MMapDirectory.open(path, 'x' as unknown as object)).toThrow(TypeError)
  })

  it.each([19, 41, 0, -1, 20.5, NaN, '20', null, 2n])('refuse the chunk power %s', (chunkPower) => {
    expect(() => MMapDirectory.open(path, { chunkPower: chunkPower as number })).toThrow(RangeError)
    expect(() => openDirectory(path, { chunkPower: chunkPower as number })).toThrow(RangeError)
    expect(() => openFile('no such file', { chunkPower: chunkPower as number })).toThrow(RangeError)
  })

  it.each([20, 21, 30, 34, 40])('take the chunk power %d', (chunkPower) => {
    const directory = MMapDirectory.open(path, { chunkPower })
    expect(directory.listAll()).toEqual([])
    directory.close()
  })

  it('refuse what is not of their type', async () => {
    const attempts: Attempts = {
      preload: () => MMapDirectory.open(path, { preload: 1 as unknown as boolean }),
      readAdvice: () => MMapDirectory.open(path, { readAdvice: 'random' as never }),
      fallback: () => MMapDirectory.open(path, { fallback: 'no' as unknown as boolean }),
      lockFactory: () => FSDirectory.open(path, { lockFactory: {} as never }),
      create: () => FSDirectory.open(path, { create: 'yes' as unknown as boolean }),
      path: () => FSDirectory.open(undefined as unknown as string),
      'path of openFile': () => openFile(7 as unknown as string),
      'context of openFile': () => openFile(path, { context: {} as never }),
      'lockFactory in memory': () => new ByteBuffersDirectory({ lockFactory: {} as never }),
    }
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'TypeError'))
  })
})
