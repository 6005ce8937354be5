import { describe, expect, it } from 'vitest'

import {
  ByteArrayDataInput,
  ByteArrayDataOutput,
  ByteBuffersDataInput,
  IndexInput,
  Window,
} from '../../src/index.js'

const LENGTH = 64
const MEMORY_GONE = { name: 'TypeError', code: 'ERR_INVALID_STATE' }

const READS: Readonly<Record<string, (input: IndexInput) => unknown>> = {
  readByte: (input) => input.readByte(),
  readShort: (input) => input.readShort(),
  readInt: (input) => input.readInt(),
  readLong: (input) => input.readLong(),
  readSafeLong: (input) => input.readSafeLong(),
  readFloat: (input) => input.readFloat(),
  readDouble: (input) => input.readDouble(),
  readVInt: (input) => input.readVInt(),
  readVLong: (input) => input.readVLong(),
  readSafeVLong: (input) => input.readSafeVLong(),
  readZInt: (input) => input.readZInt(),
  readZLong: (input) => input.readZLong(),
  readGroupVInts: (input) => input.readGroupVInts(new Int32Array(4), 4),
  readString: (input) => input.readString(),
  readMapOfStrings: (input) => input.readMapOfStrings(),
  readSetOfStrings: (input) => input.readSetOfStrings(),
  'readBytes, few': (input) => input.readBytes(new Uint8Array(3)),
  'readBytes, more': (input) => input.readBytes(new Uint8Array(30)),
  view: (input) => input.view(0, 8),
  'readVInt of a slice': (input) => input.slice('part', 0, 4).readVInt(),
  'absolute readByte': (input) => input.randomAccessSlice(0, 4).readByte(0),
  'absolute readBytes': (input) => input.randomAccessSlice(0, 4).readBytes(0, new Uint8Array(4)),
}

const LOSSES: Readonly<Record<string, (buffer: ArrayBuffer) => void>> = {
  detached: (buffer) => void structuredClone(buffer, { transfer: [buffer] }),
  shrunk: (buffer) => (buffer as unknown as { resize(length: number): void }).resize(0),
}

function shrinkable(): ArrayBuffer {
  return new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(LENGTH, {
    maxByteLength: LENGTH,
  })
}

function errorOf(action: () => unknown): unknown {
  try {
    return { result: action() }
  } catch (error) {
    return error
  }
}

describe.each(Object.keys(LOSSES))('a program’s array that is %s while it is read', (how) => {
  it.each(Object.keys(READS))('is an error and not a value: %s', (name) => {
    for (const warm of [true, false]) {
      for (const from of [
        (bytes: Uint8Array) => ByteArrayDataInput.from(bytes),
        (bytes: Uint8Array) => ByteBuffersDataInput.from([bytes, new Uint8Array(3)]),
      ]) {
        const buffer = shrinkable()
        const input = from(new Uint8Array(buffer).fill(5))
        if (warm) {
          input.readByte()
          input.seek(0)
        }
        LOSSES[how]!(buffer)
        const error = errorOf(() => READS[name]!(input))
        expect(error).toBeInstanceOf(TypeError)
        expect(input.getFilePointer()).toBe(0)
      }
    }
  })

  it.each(['readByte', 'readVInt', 'readString', 'readBytes, few', 'view', 'absolute readByte'])(
    'is named by the error: %s',
    (name) => {
      for (const warm of [true, false]) {
        const buffer = shrinkable()
        const input = ByteArrayDataInput.from(new Uint8Array(buffer).fill(5))
        if (warm) {
          input.readByte()
          input.seek(0)
        }
        LOSSES[how]!(buffer)
        expect(errorOf(() => READS[name]!(input))).toMatchObject(MEMORY_GONE)
      }
    },
  )

  it('takes no byte of a ByteArrayDataOutput', () => {
    const buffer = shrinkable()
    const output = new ByteArrayDataOutput(new Uint8Array(buffer))
    output.writeByte(1)
    LOSSES[how]!(buffer)
    for (const write of [
      () => output.writeByte(1),
      () => output.writeShort(1),
      () => output.writeInt(1),
      () => output.writeLong(1),
      () => output.writeVInt(300),
      () => output.writeString('abc'),
      () => output.writeBytes(new Uint8Array(3)),
    ]) {
      expect(errorOf(write)).toMatchObject(MEMORY_GONE)
      expect(output.getPosition()).toBe(1)
    }
  })
})

describe('a source of a program’s own', () => {
  it('whose window is longer than its bytes is refused', () => {
    const window = new Window(0, new Uint8Array(16).fill(7))
    const input = IndexInput.from(
      { length: 100, window: () => Object.assign(window, { length: 100 }), close() {} },
      'mine',
    )
    input.seek(20)
    expect(errorOf(() => input.readByte())).toMatchObject({ code: 'ERR_INVALID_RETURN_VALUE' })
    expect(errorOf(() => input.randomAccessSlice(0, 100).readByte(20))).toMatchObject({
      code: 'ERR_INVALID_RETURN_VALUE',
    })
  })
})
