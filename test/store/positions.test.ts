import { describe, expect, it } from 'vitest'

import { CorruptIndexError, EndOfFileError, type IndexInput } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { inputOf, pattern } from '../support/files.js'
import { type Attempts, each, errorsOf } from '../support/outcomes.js'

const LENGTH = 5_000

/** Reads of more bytes than the two that are left. */
function readsPastTheEnd(input: IndexInput): Attempts {
  return {
    readInt: () => input.readInt(),
    readLong: () => input.readLong(),
    readSafeLong: () => input.readSafeLong(),
    readFloat: () => input.readFloat(),
    readDouble: () => input.readDouble(),
    readVInt: () => input.readVInt(),
    readVLong: () => input.readVLong(),
    readSafeVLong: () => input.readSafeVLong(),
    readZInt: () => input.readZInt(),
    readZLong: () => input.readZLong(),
    readSafeZLong: () => input.readSafeZLong(),
    readString: () => input.readString(),
    readMapOfStrings: () => input.readMapOfStrings(),
    readSetOfStrings: () => input.readSetOfStrings(),
    readBytes: () => input.readBytes(new Uint8Array(3)),
    'readBytes (long)': () => input.readBytes(new Uint8Array(100_000)),
    readInts: () => input.readInts(new Int32Array(1)),
    readLongs: () => input.readLongs(new BigInt64Array(1)),
    readFloats: () => input.readFloats(new Float32Array(1)),
    readGroupVInts: () => input.readGroupVInts(new Int32Array(4), 4),
    'readGroupVInts (rest)': () => input.readGroupVInts(new Int32Array(3), 3),
    skipBytes: () => input.skipBytes(3),
    seek: () => input.seek(input.length() + 1),
    'seek (far)': () => input.seek(2 ** 40),
  }
}

describeEachDirectory((open, kind) => {
  const near = 2 ** (kind.power ?? 10)

  it('stays where it was when a read goes past the end', async () => {
    const bytes = pattern(LENGTH)
    bytes.fill(0xff, LENGTH - 2) // no varint ends here
    const input = inputOf(open(), bytes)
    for (const one of [input, input.clone(), input.slice('slice', 100, LENGTH - 100)]) {
      one.seek(one.length() - 2)
      const reads = readsPastTheEnd(one)
      expect(await errorsOf(reads)).toEqual(each(reads, 'EndOfFileError'))
      expect(one.getFilePointer()).toBe(one.length() - 2)
      expect(one.readShort()).toBe(-1)
      expect(one.getFilePointer()).toBe(one.length())
    }
    input.close()
  })

  it('stays where it was at each kind of failure, read by read', () => {
    const bytes = pattern(LENGTH).fill(0xff, LENGTH - 2)
    const input = inputOf(open(), bytes)
    input.seek(LENGTH - 2)
    for (const [name, read] of Object.entries(readsPastTheEnd(input))) {
      expect(read).toThrow(EndOfFileError)
      expect([name, input.getFilePointer()]).toEqual([name, LENGTH - 2])
    }
    input.close()
  })

  it('reads nothing at the end, and something past it never', () => {
    const input = inputOf(open(), pattern(LENGTH))
    input.seek(LENGTH)
    expect(input.getFilePointer()).toBe(LENGTH)
    input.readBytes(new Uint8Array(0))
    input.readBytes(new Uint8Array(5), 5)
    input.readInts(new Int32Array(0))
    input.readGroupVInts(new Int32Array(4), 0)
    input.skipBytes(0)
    expect(input.getFilePointer()).toBe(LENGTH)
    expect(() => input.readByte()).toThrow(EndOfFileError)
    expect(() => input.readByte()).toThrow(
      expect.objectContaining({ code: 'ERR_END_OF_FILE', message: expect.stringContaining(String(LENGTH)) }),
    )
    input.seek(0)
    expect(input.readByte()).toBe(1)
    input.close()
  })

  it.each([-1, -0.5, 0.5, LENGTH - 0.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 1e300])(
    'refuses the position %d',
    async (position) => {
      const input = inputOf(open(), pattern(LENGTH))
      const random = input.randomAccessSlice(0, LENGTH)
      const inner = input.slice('inner', 4_200, 100) // its window begins before it does
      inner.readByte()
      inner.seek(0)
      input.seek(7)
      const target = new Uint8Array(1)
      const attempts: Attempts = {
        seek: () => input.seek(position),
        'seek in a slice': () => inner.seek(position),
        skipBytes: () => input.skipBytes(position),
        'skipBytes in a slice': () => inner.skipBytes(position),
        'slice offset': () => input.slice('slice', position, 1),
        'slice length': () => input.slice('slice', 0, position),
        'randomAccessSlice offset': () => input.randomAccessSlice(position, 1),
        'randomAccessSlice length': () => input.randomAccessSlice(0, position),
        'view offset': () => input.view(position, 1),
        'view length': () => input.view(0, position),
        'prefetch offset': () => input.prefetch(position, 1),
        'prefetch length': () => input.prefetch(0, position),
        load: () => input.load({ offset: position, length: 1 }),
        'load length': () => input.load({ offset: 0, length: position }),
        readByte: () => random.readByte(position),
        readShort: () => random.readShort(position),
        readInt: () => random.readInt(position),
        readLong: () => random.readLong(position),
        readSafeLong: () => random.readSafeLong(position),
        readFloat: () => random.readFloat(position),
        readDouble: () => random.readDouble(position),
        readBytes: () => random.readBytes(position, target),
        'readBytes of nothing': () => random.readBytes(position, target, 0, 0),
        'target offset': () => input.readBytes(target, position, 1),
        'target length': () => input.readBytes(target, 0, position),
        'random target offset': () => random.readBytes(0, target, position, 1),
        'random target length': () => random.readBytes(0, target, 0, position),
      }
      expect(await errorsOf(attempts)).toEqual(each(attempts, 'RangeError'))
      expect(input.getFilePointer()).toBe(7)
      expect(inner.getFilePointer()).toBe(0)
      expect(input.readByte()).toBe(pattern(LENGTH)[7])
      input.close()
    },
  )

  it.each(['5', 5n, Symbol('5'), { valueOf: () => 5 }, null, undefined, [5]])(
    'takes no position that is not a number, not even where it could be: %s',
    async (value) => {
      const position = value as number
      const input = inputOf(open(), pattern(LENGTH))
      const random = input.randomAccessSlice(0, LENGTH)
      input.readByte()
      random.readByte(0)
      const attempts: Attempts = {
        seek: () => input.seek(position),
        skipBytes: () => input.skipBytes(position),
        slice: () => input.slice('slice', position, 1),
        view: () => input.view(position, 1),
        readByte: () => random.readByte(position),
        readShort: () => random.readShort(position),
        readInt: () => random.readInt(position),
        readLong: () => random.readLong(position),
        readSafeLong: () => random.readSafeLong(position),
        readFloat: () => random.readFloat(position),
        readDouble: () => random.readDouble(position),
        readBytes: () => random.readBytes(position, new Uint8Array(1)),
      }
      expect(await errorsOf(attempts)).toEqual(each(attempts, 'TypeError'))
      expect(input.getFilePointer()).toBe(1)
      input.close()
    },
  )

  it('says which position it refuses, with the code of Node', () => {
    const input = inputOf(open(), pattern(10))
    expect(() => input.seek(-1)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('-1') }),
    )
    expect(() => input.slice('part', 8, 3)).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_RANGE',
        message: expect.stringMatching(/part.*offset=8, length=3, available=10/),
      }),
    )
    input.close()
  })

  describe('compound reads', () => {
    it('stay where they were when the middle fails', () => {
      const directory = open()
      // A map of two pairs whose second value says that it has 100 bytes.
      const input = inputOf(directory, (output) => {
        output.writeBytes(pattern(near - 3 < 0 ? 0 : near - 3)) // so that it lies across windows
        output.writeVInt(2)
        for (const text of ['key', 'value', 'key2']) output.writeString(text)
        output.writeVInt(100)
        output.writeByte(1)
      })
      const start = near - 3
      input.seek(start)
      expect(() => input.readMapOfStrings()).toThrow(EndOfFileError)
      expect(input.getFilePointer()).toBe(start)
      expect(() => input.readSetOfStrings()).not.toThrow()
      input.close()
    })

    it('refuse keys that appear twice', () => {
      const input = inputOf(open(), (output) => {
        output.writeVInt(2)
        for (const text of ['a', 'b', 'a', 'c']) output.writeString(text)
        output.writeVInt(2)
        for (const text of ['a', 'a']) output.writeString(text)
      })
      expect(() => input.readMapOfStrings()).toThrow(CorruptIndexError)
      expect(input.getFilePointer()).toBe(0)
      input.seek(9)
      expect(() => input.readSetOfStrings()).toThrow(CorruptIndexError)
      expect(input.getFilePointer()).toBe(9)
      input.close()
    })

    it('stay where they were when group-varints end in the middle', () => {
      const values = Int32Array.from({ length: 40 }, (_, i) => i * 70_000)
      const input = inputOf(open(), (output) => output.writeGroupVInts(values, 40))
      const target = new Int32Array(44)
      expect(() => input.readGroupVInts(target, 44)).toThrow(EndOfFileError)
      expect(input.getFilePointer()).toBe(0)
      input.readGroupVInts(target, 40)
      expect(target.subarray(0, 40)).toEqual(values)
      expect(input.getFilePointer()).toBe(input.length())
      input.close()
    })

    it('stay where they were when a long is not a safe integer', () => {
      const input = inputOf(open(), (output) => {
        output.writeLong(2n ** 53n)
        output.writeLong(-(2n ** 53n))
        output.writeVLong(2n ** 53n)
        output.writeZLong(-(2n ** 53n))
        output.writeLong(2n ** 53n - 1n)
        output.writeLong(-(2n ** 53n) + 1n)
      })
      const random = input.randomAccessSlice(0, 16)
      expect(() => random.readSafeLong(0)).toThrow(RangeError)
      expect(() => random.readSafeLong(8)).toThrow(RangeError)
      expect(() => input.readSafeLong()).toThrow(RangeError)
      expect(input.getFilePointer()).toBe(0)
      expect(input.readLong()).toBe(2n ** 53n)
      expect(() => input.readSafeLong()).toThrow(RangeError)
      expect(input.readLong()).toBe(-(2n ** 53n))
      expect(() => input.readSafeVLong()).toThrow(RangeError)
      expect(input.getFilePointer()).toBe(16)
      expect(input.readVLong()).toBe(2n ** 53n)
      const position = input.getFilePointer()
      expect(() => input.readSafeZLong()).toThrow(RangeError)
      expect(input.getFilePointer()).toBe(position)
      expect(input.readZLong()).toBe(-(2n ** 53n))
      expect(input.readSafeLong()).toBe(Number.MAX_SAFE_INTEGER)
      expect(input.readSafeLong()).toBe(Number.MIN_SAFE_INTEGER)
      input.close()
    })
  })
})
