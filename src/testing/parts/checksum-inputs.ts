import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

import { BufferedChecksumIndexInput, type ChecksumIndexInput, type Directory } from '../../index.js'
import { assertBytes, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** openChecksumInput(). */
export function checksumInputs(suite: Suite): void {
  suite.it('sums up what was read, at every point and however it was read', ({ directory }) => {
    const input = checksumInput(directory)
    assert.equal(input.getChecksum(), 0)
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
      assert(input.getFilePointer() > before)
      assert.equal(input.getChecksum(), checksumTo(input.getFilePointer()))
    }
    input.seek(BYTES.length)
    assert.equal(input.getChecksum(), crc32(BYTES))
    input.close()
  })

  suite.it('sums up what was skipped', ({ directory }) => {
    const input = checksumInput(directory)
    input.skipBytes(10)
    assert.equal(input.getChecksum(), checksumTo(10))
    input.seek(100_000)
    input.skipBytes(0)
    assert.equal(input.getChecksum(), checksumTo(100_000))
    input.seek(100_000)
    assert.equal(input.readByte(), BYTES[100_000])
    assert.equal(input.getChecksum(), checksumTo(100_001))
    input.close()
  })

  suite.it('goes forward only', ({ directory }) => {
    const input = checksumInput(directory)
    input.seek(50)
    assert.throws(() => input.seek(49), /backwards/)
    assert.throws(() => input.seek(0), TypeError)
    assert.throws(() => input.seek(-1), RangeError)
    assert.throws(() => input.skipBytes(-1), RangeError)
    assert.throws(() => input.seek(BYTES.length + 1), { name: 'EndOfFileError' })
    assert.throws(() => input.skipBytes(BYTES.length), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), 50)
    assert.equal(input.getChecksum(), checksumTo(50))
    input.close()
  })

  suite.it('has neither clones nor slices', ({ directory }) => {
    const input = checksumInput(directory)
    for (const attempt of [
      () => input.clone(),
      () => input.slice('slice', 0, 1),
      () => input.randomAccessSlice(0, 1),
    ]) {
      assert.throws(attempt, TypeError)
      assert.throws(attempt, { code: 'ERR_UNSUPPORTED_OPERATION' })
    }
    assert.equal(input.length(), BYTES.length)
    input.close()
  })

  suite.it('stays where it was, with its checksum, when a read fails', ({ directory }) => {
    const input = checksumInput(directory, BYTES.subarray(0, 102))
    input.seek(100)
    assert.throws(() => input.readInt(), { name: 'EndOfFileError' })
    assert.throws(() => input.readBytes(new Uint8Array(3)), { name: 'EndOfFileError' })
    assert.throws(() => input.readInts(new Int32Array(1)), { name: 'EndOfFileError' })
    assert.throws(() => input.readMapOfStrings(), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), 100)
    assert.equal(input.getChecksum(), checksumTo(100))
    input.close()
  })

  suite.it('begins where the input is that it takes over, and closes it', ({ directory }) => {
    write(directory, 'file', BYTES)
    const main = directory.openInput('file')
    main.seek(10)
    const input = new BufferedChecksumIndexInput(main)
    const rest = new Uint8Array(1_000)
    input.readBytes(rest)
    assertBytes(rest, BYTES.subarray(10, 1_010))
    assert.equal(input.getChecksum(), crc32(BYTES.subarray(10, 1_010)))
    input.close()
    assert.throws(() => main.readByte(), { code: 'ERR_ALREADY_CLOSED' })
    assert.throws(() => new BufferedChecksumIndexInput({} as never), TypeError)
  })

  suite.it('gives views, which move nothing and count for nothing', ({ directory }) => {
    const input = checksumInput(directory)
    input.seek(7)
    assertBytes(input.view(1_000, 100), BYTES.subarray(1_000, 1_100))
    assert.equal(input.getFilePointer(), 7)
    assert.equal(input.getChecksum(), checksumTo(7))
    input.close()
  })
}

const BYTES = pattern(200_000)

function checksumTo(end: number): number {
  return crc32(BYTES.subarray(0, end))
}

function checksumInput(directory: Directory, bytes: Uint8Array = BYTES): ChecksumIndexInput {
  write(directory, 'file', bytes)
  return directory.openChecksumInput('file')
}
