import type { Directory } from '../store/directory.js'
import type { IndexInput } from '../store/index-input.js'

/**
 * Does some of the work and returns how many calls or bytes that was. What `settle` undoes
 * afterwards is not measured.
 */
export interface BenchWork {
  (): number
  settle?: () => void
}

/** One thing to measure over an open file. */
export interface BenchCase {
  readonly name: string
  readonly title: string
  readonly unit: 'ns' | 'GB/s'
  readonly prepare: (input: IndexInput, directory: Directory, file: string) => BenchWork
}

/**
 * Calls between two looks at the clock. One long loop is bimodal in V8: the same source was seen to
 * take 1.25 and 5.65 ns a read.
 */
export const BATCH = 4096

/** Far more places than a processor's cache has lines for. */
const PLACES = 2 ** 18

/** Keeps the engine from leaving out work whose result nobody uses. */
export function keep(value: unknown): void {
  sink = value
}

let sink: unknown

/** To be called at the end, so that what was kept has a reader. */
export function wasKept(): boolean {
  return sink !== undefined
}

/**
 * What `length` elements are copied to. Begins in the middle of a page where the allocator is glibc's,
 * which gives a buffer of this length pages of its own and keeps their first 16 bytes. Where in its
 * page a target lies decides by up to six times how fast it is filled: what is loaded waits for what
 * was stored shortly before, where both have the same place in their pages. Pages that nobody writes
 * to take no memory.
 */
export function makeTarget<Elements>(
  Kind: new (buffer: ArrayBuffer, byteOffset: number, length: number) => Elements,
  length: number,
): Elements {
  return new Kind(new ArrayBuffer(2 ** 25), 2032, length)
}

/**
 * Gives BATCH positions at a time out of many all over [0, length), the same in every process (a
 * linear congruential generator).
 */
export function positions(length: number, width: number): () => Float64Array {
  const places = new Float64Array(PLACES)
  let seed = 20_26_11
  for (let i = 0; i < PLACES; i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    places[i] = Math.floor((seed / 2 ** 32) * Math.max(length - width, 1))
  }
  let next = 0
  return () => {
    const from = next
    next = (next + BATCH) % PLACES
    return places.subarray(from, from + BATCH)
  }
}

/** Reads the whole file in pieces of the given length. */
export function sequential(piece: number): BenchCase['prepare'] {
  return (input) => {
    const length = input.length()
    const target = makeTarget(Uint8Array, Math.min(piece, length))
    return () => {
      input.seek(0)
      let done = 0
      for (; done + target.length <= length; done += target.length) input.readBytes(target)
      return done
    }
  }
}

/**
 * Reads integers of 32 bits, of at most `width` bytes each, one after the other, from the start again when
 * less than BATCH of them are left of the first `span` bytes. Not summed: V8 keeps a sum that may exceed
 * 32 bits on the heap in some processes.
 */
export function integers(
  width: number,
  read: (input: IndexInput) => number,
  span = Infinity,
): BenchCase['prepare'] {
  return inSequence(width, span, (input, count) => {
    let mixed = 0
    for (let i = 0; i < count; i++) mixed ^= read(input)
    keep(mixed)
  })
}

/** As integers(), of numbers of any kind. */
export function numbers(
  width: number,
  read: (input: IndexInput) => number,
  span = Infinity,
): BenchCase['prepare'] {
  return inSequence(width, span, (input, count) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += read(input)
    keep(sum)
  })
}

function inSequence(
  width: number,
  span: number,
  read: (input: IndexInput, count: number) => void,
): BenchCase['prepare'] {
  return (input) => {
    const length = Math.min(input.length(), span)
    const count = Math.min(BATCH, Math.floor(length / width))
    const end = length - count * width
    return () => {
      if (input.getFilePointer() > end) input.seek(0)
      read(input, count)
      return count
    }
  }
}

/** Reads an int32 at places all over the first `span` bytes. */
export function randomInts(span = Infinity): BenchCase['prepare'] {
  return (input) => {
    const places = positions(Math.min(input.length(), span), 4)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < BATCH; i++) {
        input.seek(at[i]!)
        sum ^= input.readInt()
      }
      keep(sum)
      return BATCH
    }
  }
}

/** As randomInts(), without a position of its own. */
export function absoluteInts(span = Infinity): BenchCase['prepare'] {
  return (input) => {
    const reader = input.randomAccessSlice(0, input.length())
    const places = positions(Math.min(input.length(), span), 4)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < BATCH; i++) sum ^= reader.readInt(at[i]!)
      keep(sum)
      return BATCH
    }
  }
}

/** What the command line's `bench` measures. Any file will do. */
export const BENCH_CASES: readonly BenchCase[] = [
  { name: 'read-1m', title: 'readBytes 1 MiB in sequence', unit: 'GB/s', prepare: sequential(2 ** 20) },
  { name: 'read-16k', title: 'readBytes 16 KiB in sequence', unit: 'GB/s', prepare: sequential(2 ** 14) },
  { name: 'read-1k', title: 'readBytes 1 KiB in sequence', unit: 'GB/s', prepare: sequential(2 ** 10) },
  {
    name: 'byte',
    title: 'readByte in sequence',
    unit: 'ns',
    prepare: integers(1, (input) => input.readByte()),
  },
  { name: 'int', title: 'readInt in sequence', unit: 'ns', prepare: integers(4, (input) => input.readInt()) },
  {
    name: 'double',
    title: 'readDouble in sequence',
    unit: 'ns',
    prepare: numbers(8, (input) => input.readDouble()),
  },
  {
    name: 'random',
    title: 'seek + readInt at random',
    unit: 'ns',
    prepare: randomInts(),
  },
  { name: 'absolute', title: 'readInt(position) at random', unit: 'ns', prepare: absoluteInts() },
  {
    name: 'clone',
    title: 'clone',
    unit: 'ns',
    prepare: (input) => () => {
      for (let i = 0; i < BATCH; i++) keep(input.clone())
      return BATCH
    },
  },
  {
    name: 'slice',
    title: 'slice of 4 KiB',
    unit: 'ns',
    prepare: (input) => {
      const length = Math.min(4096, input.length())
      const places = positions(input.length(), length)
      return () => {
        const at = places()
        for (let i = 0; i < BATCH; i++) keep(input.slice('part', at[i]!, length))
        return BATCH
      }
    },
  },
  {
    name: 'clone-read',
    title: 'clone + seek + readInt at random',
    unit: 'ns',
    prepare: (input) => {
      const places = positions(input.length(), 4)
      return () => {
        const at = places()
        let sum = 0
        for (let i = 0; i < BATCH; i++) {
          const clone = input.clone()
          clone.seek(at[i]!)
          sum ^= clone.readInt()
        }
        keep(sum)
        return BATCH
      }
    },
  },
  {
    name: 'open',
    title: 'open and close',
    unit: 'ns',
    prepare: (_input, directory, file) => () => {
      for (let i = 0; i < 64; i++) directory.openInput(file).close()
      return 64
    },
  },
]
