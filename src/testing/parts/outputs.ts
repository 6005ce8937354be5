import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

import type { IndexOutput } from '../../index.js'
import { assertBytes, contentOf, pattern, write } from '../files.js'
import { assertAllFail, type Attempts } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** createOutput(): everything that writes. */
export function outputs(suite: Suite): void {
  suite.it('takes nothing once it is closed', async ({ directory }) => {
    for (const length of [0, 10, 40_000]) {
      const output = directory.createOutput(`file-${length}`)
      output.writeBytes(pattern(length))
      output.close()
      const writes = everyWrite(output)
      await assertAllFail(writes, 'AlreadyClosedError')
      output.close()
      output[Symbol.dispose]()
      assert.equal(output.getName(), `file-${length}`)
      assert(output.toString().includes(`file-${length}`))
      assertBytes(contentOf(directory, `file-${length}`), pattern(length))
    }
  })

  suite.it('takes not even nothing once it is closed', async ({ directory }) => {
    write(directory, 'source', pattern(1))
    const output = directory.createOutput('file')
    output.close()
    const writes: Attempts = {
      copyBytes: () => output.copyBytes(directory.openInput('source'), 0),
      writeGroupVInts: () => output.writeGroupVInts(new Int32Array(0), 0),
    }
    await assertAllFail(writes, 'AlreadyClosedError')
  })

  suite.it('refuses values that do not fit, and writes nothing of them', async ({ directory }) => {
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
    await assertAllFail(ranges, 'RangeError')
    const types: Attempts = {
      writeFloat: () => output.writeFloat('1' as unknown as number),
      writeDouble: () => output.writeDouble(1n as unknown as number),
      writeLong: () => output.writeLong('1' as unknown as bigint),
      writeString: () => output.writeString(5 as unknown as string),
      writeBytes: () => output.writeBytes([1, 2] as unknown as Uint8Array),
      'writeBytes (other kind)': () => output.writeBytes(new Int8Array(2) as unknown as Uint8Array),
      writeInts: () => output.writeInts(new Uint32Array(2) as unknown as Int32Array),
    }
    await assertAllFail(types, 'TypeError')
    assert.equal(output.getFilePointer(), 0)
    output.writeByte(-1)
    output.writeByte(255)
    output.close()
    assertBytes(contentOf(directory, 'file'), Uint8Array.of(255, 255))
  })

  suite.it('knows its length and its checksum at every point', ({ directory }) => {
    const output = directory.createOutput('file')
    const bytes = pattern(100_000)
    let at = 0
    for (const length of [0, 1, 5, 32_761, 1, 32_768, 7, 20_000, 14_457]) {
      output.writeBytes(bytes, at, length)
      at += length
      assert.equal(output.getFilePointer(), at)
      assert.equal(output.getChecksum(), crc32(bytes.subarray(0, at)))
      assert.equal(output.getChecksum(), crc32(bytes.subarray(0, at)))
    }
    assert.equal(at, bytes.length)
    output.close()
    assertBytes(contentOf(directory, 'file'), bytes)
  })

  suite.it('keeps no hold on what it was given', ({ directory }) => {
    const output = directory.createOutput('file')
    const bytes = pattern(40_000)
    output.writeBytes(bytes)
    output.writeBytes(bytes, 0, 10)
    bytes.fill(0)
    output.close()
    const expected = Buffer.concat([pattern(40_000), pattern(10)])
    assertBytes(contentOf(directory, 'file'), expected)
  })

  suite.it('takes parts of arrays, and those that lie anywhere in their buffers', ({ directory }) => {
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
    assert.deepEqual(Buffer.from(contentOf(directory, 'file')), expected)
  })

  suite.it('copies from an input, which moves on', ({ directory }) => {
    const bytes = pattern(200_000)
    write(directory, 'source', bytes)
    const input = directory.openInput('source')
    input.seek(10)
    const output = directory.createOutput('copy')
    output.copyBytes(input, 150_000)
    output.copyBytes(input, 0)
    assert.equal(input.getFilePointer(), 150_010)
    assert.equal(output.getFilePointer(), 150_000)
    output.close()
    assertBytes(contentOf(directory, 'copy'), bytes.subarray(10, 150_010))
    const short = directory.createOutput('short')
    short.writeByte(1)
    assert.throws(() => short.copyBytes(input, 50_000), { name: 'EndOfFileError' })
    assert.deepEqual([short.getFilePointer(), input.getFilePointer()], [1, 150_010])
    short.copyBytes(input, 49_990)
    assert.deepEqual([short.getFilePointer(), input.getFilePointer()], [49_991, 200_000])
    short.close()
    input.close()
  })

  suite.it('aligns itself to any power of two', ({ directory }) => {
    for (const alignment of [1, 2, 8, 64, 4_096, 65_536]) {
      const name = `file-${alignment}`
      const output = directory.createOutput(name)
      assert.equal(output.alignFilePointer(alignment), 0)
      output.writeByte(9)
      assert.equal(output.alignFilePointer(alignment), alignment)
      assert.equal(output.alignFilePointer(alignment), alignment)
      assert.equal(output.getFilePointer(), alignment)
      output.close()
      const expected = new Uint8Array(alignment)
      expected[0] = 9
      assertBytes(contentOf(directory, name), expected)
    }
  })
}

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
