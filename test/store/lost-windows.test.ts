import { describe, expect, it } from 'vitest'

import {
  FileFaultError,
  IndexInput,
  type RandomAccessInput,
  Window,
  type WindowSource,
} from '../../src/index.js'

/** Where the value begins that is read, in a window that begins elsewhere in the file. */
const START = 100
const PLACE = 7
const FAULT = new FileFaultError('pages are lost', {})

interface Read {
  /** Bytes of the value. */
  readonly length: number
  readonly read: (input: IndexInput) => unknown
  readonly random?: (input: RandomAccessInput, position: number) => unknown
}

/** Values of which no byte is 0 as long as nothing is lost. */
const READS: Readonly<Record<string, Read>> = {
  readByte: { length: 1, read: (input) => input.readByte(), random: (input, at) => input.readByte(at) },
  readShort: { length: 2, read: (input) => input.readShort(), random: (input, at) => input.readShort(at) },
  readInt: { length: 4, read: (input) => input.readInt(), random: (input, at) => input.readInt(at) },
  readLong: { length: 8, read: (input) => input.readLong(), random: (input, at) => input.readLong(at) },
  readFloat: { length: 4, read: (input) => input.readFloat(), random: (input, at) => input.readFloat(at) },
  readDouble: { length: 8, read: (input) => input.readDouble(), random: (input, at) => input.readDouble(at) },
  readSafeLong: {
    length: 8,
    read: (input) => input.readSafeLong(),
    random: (input, at) => input.readSafeLong(at),
  },
  readVInt: { length: 1, read: (input) => input.readVInt() },
  readSafeVLong: { length: 1, read: (input) => input.readSafeVLong() },
  readSafeZLong: { length: 1, read: (input) => input.readSafeZLong() },
}

/** Those that look whether anything is lost each time, as they copy or mask what they read. */
const ALWAYS: Readonly<Record<string, Read>> = {
  readGroupVInts: { length: 17, read: (input) => input.readGroupVInts(new Int32Array(4), 4) },
  readString: { length: 5, read: (input) => input.readString() },
  readBytes: {
    length: 3,
    read: (input) => input.readBytes(new Uint8Array(3)),
    random: (input, at) => input.readBytes(at, new Uint8Array(3)),
  },
}

/** Bytes that are no zeros, with what each of the reads needs to succeed, zeros from some place on. */
function bytesUpTo(name: string, whole: number): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x11)
  if (name === 'readSafeLong') bytes[PLACE + 7] = 0xff // of a negative number that is not too large
  if (name === 'readSafeLong') bytes[PLACE + 6] = 0xf1
  if (name === 'readString') bytes[PLACE] = 4
  bytes.fill(0, PLACE + whole)
  return bytes
}

interface Made {
  /** Reads the value, in a window that the reader is in already. */
  readonly attempt: () => unknown
  readonly input: IndexInput
  /** How often the source was asked what was lost. */
  readonly asked: boolean[]
}

/** Bytes are lost, from some place on, after a reader came into their window. */
function losing(way: Way, bytes: Uint8Array, lost: boolean): Made {
  const asked: boolean[] = []
  const memory = new Uint8Array(bytes.length).fill(0x11)
  const health = new Int32Array([1])
  const window = new Window(START, memory, memory.length, health)
  const source: WindowSource = {
    length: START + bytes.length,
    window: () => window,
    fault: (closely) => {
      asked.push(closely)
      return FAULT
    },
    close: () => {},
  }
  const input = IndexInput.from(source, 'lossy')
  const attempt = way(input)
  memory.set(bytes)
  health[0] = lost ? 0 : 1
  return { attempt, input, asked }
}

type Way = (input: IndexInput) => () => unknown

function ways({ read, random }: Read): [string, Way][] {
  const inSequence: Way = (input) => {
    input.seek(START + PLACE - 1)
    input.readByte()
    return () => read(input)
  }
  const anywhere: Way = (input) => {
    const part = input.randomAccessSlice(START - 10, 64 + 10)
    part.readByte(PLACE + 9)
    return () => random!(part, PLACE + 10)
  }
  return [
    ['in sequence', inSequence],
    ...(random === undefined ? [] : [['anywhere', anywhere] as [string, Way]]),
  ]
}

const CASES = [...Object.entries(READS), ...Object.entries(ALWAYS)].flatMap(([name, read]) =>
  ways(read).map(([kind, way]) => ({ name, kind, way, length: read.length })),
)

describe.each(CASES)('$name, $kind', ({ name, way, length }) => {
  it('is an error wherever a byte of it is lost', () => {
    for (let whole = 0; whole < length; whole++) {
      const { attempt, input, asked } = losing(way, bytesUpTo(name, whole), true)
      expect(attempt).toThrow(FAULT)
      expect(asked).toEqual([false])
      // And from then on whatever is read.
      expect(() => input.length()).toThrow(FAULT)
      expect(asked).toEqual([false])
    }
  })

  it('asks nobody where nothing is lost, zeros or not', () => {
    for (let whole = 0; whole <= length; whole++) {
      if (name === 'readSafeLong' && whole === 7) continue // is too large for a number then
      const { attempt, asked } = losing(way, bytesUpTo(name, whole), false)
      expect(attempt).not.toThrow()
      expect(asked).toEqual([])
    }
  })

  it.skipIf(name in ALWAYS)('is what it was where only what lies behind it is lost', () => {
    const { attempt, asked } = losing(way, bytesUpTo(name, length), true)
    const { attempt: expected } = losing(way, bytesUpTo(name, length), false)
    expect(attempt()).toEqual(expected())
    expect(asked).toEqual([])
  })
})
