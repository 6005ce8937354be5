// This package: every case, with the loops of the command line's `bench` where it has them.
import cases from '../../dist/cli/bench-cases.js'
import lib from '../../dist/index.js'
import { ARRAY_LENGTH, HOT, SPAN, WRITTEN } from '../cases.mjs'

const { absoluteInts, BATCH, integers, keep, makeTarget, numbers, positions, randomInts, sequential } = cases
const { ByteBuffersDirectory, FSDirectory, MMapDirectory } = lib

export const OPEN = {
  mmap: (path) => MMapDirectory.open(path, { fallback: false }),
  fs: (path) => FSDirectory.open(path),
  memory(path) {
    const from = FSDirectory.open(path)
    const directory = new ByteBuffersDirectory()
    for (const name of from.listAll()) directory.copyFrom(from, name, name)
    return directory
  },
}

/** Opens a file and prepares the work over it. */
function over(prepare, file = 'plain') {
  return ({ directory, files }) => {
    const input = directory.openInput(files[file])
    return { input, work: prepare(input, directory, files[file]) }
  }
}

/** Reads into the same target, `calls` times between two looks at the clock. */
function filling(make, read, calls) {
  return (input) => {
    const target = make()
    const length = target.byteLength
    const count = Math.min(calls, Math.floor(input.length() / length))
    const end = Math.min(input.length(), SPAN) - count * length
    return () => {
      if (input.getFilePointer() > end) input.seek(0)
      for (let i = 0; i < count; i++) read(input, target)
      return count
    }
  }
}

/** Calls with a place in the file, `calls` times between two looks at the clock. */
function atPlaces(calls, act) {
  return (input) => {
    const width = Math.min(4096, input.length())
    const places = positions(input.length(), width)
    return () => {
      const at = places()
      for (let i = 0; i < calls; i++) keep(act(input, at[i], width))
      return calls
    }
  }
}

/** Opens the file many times; what stays open is closed when the time is taken. */
function opening(open) {
  return (_input, directory, file) => {
    const opened = []
    return Object.assign(
      () => {
        for (let i = 0; i < 64; i++) {
          const input = open(directory, file)
          if (input !== undefined) opened.push(input)
        }
        return 64
      },
      {
        settle() {
          for (const input of opened.splice(0)) input.close()
        },
      },
    )
  }
}

/** Writes a file; it is closed within the time and deleted after it. */
function writing(bytes, write) {
  return ({ directory }) => {
    const work = () => {
      const output = directory.createOutput('written')
      for (let i = 0; i < WRITTEN; i += bytes) write(output, i)
      output.close()
      return WRITTEN
    }
    return { work: Object.assign(work, { settle: () => directory.deleteFile('written') }) }
  }
}

/** bigints that stay within 64 bits, as they have to for an engine that keeps them in a register. */
function longs(input) {
  return () => {
    if (input.getFilePointer() > SPAN - BATCH * 8 || input.getFilePointer() > input.length() - BATCH * 8)
      input.seek(0)
    let sum = 0n
    for (let i = 0; i < BATCH; i++) sum = BigInt.asIntN(64, sum + input.readLong())
    keep(sum)
    return BATCH
  }
}

const piece = new Uint8Array(2 ** 14)

/** @type {Record<string, (context: object) => { input?: object, work: () => number }>} */
export const works = {
  byte: over(integers(1, (input) => input.readByte(), SPAN)),
  int: over(integers(4, (input) => input.readInt(), SPAN)),
  'small-int': over(
    integers(4, (input) => input.readInt(), SPAN),
    'small',
  ),
  long: over(longs),
  'safe-long': over(
    numbers(8, (input) => input.readSafeLong(), SPAN),
    'small',
  ),
  double: over(numbers(8, (input) => input.readDouble(), SPAN)),
  vint: over(
    integers(5, (input) => input.readVInt(), SPAN),
    'vints',
  ),
  'bytes-1m': over(sequential(2 ** 20)),
  'bytes-16k': over(sequential(2 ** 14)),
  'bytes-64': over(
    filling(
      () => new Uint8Array(64),
      (input, target) => input.readBytes(target),
      BATCH,
    ),
  ),
  'bytes-16': over(
    filling(
      () => new Uint8Array(16),
      (input, target) => input.readBytes(target),
      BATCH,
    ),
  ),
  ints: over(
    filling(
      () => makeTarget(Int32Array, ARRAY_LENGTH),
      (input, target) => input.readInts(target),
      256,
    ),
  ),
  longs: over(
    filling(
      () => makeTarget(BigInt64Array, ARRAY_LENGTH),
      (input, target) => input.readLongs(target),
      256,
    ),
  ),
  floats: over(
    filling(
      () => makeTarget(Float32Array, ARRAY_LENGTH),
      (input, target) => input.readFloats(target),
      256,
    ),
  ),
  random: over(randomInts()),
  'random-hot': over(randomInts(HOT)),
  absolute: over(absoluteInts()),
  'absolute-hot': over(absoluteInts(HOT)),
  clone: over(atPlaces(BATCH, (input) => input.clone())),
  slice: over(atPlaces(BATCH, (input, at, length) => input.slice('part', at, length))),
  'random-access-slice': over(atPlaces(BATCH, (input, at, length) => input.randomAccessSlice(at, length))),
  prefetch: over(atPlaces(256, (input, at, length) => input.prefetch(at, length))),
  'prefetch-clone': over(atPlaces(256, (input, at, length) => input.clone().prefetch(at, length))),
  'open-close': over(opening((directory, file) => directory.openInput(file).close())),
  'open-read-close': over(
    opening((directory, file) => {
      const input = directory.openInput(file)
      keep(input.readByte())
      input.close()
    }),
  ),
  open: over(opening((directory, file) => directory.openInput(file))),
  crc: over((_input, directory, file) => () => {
    const input = directory.openChecksumInput(file)
    const length = input.length()
    input.seek(length)
    keep(input.getChecksum())
    input.close()
    return length
  }),
  'write-byte': writing(1, (output, i) => output.writeByte(i & 0xff)),
  'write-int': writing(4, (output, i) => output.writeInt(i)),
  'write-long': writing(8, (output, i) => output.writeLong(i)),
  'write-16k': writing(piece.length, (output) => output.writeBytes(piece)),
}
