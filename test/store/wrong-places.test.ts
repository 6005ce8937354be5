import { describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  type Directory,
  FSDirectory,
  type IndexInput,
  MMapDirectory,
  type RandomAccessInput,
} from '../../src/index.js'
import { windowPower } from '../../src/store/window-power.js'
import { pattern, write } from '../support/files.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const LENGTH = 100
const bytes = pattern(LENGTH)

const DIRECTORIES: Readonly<Record<string, (path: string) => Directory>> = {
  'MMapDirectory, windows of 2^4': (path) => MMapDirectory.open(path, { [windowPower]: 4 } as object),
  MMapDirectory: (path) => MMapDirectory.open(path),
  FSDirectory: (path) => FSDirectory.open(path),
  ByteBuffersDirectory: () => new ByteBuffersDirectory(),
}

const RANDOM: Readonly<Record<string, [number, (input: RandomAccessInput, position: number) => unknown]>> = {
  readByte: [1, (input, position) => input.readByte(position)],
  readShort: [2, (input, position) => input.readShort(position)],
  readInt: [4, (input, position) => input.readInt(position)],
  readLong: [8, (input, position) => input.readLong(position)],
  readSafeLong: [8, (input, position) => input.readSafeLong(position)],
  readFloat: [4, (input, position) => input.readFloat(position)],
  readDouble: [8, (input, position) => input.readDouble(position)],
  readBytes: [3, (input, position) => input.readBytes(position, new Uint8Array(3))],
}

const wrong = (value: unknown): never => value as never

function codeOf(attempt: () => unknown): unknown {
  try {
    attempt()
    return 'no error'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe.each(Object.keys(DIRECTORIES))('%s', (name) => {
  function withInput(test: (input: IndexInput) => void): void {
    const path = temporaryDirectory()
    const directory = DIRECTORIES[name]!(path)
    write(directory, 'file', bytes)
    const input = directory.openInput('file')
    try {
      test(input)
    } finally {
      input.close()
      removeDirectory(path)
    }
  }

  it.each(Object.keys(RANDOM))('%s refuses places that are none, wherever its window is', (method) => {
    const [size, read] = RANDOM[method]!
    withInput((input) => {
      const random = input.randomAccessSlice(10, 80)
      for (const warm of [undefined, 0, 40, 80 - size]) {
        const given = [
          -1,
          -0.5,
          0.5,
          20.5,
          NaN,
          Infinity,
          -(2 ** 32),
          2 ** 32,
          2 ** 53,
          81 - size,
          80,
          '5',
          undefined,
        ]
        const expected = given.map((place) => {
          if (typeof place !== 'number') return 'ERR_INVALID_ARG_TYPE'
          return Number.isSafeInteger(place) && place >= 0 ? 'ERR_END_OF_FILE' : 'ERR_OUT_OF_RANGE'
        })
        const found = given.map((place) => {
          if (warm !== undefined) random.readByte(warm)
          return codeOf(() => read(random, wrong(place)))
        })
        expect([warm, found]).toEqual([warm, expected])
      }
    })
  })

  it('refuses to go where there is nothing, and stays', () => {
    withInput((input) => {
      for (const from of [0, 5, 50, LENGTH]) {
        const attempts: [() => void, string][] = [
          [() => input.seek(-1), 'ERR_OUT_OF_RANGE'],
          [() => input.seek(0.5), 'ERR_OUT_OF_RANGE'],
          [() => input.seek(NaN), 'ERR_OUT_OF_RANGE'],
          [() => input.seek(-(2 ** 32)), 'ERR_OUT_OF_RANGE'],
          [() => input.seek(LENGTH + 1), 'ERR_END_OF_FILE'],
          [() => input.seek(2 ** 32), 'ERR_END_OF_FILE'],
          [() => input.seek(wrong('5')), 'ERR_INVALID_ARG_TYPE'],
          [() => input.skipBytes(-1), 'ERR_OUT_OF_RANGE'],
          [() => input.skipBytes(0.5), 'ERR_OUT_OF_RANGE'],
          [() => input.skipBytes(LENGTH - from + 1), 'ERR_END_OF_FILE'],
          [() => input.skipBytes(2 ** 32), 'ERR_END_OF_FILE'],
          [() => input.skipBytes(wrong('5')), 'ERR_INVALID_ARG_TYPE'],
          [() => input.readBytes(wrong([])), 'ERR_INVALID_ARG_TYPE'],
          [() => input.readBytes(new Uint8Array(5), 6), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), -1), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), 0.5), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), 1, 5), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), 0, -1), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), 0, 0.5), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), wrong('1')), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(5), 1, wrong('1')), 'ERR_OUT_OF_RANGE'],
          [() => input.readBytes(new Uint8Array(LENGTH - from + 1)), 'ERR_END_OF_FILE'],
          [() => input.slice('part', 1, LENGTH), 'ERR_OUT_OF_RANGE'],
          [() => input.slice('part', -1, 1), 'ERR_OUT_OF_RANGE'],
          [() => input.slice('part', 1, -1), 'ERR_OUT_OF_RANGE'],
          [() => input.slice('part', 0.5, 1), 'ERR_OUT_OF_RANGE'],
          [() => input.slice('part', 1, 0.5), 'ERR_OUT_OF_RANGE'],
          [() => input.slice('part', wrong('1'), 1), 'ERR_INVALID_ARG_TYPE'],
          [() => input.slice('part', 1, wrong('1')), 'ERR_INVALID_ARG_TYPE'],
          [() => input.slice(wrong(1), 1, 1), 'ERR_INVALID_ARG_TYPE'],
          [() => input.randomAccessSlice(LENGTH, 1), 'ERR_OUT_OF_RANGE'],
          [() => input.view(LENGTH, 1), 'ERR_OUT_OF_RANGE'],
          [() => input.prefetch(LENGTH, 1), 'ERR_OUT_OF_RANGE'],
        ]
        for (const warm of [true, false]) {
          input.seek(from)
          if (warm && from < LENGTH) input.readByte()
          const at = input.getFilePointer()
          if (warm && from < LENGTH) input.seek(from)
          expect(attempts.map(([attempt]) => codeOf(attempt))).toEqual(attempts.map(([, code]) => code))
          expect(input.getFilePointer()).toBe(from)
          expect(at - from).toBeLessThanOrEqual(1)
        }
      }
      // What is right, and on the edge of it.
      input.seek(LENGTH)
      input.skipBytes(0)
      input.readBytes(new Uint8Array(5), 5)
      input.readBytes(new Uint8Array(5), 0, 0)
      expect(input.slice('empty', LENGTH, 0).length()).toBe(0)
      expect(input.getFilePointer()).toBe(LENGTH)
    })
  })
})
