import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { FSDirectory, type IndexInput, MMapDirectory } from '../../src/index.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { sparseFile } from '../support/sparse-file.js'

const GIB = 2 ** 30

/** A run of marked bytes lies around each of these; everything else is zero. */
const BOUNDARIES: Readonly<Record<string, readonly number[]>> = {
  'file-5': [2 ** 20, GIB, 2 ** 31, 3 * GIB, 2 ** 32, 2 ** 32 + 2 ** 20, 5 * GIB],
  'file-20': [2 ** 31, 2 ** 32, 9 * GIB, 2 ** 34, 2 ** 34 + 2 ** 20, 17 * GIB, 20 * GIB],
}

const RUN = 32 // bytes on each side of a boundary

function mark(boundary: number): Buffer {
  const bytes = Buffer.alloc(2 * RUN)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (boundary / 2 ** 20 + 7 * i + 1) % 251
  return bytes
}

/** The marked bytes around a boundary that lie in the file, and where they begin. */
function expectedAt(boundary: number, length: number): { start: number; bytes: Buffer } {
  const start = boundary - RUN
  return { start, bytes: mark(boundary).subarray(0, Math.min(2 * RUN, length - start)) }
}

let path = ''

beforeAll(() => {
  path = temporaryDirectory()
  for (const [name, boundaries] of Object.entries(BOUNDARIES)) {
    const length = boundaries.at(-1)!
    const marks = boundaries.map((boundary) => {
      const { start, bytes } = expectedAt(boundary, length)
      return [start, bytes] as const
    })
    sparseFile(join(path, name), length, new Map(marks))
  }
})

afterAll(() => {
  removeDirectory(path)
})

const CASES = [
  ['MMapDirectory', () => MMapDirectory.open(path)],
  ['MMapDirectory with chunks of 2^20', () => MMapDirectory.open(path, { chunkPower: 20 })],
  ['MMapDirectory with chunks of 2^30', () => MMapDirectory.open(path, { chunkPower: 30 })],
  ['MMapDirectory with chunks of 2^33', () => MMapDirectory.open(path, { chunkPower: 33 })],
  ['FSDirectory', () => FSDirectory.open(path)],
] as const

describe.each(CASES)('%s', (opener, openDirectory) => {
  describe.each(Object.keys(BOUNDARIES))('%s GiB', (name) => {
    const boundaries = BOUNDARIES[name]!
    const length = boundaries.at(-1)!
    let input: IndexInput

    beforeAll(() => {
      input = openDirectory().openInput(name)
    })

    afterAll(() => {
      input.close()
    })

    it('takes no more space than its marks, so that the test may be run anywhere', () => {
      expect(statSync(join(path, name)).blocks * 512).toBeLessThan(2 ** 20)
      expect(input.length()).toBe(length)
      expect(input.mapped).toBe(opener !== 'FSDirectory')
    })

    describe.each(boundaries)('around %d', (boundary) => {
      const { start, bytes } = expectedAt(boundary, length)

      it('reads byte by byte', () => {
        input.seek(start)
        const read = Buffer.from(Array.from(bytes, () => input.readByte()))
        expect(read).toEqual(bytes)
        expect(input.getFilePointer()).toBe(start + bytes.length)
      })

      it('reads typed values at every offset', () => {
        for (let at = 0; at + 8 <= bytes.length; at++) {
          const read: unknown[] = []
          const at8 = (value: () => unknown): void => {
            input.seek(start + at)
            read.push(value())
          }
          at8(() => input.readShort())
          at8(() => input.readInt())
          at8(() => input.readLong())
          at8(() => input.readDouble())
          expect(read).toEqual([
            bytes.readInt16LE(at),
            bytes.readInt32LE(at),
            bytes.readBigInt64LE(at),
            bytes.readDoubleLE(at),
          ])
        }
      })

      it('reads at absolute positions', () => {
        const whole = input.randomAccessSlice(0, length)
        const part = input.randomAccessSlice(start - 5, bytes.length + 5)
        for (let at = 0; at + 8 <= bytes.length; at++) {
          expect(whole.readLong(start + at)).toBe(bytes.readBigInt64LE(at))
          expect(whole.readInt(start + at)).toBe(bytes.readInt32LE(at))
          expect(part.readLong(at + 5)).toBe(bytes.readBigInt64LE(at))
          expect(part.readByte(at + 5)).toBe(bytes[at])
        }
        const target = Buffer.alloc(bytes.length)
        whole.readBytes(start, target)
        expect(target).toEqual(bytes)
      })

      it('reads in bulk, from well before to what is there after', () => {
        const lead = 100_000
        const target = Buffer.alloc(lead + bytes.length)
        input.seek(start - lead)
        input.readBytes(target)
        expect(target.subarray(lead)).toEqual(bytes)
        expect(target.subarray(0, lead).every((byte) => byte === 0)).toBe(true)
        input.seek(start)
        const ints = new Int32Array(bytes.length / 4)
        input.readInts(ints)
        expect(Buffer.from(ints.buffer)).toEqual(bytes)
        input.seek(start + 1)
        const longs = new BigInt64Array(3)
        input.readLongs(longs)
        expect(Buffer.from(longs.buffer)).toEqual(bytes.subarray(1, 25))
      })

      it('reads slices, and slices of slices', () => {
        const slice = input.slice('slice', start - 3, bytes.length + 3)
        slice.seek(3)
        const inner = slice.slice('inner', 4, bytes.length - 1)
        const far = input.slice('far', 1, length - 1).slice('far', start - 1, bytes.length)
        expect(slice.readLong()).toBe(bytes.readBigInt64LE(0))
        expect(inner.readLong()).toBe(bytes.readBigInt64LE(1))
        far.seek(bytes.length - 8)
        expect(far.clone().readLong()).toBe(bytes.readBigInt64LE(bytes.length - 8))
      })

      it('gives a view', () => {
        const view = input.view(start, bytes.length)
        expect(Buffer.from(view)).toEqual(bytes)
        expect(view.byteOffset % 4096).toBe(start % 4096)
      })
    })

    it('ends where it ends', () => {
      input.seek(length)
      expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
      expect(() => input.seek(length + 1)).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
      expect(() => input.slice('slice', length - 4, 5)).toThrow(RangeError)
      expect(input.getFilePointer()).toBe(length)
    })

    it('goes far with one step', () => {
      input.seek(0)
      input.skipBytes(length - 8)
      expect(input.readLong()).toBe(expectedAt(length, length).bytes.readBigInt64LE(RUN - 8))
    })
  })
})
