import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'

import { alignOffset, EndOfFileError, type IndexOutput } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { contentOf, difference, pattern, write } from '../support/files.js'
import { type Attempts, each, errorsOf } from '../support/outcomes.js'

/** A use of everything that writes, and of what asks how far it got. */
function everyWrite(output: IndexOutput): Attempts {
  return {
    writeByte: () => output.writeByte(1),
    writeShort: () => output.writeShort(1),
    writeInt: () => output.writeInt(1),
    writeLong: () => output.writeLong(1n),
    writeFloat: () => output.writeFloat(1),
    writeDouble: () => output.writeDouble(1),
    writeVInt: () => output.writeVInt(1),
    writeVLong: () => output.writeVLong(1n),
    writeZInt: () => output.writeZInt(1),
    writeZLong: () => output.writeZLong(1n),
    writeString: () => output.writeString(''),
    writeBytes: () => output.writeBytes(pattern(1)),
    'writeBytes (nothing)': () => output.writeBytes(pattern(0)),
    'writeBytes (long)': () => output.writeBytes(pattern(100_000)),
    writeInts: () => output.writeInts(new Int32Array(1)),
    writeLongs: () => output.writeLongs(new BigInt64Array(1)),
    writeFloats: () => output.writeFloats(new Float32Array(1)),
    writeGroupVInts: () => output.writeGroupVInts(new Int32Array(4), 4),
    writeMapOfStrings: () => output.writeMapOfStrings(new Map()),
    writeSetOfStrings: () => output.writeSetOfStrings(new Set()),
    alignFilePointer: () => output.alignFilePointer(8),
    getFilePointer: () => output.getFilePointer(),
    getChecksum: () => output.getChecksum(),
  }
}

describeEachDirectory((open) => {
  it('takes nothing once it is closed', async () => {
    const directory = open()
    for (const length of [0, 10, 40_000]) {
      const output = directory.createOutput(`file-${length}`)
      output.writeBytes(pattern(length))
      output.close()
      const writes = everyWrite(output)
      expect(await errorsOf(writes)).toEqual(each(writes, 'AlreadyClosedError'))
      output.close()
      output[Symbol.dispose]()
      expect(output.getName()).toBe(`file-${length}`)
      expect(output.toString()).toContain(`file-${length}`)
      expect(difference(contentOf(directory, `file-${length}`), pattern(length))).toBeUndefined()
    }
  })

  it('takes not even nothing once it is closed', async () => {
    const directory = open()
    write(directory, 'source', pattern(1))
    const output = directory.createOutput('file')
    output.close()
    const writes: Attempts = {
      copyBytes: () => output.copyBytes(directory.openInput('source'), 0),
      writeGroupVInts: () => output.writeGroupVInts(new Int32Array(0), 0),
    }
    expect(await errorsOf(writes)).toEqual(each(writes, 'AlreadyClosedError'))
  })

  it('refuses values that do not fit, and writes nothing of them', async () => {
    const directory = open()
    const output = directory.createOutput('file')
    const bytes = pattern(10)
    const ranges: Attempts = {
      'writeByte 256': () => output.writeByte(256),
      'writeByte -129': () => output.writeByte(-129),
      'writeByte 0.5': () => output.writeByte(0.5),
      'writeByte NaN': () => output.writeByte(NaN),
      writeShort: () => output.writeShort(2 ** 15),
      'writeShort -': () => output.writeShort(-(2 ** 15) - 1),
      'writeShort 0.5': () => output.writeShort(0.5),
      writeInt: () => output.writeInt(2 ** 31),
      'writeInt -': () => output.writeInt(-(2 ** 31) - 1),
      'writeInt NaN': () => output.writeInt(NaN),
      writeLong: () => output.writeLong(2n ** 63n),
      'writeLong -': () => output.writeLong(-(2n ** 63n) - 1n),
      'writeLong number': () => output.writeLong(2 ** 53),
      'writeLong 0.5': () => output.writeLong(0.5),
      writeVInt: () => output.writeVInt(2 ** 31),
      'writeVLong -': () => output.writeVLong(-1n),
      'writeVLong number': () => output.writeVLong(-1),
      writeVLong: () => output.writeVLong(2n ** 63n),
      writeZInt: () => output.writeZInt(2 ** 31),
      writeZLong: () => output.writeZLong(2n ** 63n),
      'writeBytes offset': () => output.writeBytes(bytes, 11),
      'writeBytes length': () => output.writeBytes(bytes, 5, 6),
      'writeBytes -': () => output.writeBytes(bytes, -1),
      'writeBytes NaN': () => output.writeBytes(bytes, NaN),
      writeInts: () => output.writeInts(new Int32Array(2), 1, 2),
      writeGroupVInts: () => output.writeGroupVInts(new Int32Array(2), 3),
      copyBytes: () => output.copyBytes(directory.openInput('empty'), -1),
      alignFilePointer: () => output.alignFilePointer(3),
    }
    write(directory, 'empty', pattern(0))
    expect(await errorsOf(ranges)).toEqual(each(ranges, 'RangeError'))
    const types: Attempts = {
      writeFloat: () => output.writeFloat('1' as unknown as number),
      writeDouble: () => output.writeDouble(1n as unknown as number),
      writeLong: () => output.writeLong('1' as unknown as bigint),
      writeString: () => output.writeString(5 as unknown as string),
      writeBytes: () => output.writeBytes([1, 2] as unknown as Uint8Array),
      'writeBytes (other kind)': () => output.writeBytes(new Int8Array(2) as unknown as Uint8Array),
      writeInts: () => output.writeInts(new Uint32Array(2) as unknown as Int32Array),
    }
    expect(await errorsOf(types)).toEqual(each(types, 'TypeError'))
    expect(output.getFilePointer()).toBe(0)
    output.writeByte(-1)
    output.writeByte(255)
    output.close()
    expect(contentOf(directory, 'file')).toEqual(Uint8Array.of(255, 255))
  })

  it('knows its length and its checksum at every point', () => {
    const directory = open()
    const output = directory.createOutput('file')
    const bytes = pattern(100_000)
    let at = 0
    for (const length of [0, 1, 5, 32_761, 1, 32_768, 7, 20_000, 14_457]) {
      output.writeBytes(bytes, at, length)
      at += length
      expect(output.getFilePointer()).toBe(at)
      expect(output.getChecksum()).toBe(crc32(bytes.subarray(0, at)))
      expect(output.getChecksum()).toBe(crc32(bytes.subarray(0, at)))
    }
    expect(at).toBe(bytes.length)
    output.close()
    expect(difference(contentOf(directory, 'file'), bytes)).toBeUndefined()
  })

  it('keeps no hold on what it was given', () => {
    const directory = open()
    const output = directory.createOutput('file')
    const bytes = pattern(40_000)
    output.writeBytes(bytes)
    output.writeBytes(bytes, 0, 10)
    bytes.fill(0)
    output.close()
    const expected = Buffer.concat([pattern(40_000), pattern(10)])
    expect(difference(contentOf(directory, 'file'), expected)).toBeUndefined()
  })

  it('takes parts of arrays, and those that lie anywhere in their buffers', () => {
    const directory = open()
    write(directory, 'file', (output) => {
      output.writeBytes(pattern(100).subarray(10, 20), 2, 5)
      output.writeBytes(Buffer.from('text'))
      output.writeInts(Int32Array.of(1, 2, 3, 4), 1, 2)
      output.writeLongs(BigInt64Array.of(1n, -2n, 3n), 1, 1)
      output.writeFloats(Float32Array.of(0, 0.5), 1)
    })
    const expected = Buffer.alloc(5 + 4 + 8 + 8 + 4)
    expected.set(pattern(100).subarray(12, 17))
    expected.write('text', 5)
    expected.writeInt32LE(2, 9)
    expected.writeInt32LE(3, 13)
    expected.writeBigInt64LE(-2n, 17)
    expected.writeFloatLE(0.5, 25)
    expect(Buffer.from(contentOf(directory, 'file'))).toEqual(expected)
  })

  it('copies from an input, which moves on', () => {
    const directory = open()
    const bytes = pattern(200_000)
    write(directory, 'source', bytes)
    const input = directory.openInput('source')
    input.seek(10)
    const output = directory.createOutput('copy')
    output.copyBytes(input, 150_000)
    output.copyBytes(input, 0)
    expect(input.getFilePointer()).toBe(150_010)
    expect(output.getFilePointer()).toBe(150_000)
    output.close()
    expect(difference(contentOf(directory, 'copy'), bytes.subarray(10, 150_010))).toBeUndefined()
    const short = directory.createOutput('short')
    short.writeByte(1)
    expect(() => short.copyBytes(input, 50_000)).toThrow(EndOfFileError)
    expect([short.getFilePointer(), input.getFilePointer()]).toEqual([1, 150_010])
    short.copyBytes(input, 49_990)
    expect([short.getFilePointer(), input.getFilePointer()]).toEqual([49_991, 200_000])
    short.close()
    input.close()
  })

  it.each([1, 2, 8, 64, 4_096, 65_536])('aligns itself to %d', (alignment) => {
    const directory = open()
    const output = directory.createOutput('file')
    expect(output.alignFilePointer(alignment)).toBe(0)
    output.writeByte(9)
    expect(output.alignFilePointer(alignment)).toBe(alignment)
    expect(output.alignFilePointer(alignment)).toBe(alignment)
    expect(output.getFilePointer()).toBe(alignment)
    output.close()
    const expected = new Uint8Array(alignment)
    expected[0] = 9
    expect(difference(contentOf(directory, 'file'), expected)).toBeUndefined()
  })
})

describe('alignOffset', () => {
  it('gives the next multiple of a power of two', () => {
    expect([0, 1, 7, 8, 9].map((offset) => alignOffset(offset, 8))).toEqual([0, 8, 8, 8, 16])
    expect(alignOffset(2 ** 40 + 1, 4_096)).toBe(2 ** 40 + 4_096)
    expect(alignOffset(5, 2 ** 40)).toBe(2 ** 40)
    expect(alignOffset(123, 1)).toBe(123)
  })

  it.each([0, -1, 3, 12, 0.5, NaN, Infinity, -8])('refuses the alignment %d', (alignment) => {
    expect(() => alignOffset(8, alignment)).toThrow(RangeError)
  })

  it.each([-1, 0.5, NaN, Infinity])('refuses the offset %d', (offset) => {
    expect(() => alignOffset(offset, 8)).toThrow(RangeError)
  })

  it('refuses an offset whose multiple is no safe integer', () => {
    expect(() => alignOffset(Number.MAX_SAFE_INTEGER, 8)).toThrow(RangeError)
  })
})
