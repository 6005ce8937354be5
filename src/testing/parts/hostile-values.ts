import assert from 'node:assert/strict'

import { inputOf, pattern } from '../files.js'
import { assertAllFail, type Attempts } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** Lengths that lie, keys that appear twice, arguments that are something else: what a file or a caller may come up with. */
export function hostileValues(suite: Suite): void {
  const near = suite.boundary

  suite.it('stays where it was when a part of a map fails', ({ directory }) => {
    // A map of two pairs whose second value says that it has 100 bytes.
    const input = inputOf(directory, (output) => {
      output.writeBytes(pattern(near - 3)) // so that it lies across windows
      output.writeVInt(2)
      for (const text of ['key', 'value', 'key2']) output.writeString(text)
      output.writeVInt(100)
      output.writeByte(1)
    })
    const start = near - 3
    input.seek(start)
    assert.throws(() => input.readMapOfStrings(), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), start)
    assert.doesNotThrow(() => input.readSetOfStrings())
    input.close()
  })

  suite.it('refuses keys that appear twice', ({ directory }) => {
    const input = inputOf(directory, (output) => {
      output.writeVInt(2)
      for (const text of ['a', 'b', 'a', 'c']) output.writeString(text)
      output.writeVInt(2)
      for (const text of ['a', 'a']) output.writeString(text)
    })
    assert.throws(() => input.readMapOfStrings(), { name: 'CorruptIndexError' })
    assert.equal(input.getFilePointer(), 0)
    input.seek(9)
    assert.throws(() => input.readSetOfStrings(), { name: 'CorruptIndexError' })
    assert.equal(input.getFilePointer(), 9)
    input.close()
  })

  suite.it('stays where it was when group-varints end in the middle', ({ directory }) => {
    const values = Int32Array.from({ length: 40 }, (_, i) => i * 70_000)
    const input = inputOf(directory, (output) => output.writeGroupVInts(values, 40))
    const target = new Int32Array(44)
    assert.throws(() => input.readGroupVInts(target, 44), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), 0)
    input.readGroupVInts(target, 40)
    assert.deepEqual(target.subarray(0, 40), values)
    assert.equal(input.getFilePointer(), input.length())
    input.close()
  })

  suite.it('stays where it was when a long is not a safe integer', ({ directory }) => {
    const input = inputOf(directory, (output) => {
      output.writeLong(2n ** 53n)
      output.writeLong(-(2n ** 53n))
      output.writeVLong(2n ** 53n)
      output.writeZLong(-(2n ** 53n))
      output.writeLong(2n ** 53n - 1n)
      output.writeLong(-(2n ** 53n) + 1n)
    })
    const random = input.randomAccessSlice(0, 16)
    assert.throws(() => random.readSafeLong(0), RangeError)
    assert.throws(() => random.readSafeLong(8), RangeError)
    assert.throws(() => input.readSafeLong(), RangeError)
    assert.equal(input.getFilePointer(), 0)
    assert.equal(input.readLong(), 2n ** 53n)
    assert.throws(() => input.readSafeLong(), RangeError)
    assert.equal(input.readLong(), -(2n ** 53n))
    assert.throws(() => input.readSafeVLong(), RangeError)
    assert.equal(input.getFilePointer(), 16)
    assert.equal(input.readVLong(), 2n ** 53n)
    const position = input.getFilePointer()
    assert.throws(() => input.readSafeZLong(), RangeError)
    assert.equal(input.getFilePointer(), position)
    assert.equal(input.readZLong(), -(2n ** 53n))
    assert.equal(input.readSafeLong(), Number.MAX_SAFE_INTEGER)
    assert.equal(input.readSafeLong(), Number.MIN_SAFE_INTEGER)
    input.close()
  })

  for (const method of ['readString', 'readMapOfStrings', 'readSetOfStrings'] as const) {
    suite.it(`takes no memory for a length that is not there: ${method}`, ({ directory }) => {
      const hostile = inputOf(directory, Uint8Array.of(...TWO_GIB, 1, 2, 3))
      const bytes = taken(() => {
        assert.throws(() => hostile[method](), { name: 'EndOfFileError' })
      })
      assert(bytes < 2 ** 20, `${bytes} bytes were taken`)
      assert.equal(hostile.getFilePointer(), 0)
      hostile.close()
    })
  }

  suite.it('takes no memory for a string within a map', ({ directory }) => {
    const hostile = inputOf(directory, Uint8Array.of(1, ...TWO_GIB, 1, 2, 3))
    const bytes = taken(() => {
      assert.throws(() => hostile.readMapOfStrings(), { name: 'EndOfFileError' })
    })
    assert(bytes < 2 ** 20, `${bytes} bytes were taken`)
    assert.equal(hostile.getFilePointer(), 0)
    hostile.close()
  })

  suite.it('finds a map too long that has not two bytes for each entry', ({ directory }) => {
    const hostile = inputOf(directory, Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0))
    assert.throws(() => hostile.readMapOfStrings(), { name: 'EndOfFileError' })
    assert.equal(hostile.getFilePointer(), 0)
    hostile.close()
  })

  for (const method of ['readString', 'readMapOfStrings', 'readSetOfStrings'] as const) {
    suite.it(`takes a negative length for damage: ${method}`, ({ directory }) => {
      const hostile = inputOf(directory, Uint8Array.of(...MINUS_ONE, 1, 2, 3))
      assert.throws(() => hostile[method](), { name: 'CorruptIndexError' })
      assert.equal(hostile.getFilePointer(), 0)
      hostile.close()
    })
  }

  suite.it('reads a string that ends with the file, and none that ends one byte later', ({ directory }) => {
    const exact = inputOf(directory, Uint8Array.of(3, 97, 98, 99))
    assert.equal(exact.readString(), 'abc')
    exact.close()
    const short = inputOf(directory, Uint8Array.of(4, 97, 98, 99))
    assert.throws(() => short.readString(), { name: 'EndOfFileError' })
    const slice = inputOf(directory, Uint8Array.of(3, 97, 98, 99)).slice('slice', 0, 3)
    assert.throws(() => slice.readString(), { name: 'EndOfFileError' })
    assert.equal(slice.getFilePointer(), 0)
    short.close()
  })

  suite.it('puts U+FFFD for what is no UTF-8, and keeps a byte order mark', ({ directory }) => {
    const odd = inputOf(directory, Uint8Array.of(8, 0xef, 0xbb, 0xbf, 0x61, 0xff, 0xc3, 0x28, 0xed))
    assert.equal(odd.readString(), '\ufeffa\ufffd\ufffd(\ufffd')
    odd.close()
  })

  suite.it('stops after five bytes of an int and ten of a long', ({ directory }) => {
    const endless = inputOf(directory, Uint8Array.of(...Array.from({ length: 20 }, () => 0xff)))
    assert.equal(endless.readVInt(), -1)
    assert.equal(endless.getFilePointer(), 5)
    endless.seek(0)
    assert.equal(endless.readVLong(), -1n)
    assert.equal(endless.getFilePointer(), 10)
    assert.equal(endless.readSafeVLong(), -1)
    assert.equal(endless.getFilePointer(), 20)
    endless.close()
  })

  suite.it('refuses targets of the wrong kind', async ({ directory }) => {
    const one = inputOf(directory, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
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
    await assertAllFail(attempts, 'TypeError')
    assert.equal(one.getFilePointer(), 0)
    one.close()
  })

  suite.it(
    'hands its own memory to nobody: not to a subclass, not to a patched prototype',
    ({ directory }) => {
      const bytes = Uint8Array.from({ length: 6_000 }, (_, i) => i)
      const one = inputOf(directory, bytes)
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
      assert.deepEqual(seen, [])
      assert.equal(value, 0x07060504)
      assert.equal(target[4_000], 4_000 & 0xff)
      one.close()
    },
    'guardedMemory',
  )
}

const TWO_GIB = [0xff, 0xff, 0xff, 0xff, 0x07] // 2^31 − 1 as a vInt
const MINUS_ONE = [0xff, 0xff, 0xff, 0xff, 0x0f]

/** What the process has taken for arrays outside the heap while `action` ran. */
function taken(action: () => void): number {
  const before = process.memoryUsage().arrayBuffers
  action()
  return process.memoryUsage().arrayBuffers - before
}
