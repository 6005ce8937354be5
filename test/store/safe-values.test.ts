import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'

import {
  BufferedChecksum,
  BufferedChecksumIndexInput,
  ByteBuffersDirectory,
  IndexInput,
  Window,
  type WindowSource,
} from '../../src/index.js'
import { pattern, write } from '../support/files.js'

const SAFE = [
  0,
  1,
  -1,
  2 ** 32,
  -(2 ** 32),
  2 ** 32 - 1,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  0x1234_5678_9abc,
  -0x1234_5678_9abc,
]
const UNSAFE = [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]

function longs(): IndexInput {
  const directory = new ByteBuffersDirectory()
  const output = directory.createOutput('file')
  for (const value of [...SAFE, ...UNSAFE]) output.writeLong(value)
  output.close()
  return directory.openInput('file')
}

describe('int64s as numbers', () => {
  it('are what they are in sequence and at any place, or a RangeError', () => {
    const input = longs()
    const random = input.randomAccessSlice(0, input.length())
    expect(SAFE.map((_, i) => random.readSafeLong(i * 8))).toEqual(SAFE)
    expect(SAFE.map(() => input.readSafeLong())).toEqual(SAFE)
    for (const [i] of UNSAFE.entries()) {
      const position = (SAFE.length + i) * 8
      input.seek(position)
      expect(() => input.readSafeLong()).toThrow('value must be within ±(2^53 - 1); read it as a bigint')
      expect(input.getFilePointer()).toBe(position)
      expect(() => random.readSafeLong(position)).toThrow(RangeError)
    }
  })
})

describe('absolute reads of many bytes', () => {
  const bytes = pattern(10_000)

  it('go straight to the source for long pieces, and by windows for the rest', () => {
    const reads: number[][] = []
    const source: WindowSource = {
      length: bytes.length,
      directLength: 1000,
      window: (position) => {
        const start = position - (position % 500)
        return new Window(start, bytes.slice(start, start + 500))
      },
      read: (position, target, offset, length) => {
        reads.push([position, offset, length])
        target.set(bytes.subarray(position, position + length), offset)
      },
      close: () => {},
    }
    const random = IndexInput.from(source, 'own').randomAccessSlice(100, 9000)
    const target = new Uint8Array(2000)
    random.readBytes(0, target, 10, 999)
    expect(Buffer.compare(target.subarray(10, 1009), bytes.subarray(100, 1099))).toBe(0)
    expect(reads).toEqual([])
    random.readByte(450) // a window of 500 to 1000, of which the next read takes the end
    random.readBytes(890, target, 5, 1010)
    expect(Buffer.compare(target.subarray(5, 1015), bytes.subarray(990, 2000))).toBe(0)
    expect(reads).toEqual([[1000, 15, 1000]])
    expect(random.isLoaded()).toBeUndefined()
    expect(String(random)).toBe('own [slice=randomaccess]')
  })
})

describe('a checksum that gathers', () => {
  it('refuses what is no byte and no int16, and counts nothing of it', () => {
    const checksum = new BufferedChecksum(8)
    for (const value of ['1', -129, 256, 1.5, NaN, undefined]) {
      expect(() => checksum.updateByte(value as never)).toThrow('value must be a byte')
    }
    for (const value of ['1', 2 ** 15, -(2 ** 15) - 1, 1.5]) {
      expect(() => checksum.updateShort(value as never)).toThrow('value must be an int16')
    }
    expect(() => checksum.update('1' as never)).toThrow('source must be a Uint8Array')
    expect(checksum.getValue()).toBe(0)
    checksum.updateByte(255)
    checksum.updateByte(-128)
    expect(checksum.getValue()).toBe(crc32(Uint8Array.of(255, 128)))
  })

  it('asks for no more than an input has', () => {
    const directory = new ByteBuffersDirectory()
    write(directory, 'file', Uint8Array.of(5, 1, 2, 3, 4, 5))
    const input = new BufferedChecksumIndexInput(directory.openInput('file'))
    input.skipBytes(1)
    expect(input.getFilePointer()).toBe(1)
    const cut = directory.openInput('file').slice('cut', 0, 5)
    expect(() => new BufferedChecksumIndexInput(cut).readString()).toThrow('read past the end')
    expect(new BufferedChecksumIndexInput(directory.openInput('file')).readString()).toBe(
      '\u0001\u0002\u0003\u0004\u0005',
    )
    expect(() => input.clone()).toThrow(
      'clone() is not possible on an input that is checksummed as it is read',
    )
  })
})
