import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

import type { IndexInput, IndexOutput } from '../../index.js'
import { assertBytes, contentOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

const LONGS = [0n, 1n, -1n, 127n, 128n, -128n, 16_383n, 16_384n, 2n ** 31n, -(2n ** 31n) - 1n]
const INT64 = [2n ** 53n - 1n, -(2n ** 53n) + 1n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)]
const INTS = [0, 1, -1, 127, 128, 255, 256, 16_383, 16_384, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1, -(2 ** 31)]
const TEXTS = ['', 'a', 'ü', '日本', '\u{1f600}', '\ufeffmark', 'NUL\0within', 'long '.repeat(2_000)]
const MAP = new Map(TEXTS.map((text, i) => [text, `${i}`]))
const GROUPS = [0, 1, 3, 4, 5, 8, 63, 128].map((length) =>
  Int32Array.from({ length }, (_, i) => INTS[(i * 5) % INTS.length]!),
)

/** A kind of value: how it is written, how it is read, and its bytes as they have to be in the file. */
interface Kind<T> {
  readonly values: readonly T[]
  write(output: IndexOutput, value: T): void
  read(input: IndexInput, value: T): unknown
  bytes?(value: T): Uint8Array
}

function kind<T>(one: Kind<T>): Kind<unknown> {
  return one as Kind<unknown>
}

function fixed(length: number, put: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length)
  put(new DataView(bytes.buffer))
  return bytes
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  return Uint8Array.of(...bytes, Number(value))
}

const zigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
const texts = (values: Iterable<string>): Uint8Array[] =>
  [...values].flatMap((text) => [varint(BigInt(Buffer.byteLength(text))), Buffer.from(text)])

const KINDS: Readonly<Record<string, Kind<unknown>>> = {
  Byte: kind({
    values: [0, 1, 127, 128, 255],
    write: (output, value) => output.writeByte(value),
    read: (input) => input.readByte(),
    bytes: (value) => Uint8Array.of(value),
  }),
  Short: kind({
    values: [0, 1, -1, 255, 256, 2 ** 15 - 1, -(2 ** 15)],
    write: (output, value) => output.writeShort(value),
    read: (input) => input.readShort(),
    bytes: (value) => fixed(2, (view) => view.setInt16(0, value, true)),
  }),
  Int: kind({
    values: INTS,
    write: (output, value) => output.writeInt(value),
    read: (input) => input.readInt(),
    bytes: (value) => fixed(4, (view) => view.setInt32(0, value, true)),
  }),
  Long: kind({
    values: [...LONGS, ...INT64],
    write: (output, value) => output.writeLong(value),
    read: (input) => input.readLong(),
    bytes: (value) => fixed(8, (view) => view.setBigInt64(0, value, true)),
  }),
  SafeLong: kind({
    values: [0, 1, -1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    write: (output, value) => output.writeLong(value),
    read: (input) => input.readSafeLong(),
    bytes: (value) => fixed(8, (view) => view.setBigInt64(0, BigInt(value), true)),
  }),
  Float: kind({
    values: [0, -0, 1.5, Math.fround(-1e-40), 3.4028234663852886e38, Infinity, -Infinity, NaN],
    write: (output, value) => output.writeFloat(value),
    read: (input) => input.readFloat(),
    bytes: (value) => fixed(4, (view) => view.setFloat32(0, value, true)),
  }),
  Double: kind({
    values: [0, -0, Math.PI, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, NaN],
    write: (output, value) => output.writeDouble(value),
    read: (input) => input.readDouble(),
    bytes: (value) => fixed(8, (view) => view.setFloat64(0, value, true)),
  }),
  VInt: kind({
    values: INTS,
    write: (output, value) => output.writeVInt(value),
    read: (input) => input.readVInt(),
    bytes: (value) => varint(BigInt(value >>> 0)),
  }),
  VLong: kind({
    values: [...LONGS, ...INT64].filter((value) => value >= 0n),
    write: (output, value) => output.writeVLong(value),
    read: (input) => input.readVLong(),
    bytes: varint,
  }),
  SafeVLong: kind({
    values: [0, 127, 128, 2 ** 49 - 1, 2 ** 49, Number.MAX_SAFE_INTEGER],
    write: (output, value) => output.writeVLong(value),
    read: (input) => input.readSafeVLong(),
    bytes: (value) => varint(BigInt(value)),
  }),
  ZInt: kind({
    values: INTS,
    write: (output, value) => output.writeZInt(value),
    read: (input) => input.readZInt(),
    bytes: (value) => varint(BigInt(((value << 1) ^ (value >> 31)) >>> 0)),
  }),
  ZLong: kind({
    values: [...LONGS, ...INT64],
    write: (output, value) => output.writeZLong(value),
    read: (input) => input.readZLong(),
    bytes: (value) => varint(zigzag(value)),
  }),
  SafeZLong: kind({
    values: [0, -1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    write: (output, value) => output.writeZLong(value),
    read: (input) => input.readSafeZLong(),
    bytes: (value) => varint(zigzag(BigInt(value))),
  }),
  String: kind({
    values: TEXTS,
    write: (output, value) => output.writeString(value),
    read: (input) => input.readString(),
    bytes: (value) => Buffer.concat(texts([value])),
  }),
  MapOfStrings: kind({
    values: [new Map<string, string>(), MAP],
    write: (output, value) => output.writeMapOfStrings(value),
    read: (input) => input.readMapOfStrings(),
    bytes: (value) => Buffer.concat([varint(BigInt(value.size)), ...texts([...value].flat())]),
  }),
  SetOfStrings: kind({
    values: [new Set<string>(), new Set(TEXTS)],
    write: (output, value) => output.writeSetOfStrings(value),
    read: (input) => input.readSetOfStrings(),
    bytes: (value) => Buffer.concat([varint(BigInt(value.size)), ...texts(value)]),
  }),
  GroupVInts: kind({
    values: GROUPS,
    write: (output, value) => output.writeGroupVInts(value, value.length),
    read: (input, value) => {
      const target = new Int32Array(value.length)
      input.readGroupVInts(target, target.length)
      return target
    },
  }),
  Ints: kind({
    values: GROUPS,
    write: (output, value) => output.writeInts(value),
    read: (input, value) => {
      const target = new Int32Array(value.length)
      input.readInts(target)
      return target
    },
    bytes: (value) =>
      fixed(value.length * 4, (view) => value.forEach((one, i) => view.setInt32(i * 4, one, true))),
  }),
  Longs: kind({
    values: [BigInt64Array.from([...LONGS, ...INT64]), new BigInt64Array(0)],
    write: (output, value) => output.writeLongs(value),
    read: (input, value) => {
      const target = new BigInt64Array(value.length)
      input.readLongs(target)
      return target
    },
    bytes: (value) =>
      fixed(value.length * 8, (view) => value.forEach((one, i) => view.setBigInt64(i * 8, one, true))),
  }),
  Floats: kind({
    values: [Float32Array.of(0, -0, 1.5, NaN, Infinity), new Float32Array(0)],
    write: (output, value) => output.writeFloats(value),
    read: (input, value) => {
      const target = new Float32Array(value.length)
      input.readFloats(target)
      return target
    },
    bytes: (value) =>
      fixed(value.length * 4, (view) => value.forEach((one, i) => view.setFloat32(i * 4, one, true))),
  }),
}

/** Every typed write and read, its bytes, and reads that are torn apart by a boundary. */
export function typedReads(suite: Suite): void {
  for (const [name, one] of Object.entries(KINDS)) {
    suite.it(`writes and reads ${name}`, ({ directory }) => {
      const output = directory.createOutput('file')
      const ends = one.values.map((value) => {
        one.write(output, value)
        return output.getFilePointer()
      })
      const checksum = output.getChecksum()
      output.close()
      const input = directory.openInput('file')
      for (const [i, value] of one.values.entries()) {
        assert.deepEqual(one.read(input, value), value)
        assert.equal(input.getFilePointer(), ends[i])
      }
      input.close()
      const written = contentOf(directory, 'file')
      assert.equal(crc32(written), checksum)
      const { bytes } = one
      if (bytes !== undefined) assertBytes(written, Buffer.concat(one.values.map((value) => bytes(value))))
    })

    suite.it(`reads ${name} across boundaries, from anywhere`, ({ directory }) => {
      const { boundary } = suite
      const value = one.values.at(-1)!
      write(directory, 'alone', (output) => one.write(output, value))
      const bytes = contentOf(directory, 'alone')
      const before = Math.min(bytes.length, 9)
      // The value, so that it begins from 9 bytes before a boundary to right behind it.
      for (let early = 0; early <= before; early++) {
        const file = `file-${early}`
        const start = 2 * boundary - early
        write(directory, file, (output) => {
          output.writeBytes(pattern(start))
          output.writeBytes(bytes)
          output.writeBytes(pattern(3))
        })
        const input = directory.openInput(file)
        for (const reader of [input, input.clone(), input.slice('slice', 3, input.length() - 3)]) {
          const at = start - (input.length() - reader.length())
          reader.seek(at)
          assert.deepEqual(one.read(reader, value), value)
          assert.equal(reader.getFilePointer(), at + bytes.length)
          assert.equal(reader.readByte(), 1)
        }
        input.close()
        directory.deleteFile(file)
      }
    })
  }

  suite.it('puts U+FFFD for half a surrogate pair that it writes', ({ directory }) => {
    write(directory, 'file', (output) => output.writeString('a\ud800b'))
    assertBytes(contentOf(directory, 'file'), Uint8Array.of(5, 97, 0xef, 0xbf, 0xbd, 98))
  })
}
