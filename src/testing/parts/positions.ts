import assert from 'node:assert/strict'

import { IOContext, type IndexInput } from '../../index.js'
import { inputOf, pattern } from '../files.js'
import { assertAllFail, type Attempts } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** seek(), skipBytes(), the end of a file, and what a position is after a failure. */
export function positions(suite: Suite): void {
  const LENGTH = 5_000

  suite.it('stays where it was when a read goes past the end', ({ directory }) => {
    const bytes = pattern(LENGTH)
    bytes.fill(0xff, LENGTH - 2) // no varint ends here
    const input = inputOf(directory, bytes)
    for (const one of [input, input.clone(), input.slice('slice', 100, LENGTH - 100)]) {
      const position = one.length() - 2
      one.seek(position)
      for (const [name, read] of Object.entries(readsPastTheEnd(one))) {
        assert.throws(read, { name: 'EndOfFileError' }, name)
        assert.equal(one.getFilePointer(), position, name)
      }
      assert.equal(one.readShort(), -1)
      assert.equal(one.getFilePointer(), one.length())
    }
    input.close()
  })

  suite.it('reads nothing at the end, and something past it never', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    input.seek(LENGTH)
    assert.equal(input.getFilePointer(), LENGTH)
    input.readBytes(new Uint8Array(0))
    input.readBytes(new Uint8Array(5), 5)
    input.readInts(new Int32Array(0))
    input.readGroupVInts(new Int32Array(4), 0)
    input.skipBytes(0)
    assert.equal(input.getFilePointer(), LENGTH)
    assert.throws(() => input.readByte(), { name: 'EndOfFileError' })
    assert.throws(() => input.readByte(), {
      code: 'ERR_END_OF_FILE',
      message: new RegExp(String(LENGTH)),
    })
    input.seek(0)
    assert.equal(input.readByte(), 1)
    input.close()
  })

  const NO_POSITIONS = [
    -1,
    -0.5,
    0.5,
    LENGTH - 0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    -(2 ** 53),
    2 ** 56,
    1e17,
    1e300,
  ]
  for (const position of NO_POSITIONS) {
    suite.it(`refuses the position ${position}`, async ({ directory }) => {
      const input = inputOf(directory, pattern(LENGTH))
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
      await assertAllFail(attempts, 'RangeError')
      assert.equal(input.getFilePointer(), 7)
      assert.equal(inner.getFilePointer(), 0)
      assert.equal(input.readByte(), pattern(LENGTH)[7])
      input.close()
      for (const read of [
        'readByte',
        'readShort',
        'readInt',
        'readLong',
        'readSafeLong',
        'readFloat',
      ] as const) {
        assert.throws(() => random[read](position), { name: 'AlreadyClosedError' })
      }
    })
  }

  suite.it('seeks to and skips over every place, near and far', ({ directory }) => {
    const bytes = pattern(3 * suite.boundary + 5)
    const input = inputOf(directory, bytes)
    for (let base = 0; base <= 3 * suite.boundary; base += suite.boundary) {
      for (let place = Math.max(0, base - 2); place < base + 3; place++) {
        for (const from of [0, place, bytes.length]) {
          input.seek(from)
          input.seek(place)
          assert.equal(input.getFilePointer(), place)
          assert.equal(input.readByte(), bytes[place])
          assert.equal(input.getFilePointer(), place + 1)
        }
        input.seek(0)
        input.skipBytes(place)
        assert.equal(input.getFilePointer(), place)
        assert.equal(input.readByte(), bytes[place])
      }
    }
    input.seek(bytes.length)
    assert.equal(input.getFilePointer(), bytes.length)
    input.close()
  })

  suite.it('takes no position that is not a number, not even where it could be', async ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    const random = input.randomAccessSlice(0, LENGTH)
    input.readByte()
    random.readByte(0)
    for (const value of ['5', 5n, Symbol('5'), { valueOf: () => 5 }, null, undefined, [5]]) {
      const position = value as number
      await assertAllFail(
        {
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
        },
        'TypeError',
      )
      assert.equal(input.getFilePointer(), 1)
    }
    input.close()
  })

  suite.it('says which position it refuses, with the code of Node', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    assert.throws(() => input.seek(-1), { code: 'ERR_OUT_OF_RANGE', message: /-1/ })
    assert.throws(() => input.slice('part', 8, 3), {
      code: 'ERR_OUT_OF_RANGE',
      message: /part.*offset=8, length=3, available=10/,
    })
    input.close()
  })

  suite.it('opens, clones and slices an empty file, and reads nothing of it', async ({ directory }) => {
    const input = inputOf(directory, pattern(0))
    assert.equal(input.length(), 0)
    assert.equal(input.getFilePointer(), 0)
    input.seek(0)
    input.skipBytes(0)
    input.readBytes(new Uint8Array(0))
    input.prefetch(0, 0)
    input.updateIOContext(IOContext.READ)
    await input.load()
    assert.throws(() => input.readByte(), { name: 'EndOfFileError' })
    assert.throws(() => input.seek(1), { name: 'EndOfFileError' })
    assert.throws(() => input.readString(), { name: 'EndOfFileError' })
    assert.throws(() => input.slice('past', 0, 1), RangeError)
    assert.equal(input.clone().length(), 0)
    assert.equal(input.slice('all', 0, 0).length(), 0)
    assert.equal(input.randomAccessSlice(0, 0).length(), 0)
    assert.throws(() => input.randomAccessSlice(0, 0).readByte(0), { name: 'EndOfFileError' })
    assert.equal(input.view(0, 0).length, 0)
    assert.equal(input.isLoaded() ?? true, true)
    input.close()
    const checksum = directory.openChecksumInput('file')
    assert.equal(checksum.getChecksum(), 0)
    checksum.close()
  })
}

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
