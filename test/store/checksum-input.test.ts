import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'

import { BufferedChecksumIndexInput, type ChecksumIndexInput, EndOfFileError } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { difference, pattern, write } from '../support/files.js'

const BYTES = pattern(200_000)

function checksumTo(end: number): number {
  return crc32(BYTES.subarray(0, end))
}

describeEachDirectory((open) => {
  function checksumInput(bytes = BYTES): ChecksumIndexInput {
    const directory = open()
    write(directory, 'file', bytes)
    return directory.openChecksumInput('file')
  }

  it('sums up what was read, at every point and however it was read', () => {
    const input = checksumInput()
    expect(input.getChecksum()).toBe(0)
    const reads = [
      () => input.readByte(),
      () => input.readShort(),
      () => input.readInt(),
      () => input.readLong(),
      () => input.readFloat(),
      () => input.readDouble(),
      () => input.readVInt(),
      () => input.readVLong(),
      () => input.readZInt(),
      () => input.readZLong(),
      () => input.readBytes(new Uint8Array(5_000)),
      () => input.readBytes(new Uint8Array(100), 50),
      () => input.readInts(new Int32Array(50)),
      () => input.readLongs(new BigInt64Array(50)),
      () => input.readFloats(new Float32Array(50)),
      () => input.readGroupVInts(new Int32Array(9), 9),
      () => input.readBytes(new Uint8Array(100_000)),
    ]
    for (const read of reads) {
      const before = input.getFilePointer()
      read()
      expect(input.getFilePointer()).toBeGreaterThan(before)
      expect(input.getChecksum()).toBe(checksumTo(input.getFilePointer()))
    }
    input.seek(BYTES.length)
    expect(input.getChecksum()).toBe(crc32(BYTES))
    input.close()
  })

  it('sums up what was skipped', () => {
    const input = checksumInput()
    input.skipBytes(10)
    expect(input.getChecksum()).toBe(checksumTo(10))
    input.seek(100_000)
    input.skipBytes(0)
    expect(input.getChecksum()).toBe(checksumTo(100_000))
    input.seek(100_000)
    expect(input.readByte()).toBe(BYTES[100_000])
    expect(input.getChecksum()).toBe(checksumTo(100_001))
    input.close()
  })

  it('goes forward only', () => {
    const input = checksumInput()
    input.seek(50)
    expect(() => input.seek(49)).toThrow(/backwards/)
    expect(() => input.seek(0)).toThrow(TypeError)
    expect(() => input.seek(-1)).toThrow(RangeError)
    expect(() => input.skipBytes(-1)).toThrow(RangeError)
    expect(() => input.seek(BYTES.length + 1)).toThrow(EndOfFileError)
    expect(() => input.skipBytes(BYTES.length)).toThrow(EndOfFileError)
    expect(input.getFilePointer()).toBe(50)
    expect(input.getChecksum()).toBe(checksumTo(50))
    input.close()
  })

  it('has neither clones nor slices', () => {
    const input = checksumInput()
    for (const attempt of [
      () => input.clone(),
      () => input.slice('slice', 0, 1),
      () => input.randomAccessSlice(0, 1),
    ]) {
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED_OPERATION' }))
    }
    expect(input.length()).toBe(BYTES.length)
    input.close()
  })

  it('stays where it was, with its checksum, when a read fails', () => {
    const input = checksumInput(BYTES.subarray(0, 102))
    input.seek(100)
    expect(() => input.readInt()).toThrow(EndOfFileError)
    expect(() => input.readBytes(new Uint8Array(3))).toThrow(EndOfFileError)
    expect(() => input.readInts(new Int32Array(1))).toThrow(EndOfFileError)
    expect(() => input.readMapOfStrings()).toThrow(EndOfFileError)
    expect(input.getFilePointer()).toBe(100)
    expect(input.getChecksum()).toBe(checksumTo(100))
    input.close()
  })

  it('begins where the input is that it takes over, and closes it', () => {
    const directory = open()
    write(directory, 'file', BYTES)
    const main = directory.openInput('file')
    main.seek(10)
    const input = new BufferedChecksumIndexInput(main)
    const rest = new Uint8Array(1_000)
    input.readBytes(rest)
    expect(difference(rest, BYTES.subarray(10, 1_010))).toBeUndefined()
    expect(input.getChecksum()).toBe(crc32(BYTES.subarray(10, 1_010)))
    input.close()
    expect(() => main.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    expect(() => new BufferedChecksumIndexInput({} as never)).toThrow(TypeError)
  })

  it('gives views, which move nothing and count for nothing', () => {
    const input = checksumInput()
    input.seek(7)
    expect(difference(input.view(1_000, 100), BYTES.subarray(1_000, 1_100))).toBeUndefined()
    expect(input.getFilePointer()).toBe(7)
    expect(input.getChecksum()).toBe(checksumTo(7))
    input.close()
  })
})
