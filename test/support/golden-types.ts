import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { CodecUtil, type DataInput, type IndexOutput } from '../../src/index.js'

/** One call with which Lucene wrote the file: see test/fixtures/types/README.md. */
export interface GoldenStep {
  readonly op: string
  readonly value: unknown
  readonly start: number
  readonly end: number
}

const DIRECTORY = new URL('../fixtures/types/', import.meta.url)

export const GOLDEN_BYTES: Uint8Array = readFileSync(fileURLToPath(new URL('types.bin', DIRECTORY)))
export const GOLDEN_STEPS = JSON.parse(
  readFileSync(fileURLToPath(new URL('types.json', DIRECTORY)), 'utf8'),
) as readonly GoldenStep[]

const strings = (value: unknown): string[] => value as string[]
const int32s = (value: unknown): Int32Array => Int32Array.from(strings(value), Number)

/** The same bytes as Lucene's: b[i] = (i · i) % 251 in int32. */
function madeBytes(value: unknown): Uint8Array {
  const { length } = value as { length: number }
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (Math.imul(i, i) | 0) % 251
  return bytes
}

/** What a string becomes in UTF-8 and back: half a surrogate pair turns into U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

const CODEC_MAGIC = 0x3fd7_6c17

function bigEndian(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value | 0, i * 4)
  return bytes
}

interface Header {
  readonly codec: string
  readonly version: number
  readonly id: string
  readonly suffix: string
}

/** The header as Lucene documents it: magic, codec, version, id, suffix. */
function headerBytes(value: unknown): Buffer {
  const { codec, version, id, suffix } = value as Header
  return Buffer.concat([
    bigEndian(CODEC_MAGIC),
    Buffer.of(codec.length),
    Buffer.from(codec, 'latin1'),
    bigEndian(version),
    Buffer.from(id, 'hex'),
    Buffer.of(suffix.length),
    Buffer.from(suffix, 'latin1'),
  ])
}

interface Operation {
  write(output: IndexOutput, value: unknown): void
  /** Reads the value, and what it has to equal. */
  read(input: DataInput, value: unknown, step: GoldenStep): readonly [actual: unknown, expected: unknown]
}

function bytesRead(input: DataInput, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  input.readBytes(bytes)
  return bytes
}

function numeric(
  write: (output: IndexOutput, value: bigint) => void,
  read: (input: DataInput) => bigint | number,
): Operation {
  return {
    write: (output, value) => write(output, BigInt(value as string)),
    read: (input, value) => [BigInt(read(input)), BigInt(value as string)],
  }
}

export const GOLDEN_OPERATIONS: Readonly<Record<string, Operation>> = {
  indexHeader: {
    write: (output, value) => {
      const { codec, version, id, suffix } = value as Header
      CodecUtil.writeIndexHeader(output, codec, version, Buffer.from(id, 'hex'), suffix)
    },
    read: (input, value, { start, end }) => [bytesRead(input, end - start), headerBytes(value)],
  },
  byte: numeric(
    (output, value) => output.writeByte(Number(value)),
    (input) => (input.readByte() << 24) >> 24,
  ),
  short: numeric(
    (output, value) => output.writeShort(Number(value)),
    (input) => input.readShort(),
  ),
  int: numeric(
    (output, value) => output.writeInt(Number(value)),
    (input) => input.readInt(),
  ),
  long: numeric(
    (output, value) => output.writeLong(value),
    (input) => input.readLong(),
  ),
  vint: numeric(
    (output, value) => output.writeVInt(Number(value)),
    (input) => input.readVInt(),
  ),
  vlong: numeric(
    (output, value) => output.writeVLong(value),
    (input) => input.readVLong(),
  ),
  zint: numeric(
    (output, value) => output.writeZInt(Number(value)),
    (input) => input.readZInt(),
  ),
  zlong: numeric(
    (output, value) => output.writeZLong(value),
    (input) => input.readZLong(),
  ),
  string: {
    write: (output, value) => output.writeString(value as string),
    read: (input, value) => [input.readString(), wellFormed(value as string)],
  },
  mapOfStrings: {
    write: (output, value) =>
      output.writeMapOfStrings(new Map(Object.entries(value as Record<string, string>))),
    read: (input, value) => [
      input.readMapOfStrings(),
      new Map(Object.entries(value as Record<string, string>)),
    ],
  },
  setOfStrings: {
    write: (output, value) => output.writeSetOfStrings(new Set(strings(value))),
    read: (input, value) => [input.readSetOfStrings(), new Set(strings(value))],
  },
  groupVInts: {
    write: (output, value) => output.writeGroupVInts(int32s(value), strings(value).length),
    read: (input, value) => {
      const target = new Int32Array(strings(value).length)
      input.readGroupVInts(target, target.length)
      return [target, int32s(value)]
    },
  },
  align64: {
    write: (output) => void output.alignFilePointer(64),
    read: (input, _, { start, end }) => [bytesRead(input, end - start), Buffer.alloc(end - start)],
  },
  ints: {
    write: (output, value) => output.writeInts(int32s(value)),
    read: (input, value) => {
      const target = new Int32Array(strings(value).length)
      input.readInts(target)
      return [target, int32s(value)]
    },
  },
  longs: {
    write: (output, value) => output.writeLongs(BigInt64Array.from(strings(value), BigInt)),
    read: (input, value) => {
      const target = new BigInt64Array(strings(value).length)
      input.readLongs(target)
      return [target, BigInt64Array.from(strings(value), BigInt)]
    },
  },
  floats: {
    write: (output, value) => output.writeFloats(Float32Array.from(strings(value), Number)),
    read: (input, value) => {
      const target = new Float32Array(strings(value).length)
      input.readFloats(target)
      return [target, Float32Array.from(strings(value), Number)]
    },
  },
  bytes: {
    write: (output, value) => output.writeBytes(madeBytes(value)),
    read: (input, value, { start, end }) => [bytesRead(input, end - start), Buffer.from(madeBytes(value))],
  },
  footer: {
    write: (output) => CodecUtil.writeFooter(output),
    read: (input) => [
      bytesRead(input, 8), // the checksum after them has a test of its own
      (input.skipBytes(8), bigEndian(~CODEC_MAGIC, 0)),
    ],
  },
}
