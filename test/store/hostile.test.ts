import { afterAll, describe, expect, it } from 'vitest'

import { CorruptIndexError, EndOfFileError, FSDirectory, MMapDirectory } from '../../src/index.js'
import { ByteBuffersDirectory, type FSDirectoryOptions, openDirectory, openFile } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { inputOf } from '../support/files.js'
import { type Attempts, each, errorsOf } from '../support/outcomes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const TWO_GIB = [0xff, 0xff, 0xff, 0xff, 0x07] // 2^31 − 1 as a vInt
const MINUS_ONE = [0xff, 0xff, 0xff, 0xff, 0x0f]

/** What the process has taken for arrays outside the heap while `action` ran. */
function taken(action: () => void): number {
  const before = process.memoryUsage().arrayBuffers
  action()
  return process.memoryUsage().arrayBuffers - before
}

describeEachDirectory((open, kind) => {
  const input = (...bytes: number[]): ReturnType<typeof inputOf> => inputOf(open(), Uint8Array.from(bytes))

  it.each(['readString', 'readMapOfStrings', 'readSetOfStrings'] as const)(
    'takes no memory for a length that is not there: %s',
    (method) => {
      const hostile = input(...TWO_GIB, 1, 2, 3)
      const bytes = taken(() => {
        expect(() => hostile[method]()).toThrow(EndOfFileError)
      })
      expect(bytes).toBeLessThan(2 ** 20)
      expect(hostile.getFilePointer()).toBe(0)
      hostile.close()
    },
  )

  it('takes no memory for a string within a map', () => {
    const hostile = input(1, ...TWO_GIB, 1, 2, 3)
    const bytes = taken(() => {
      expect(() => hostile.readMapOfStrings()).toThrow(EndOfFileError)
    })
    expect(bytes).toBeLessThan(2 ** 20)
    expect(hostile.getFilePointer()).toBe(0)
    hostile.close()
  })

  it('finds a map too long that has not two bytes for each entry', () => {
    const hostile = input(4, 0, 0, 0, 0, 0, 0, 0)
    expect(() => hostile.readMapOfStrings()).toThrow(EndOfFileError)
    expect(hostile.getFilePointer()).toBe(0)
    hostile.close()
  })

  it.each(['readString', 'readMapOfStrings', 'readSetOfStrings'] as const)(
    'takes a negative length for damage: %s',
    (method) => {
      const hostile = input(...MINUS_ONE, 1, 2, 3)
      expect(() => hostile[method]()).toThrow(CorruptIndexError)
      expect(hostile.getFilePointer()).toBe(0)
      hostile.close()
    },
  )

  it('reads a string that ends with the file, and none that ends one byte later', () => {
    const exact = inputOf(open(), Uint8Array.of(3, 97, 98, 99))
    expect(exact.readString()).toBe('abc')
    exact.close()
    const short = input(4, 97, 98, 99)
    expect(() => short.readString()).toThrow(EndOfFileError)
    const slice = inputOf(open(), Uint8Array.of(3, 97, 98, 99)).slice('slice', 0, 3)
    expect(() => slice.readString()).toThrow(EndOfFileError)
    expect(slice.getFilePointer()).toBe(0)
    short.close()
  })

  it('puts U+FFFD for what is no UTF-8, and keeps a byte order mark', () => {
    const odd = input(8, 0xef, 0xbb, 0xbf, 0x61, 0xff, 0xc3, 0x28, 0xed)
    expect(odd.readString()).toBe('\ufeffa\ufffd\ufffd(\ufffd')
    odd.close()
  })

  it('stops after five bytes of an int and ten of a long', () => {
    const endless = input(...Array.from({ length: 20 }, () => 0xff))
    expect(endless.readVInt()).toBe(-1)
    expect(endless.getFilePointer()).toBe(5)
    endless.seek(0)
    expect(endless.readVLong()).toBe(-1n)
    expect(endless.getFilePointer()).toBe(10)
    expect(endless.readSafeVLong()).toBe(-1)
    expect(endless.getFilePointer()).toBe(20)
    endless.close()
  })

  it('refuses targets of the wrong kind', async () => {
    const one = input(1, 2, 3, 4, 5, 6, 7, 8)
    const random = one.randomAccessSlice(0, 8)
    const attempts: Attempts = {
      'an array': () => one.readBytes([1] as unknown as Uint8Array),
      'an Int8Array': () => one.readBytes(new Int8Array(1) as unknown as Uint8Array),
      'a clamped array': () => one.readBytes(new Uint8ClampedArray(1) as unknown as Uint8Array),
      'an ArrayBuffer': () => one.readBytes(new ArrayBuffer(1) as unknown as Uint8Array),
      'an Uint32Array': () => one.readInts(new Uint32Array(1) as unknown as Int32Array),
      'a BigUint64Array': () => one.readLongs(new BigUint64Array(1) as unknown as BigInt64Array),
      'a Float64Array': () => one.readFloats(new Float64Array(1) as unknown as Float32Array),
      'bytes for ints': () => one.readGroupVInts(new Uint8Array(4) as unknown as Int32Array, 4),
      'a random target': () => random.readBytes(0, 'text' as unknown as Uint8Array),
      'a look-alike': () =>
        one.readBytes({ length: 1, [Symbol.toStringTag]: 'Uint8Array' } as unknown as Uint8Array),
    }
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'TypeError'))
    expect(one.getFilePointer()).toBe(0)
    one.close()
  })

  it.skipIf(kind.filtersBytes)(
    'hands its own memory to nobody: not to a subclass, not to a patched prototype',
    () => {
      const bytes = Uint8Array.from({ length: 6_000 }, (_, i) => i)
      const one = inputOf(open(), bytes)
      const seen: unknown[] = []
      class Evil extends Uint8Array {
        static get [Symbol.species](): Uint8ArrayConstructor {
          seen.push('species')
          return Uint8Array
        }
        override set(source: ArrayLike<number>): void {
          seen.push(source)
        }
        override subarray(): Uint8Array<ArrayBuffer> {
          seen.push('subarray')
          return new Uint8Array(1)
        }
      }
      const target = new Evil(5_000)
      one.readBytes(target)
      one.randomAccessSlice(0, 6_000).readBytes(1, target, 1, 4_000)
      const { prototype } = DataView
      const original = Object.getOwnPropertyDescriptor(prototype, 'getInt32')!
      let value: number
      try {
        Object.defineProperty(prototype, 'getInt32', {
          ...original,
          value: function (this: DataView) {
            seen.push(this)
            return 0
          },
        })
        one.seek(4)
        value = one.readInt()
      } finally {
        Object.defineProperty(prototype, 'getInt32', original)
      }
      expect(seen).toEqual([])
      expect(value).toBe(0x07060504)
      expect(target[4_000]).toBe(4_000 & 0xff)
      one.close()
    },
  )
})

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
