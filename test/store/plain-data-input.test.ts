import { describe, expect, it } from 'vitest'

import { ByteBuffersDataOutput, CorruptIndexError, DataInput, EndOfFileError } from '../../src/index.js'

/** A DataInput with nothing but what it has to have. */
class PlainInput extends DataInput {
  position = 0

  constructor(readonly bytes: Uint8Array) {
    super()
  }

  readByte(): number {
    this.need(1, 'a byte')
    return this.bytes[this.position++]!
  }

  readBytes(target: Uint8Array, offset = 0, length = target.length - offset): void {
    this.need(length, 'bytes')
    target.set(this.bytes.subarray(this.position, this.position + length), offset)
    this.position += length
  }

  skipBytes(count: number): void {
    this.need(count, 'bytes')
    this.position += count
  }

  protected atomically<T>(read: () => T): T {
    const { position } = this
    try {
      return read()
    } catch (error) {
      this.position = position
      throw error
    }
  }

  protected need(bytes: number, what: string): void {
    if (bytes > this.bytes.length - this.position) throw new EndOfFileError(what, {})
  }
}

function over(write: (output: ByteBuffersDataOutput) => void): PlainInput {
  const output = new ByteBuffersDataOutput()
  write(output)
  return new PlainInput(output.toArrayCopy())
}

describe('an input of a program’s own, which reads bytes only', () => {
  it('reads every value', () => {
    const group = Int32Array.of(1, 300, 70_000, 20_000_000, 5, 6, 7)
    const input = over((output) => {
      output.writeShort(-2)
      output.writeInt(-3)
      output.writeLong(-4n)
      output.writeLong(2 ** 53 - 1)
      output.writeFloat(1.5)
      output.writeDouble(Math.PI)
      output.writeVInt(128)
      output.writeVLong(2n ** 62n)
      output.writeZInt(-128)
      output.writeGroupVInts(group, 7)
      output.writeString('é')
      output.writeMapOfStrings(new Map([['a', 'b']]))
      output.writeSetOfStrings(new Set(['c', 'd']))
    })
    expect(input.readShort()).toBe(-2)
    expect(input.readInt()).toBe(-3)
    expect(input.readLong()).toBe(-4n)
    expect(input.readSafeLong()).toBe(2 ** 53 - 1)
    expect(input.readFloat()).toBe(1.5)
    expect(input.readDouble()).toBe(Math.PI)
    expect(input.readVInt()).toBe(128)
    expect(input.readVLong()).toBe(2n ** 62n)
    expect(input.readZInt()).toBe(-128)
    const target = new Int32Array(8)
    input.readGroupVInts(target, 7)
    expect(Array.from(target)).toEqual([...group, 0])
    expect(input.readString()).toBe('é')
    expect(input.readMapOfStrings()).toEqual(new Map([['a', 'b']]))
    expect(input.readSetOfStrings()).toEqual(new Set(['c', 'd']))
    expect(input.position).toBe(input.bytes.length)
  })

  it.each<[string, (output: ByteBuffersDataOutput) => void, (input: PlainInput) => unknown, unknown]>([
    [
      'a long that no number holds',
      (output) => output.writeLong(2n ** 53n),
      (input) => input.readSafeLong(),
      RangeError,
    ],
    [
      'a group that is cut off',
      (output) => {
        output.writeGroupVInts(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 2 ** 30), 7)
        output.writeByte(0x80)
      },
      (input) => input.readGroupVInts(new Int32Array(8), 8),
      EndOfFileError,
    ],
    [
      'a set with a string twice',
      (output) => {
        output.writeVInt(2)
        output.writeString('a')
        output.writeString('a')
      },
      (input) => input.readSetOfStrings(),
      CorruptIndexError,
    ],
    [
      'a string longer than what is left',
      (output) => output.writeVInt(5),
      (input) => input.readString(),
      EndOfFileError,
    ],
  ])('stays where it was when it fails: %s', (_, write, read, error) => {
    const input = over(write)
    expect(() => read(input)).toThrow(error as never)
    expect(input.position).toBe(0)
  })
})
