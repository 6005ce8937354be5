import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import type { IndexInput } from '../../src/index.js'
import { examples } from '../support/brief.js'
import { type DirectoryKind, describeEachDirectory } from '../support/directories.js'
import { write } from '../support/files.js'
import { Failure, FIXED_READS, InputModel, readGroupVInts, READS } from '../../src/testing/input-model.js'

/** A place in an input, told by the nearest window boundary, so that most places are near one. */
interface Place {
  readonly boundary: number
  readonly delta: number
}

type Operation =
  | { readonly op: 'read'; readonly method: keyof typeof READS }
  | { readonly op: 'readAt'; readonly method: keyof typeof FIXED_READS; readonly place: Place }
  | { readonly op: 'readBytes'; readonly offset: number; readonly length: number; readonly room: number }
  | { readonly op: 'readBytesAt'; readonly place: Place; readonly length: number }
  | {
      readonly op: 'elements'
      readonly method: 'readInts' | 'readLongs' | 'readFloats'
      readonly offset: number
      readonly length: number
    }
  | { readonly op: 'groupVInts'; readonly count: number }
  | { readonly op: 'seek' | 'skip'; readonly place: Place }
  | { readonly op: 'clone' }
  | { readonly op: 'slice' | 'random' | 'view'; readonly place: Place; readonly length: Place }

const place: fc.Arbitrary<Place> = fc.record({ boundary: fc.nat(7), delta: fc.integer({ min: -9, max: 9 }) })
const length = fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, fc.nat(20_000))

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('read' as const),
      method: fc.constantFrom(...(Object.keys(READS) as (keyof typeof READS)[])),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('readAt' as const),
      method: fc.constantFrom(...(Object.keys(FIXED_READS) as (keyof typeof FIXED_READS)[])),
      place,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('readBytes' as const),
      offset: fc.nat(9),
      length,
      room: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('readBytesAt' as const), place, length }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('elements' as const),
      method: fc.constantFrom('readInts' as const, 'readLongs' as const, 'readFloats' as const),
      offset: fc.nat(3),
      length: fc.nat(12),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('groupVInts' as const), count: fc.nat(13) }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom('seek' as const, 'skip' as const), place }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clone' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom('slice' as const, 'random' as const, 'view' as const),
      place,
      length: place,
    }),
  },
)

/** A file: its length, near a window boundary, and what kind of bytes are in it. */
const anyFile = fc.record({
  place: fc.record({ boundary: fc.nat(5), delta: fc.integer({ min: -9, max: 9 }) }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  content: fc.constantFrom('any' as const, 'small' as const, 'continued' as const, 'text' as const),
})

function bytesOf(size: number, seed: number, content: 'any' | 'small' | 'continued' | 'text'): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    const random = state >>> 8
    if (content === 'any') bytes[i] = random
    else if (content === 'small') bytes[i] = random % 6
    else if (content === 'continued') bytes[i] = random % 12 === 0 ? random & 0x7f : random | 0x80
    else bytes[i] = random % 3 === 0 ? random % 9 : 0xc0 + (random % 0x30) - (random % 2) * 0x60
  }
  return bytes
}

/** The windows that a kind's files are read through, for the places near their boundaries. */
function windowLength(kind: DirectoryKind): number {
  return kind.power === undefined ? 1024 : 2 ** kind.power
}

function resolve({ boundary, delta }: Place, window: number): number {
  return boundary * window + delta
}

/** The value or the name of the error: what both sides have to agree on. */
function outcome(action: () => unknown): unknown {
  try {
    return { value: action() }
  } catch (error) {
    if (error instanceof Failure) return { error: error.error }
    return { error: (error as Error).constructor.name }
  }
}

interface Pair {
  readonly input: IndexInput
  readonly model: InputModel
}

/** Does the operation to both and returns what each of the two said. */
function apply(
  operation: Operation,
  { input, model }: Pair,
  pairs: Pair[],
  window: number,
): [unknown, unknown] {
  switch (operation.op) {
    case 'read': {
      const { method } = operation
      return [outcome(() => input[method]()), outcome(() => model.read<unknown>(READS[method]))]
    }
    case 'readAt': {
      const { method } = operation
      const position = resolve(operation.place, window)
      const random = input.randomAccessSlice(0, input.length())
      return [
        outcome(() => random[method](position)),
        outcome(() => model.at<unknown>(position, FIXED_READS[method])),
      ]
    }
    case 'readBytes': {
      const { offset, length: count, room } = operation
      const target = new Uint8Array(offset + count + room).fill(0x55)
      const expected = new Uint8Array(target)
      return [
        outcome(() => {
          input.readBytes(target, offset, count)
          return Buffer.from(target)
        }),
        outcome(() => {
          expected.set(
            model.read((from) => from.take(count)),
            offset,
          )
          return Buffer.from(expected)
        }),
      ]
    }
    case 'readBytesAt': {
      const position = resolve(operation.place, window)
      const target = Buffer.alloc(operation.length)
      const random = input.randomAccessSlice(0, input.length())
      return [
        outcome(() => {
          random.readBytes(position, target)
          return target
        }),
        outcome(() => model.at(position, (from) => from.take(target.length))),
      ]
    }
    case 'elements': {
      const { method, offset, length: count } = operation
      const size = method === 'readLongs' ? 8 : 4
      const room = (offset + count + 1) * size
      const [actual, expected] = [new ArrayBuffer(room), Buffer.alloc(room)]
      const read = (): void => {
        if (method === 'readInts') input.readInts(new Int32Array(actual), offset, count)
        else if (method === 'readLongs') input.readLongs(new BigInt64Array(actual), offset, count)
        else input.readFloats(new Float32Array(actual), offset, count)
      }
      return [
        outcome(() => {
          read()
          return Buffer.from(actual)
        }),
        outcome(() => {
          expected.set(
            model.read((from) => from.take(count * size)),
            offset * size,
          )
          return expected
        }),
      ]
    }
    case 'groupVInts': {
      const { count } = operation
      const target = new Int32Array(count)
      return [
        outcome(() => {
          input.readGroupVInts(target, count)
          return Array.from(target)
        }),
        outcome(() => model.read((from) => readGroupVInts(from, count))),
      ]
    }
    case 'seek': {
      const position = resolve(operation.place, window)
      return [outcome(() => input.seek(position)), outcome(() => model.seek(position))]
    }
    case 'skip': {
      const count = operation.place.delta * (operation.place.boundary + 1)
      return [outcome(() => input.skipBytes(count)), outcome(() => model.skipBytes(count))]
    }
    case 'clone': {
      pairs.push({ input: input.clone(), model: model.clone() })
      return [undefined, undefined]
    }
    case 'slice': {
      const offset = resolve(operation.place, window)
      const count = resolve(operation.length, window)
      const made: { input?: IndexInput; model?: InputModel } = {}
      const said: [unknown, unknown] = [
        outcome(() => void (made.input = input.slice('slice', offset, count))),
        outcome(() => void (made.model = model.slice(offset, count))),
      ]
      if (made.input && made.model) pairs.push({ input: made.input, model: made.model })
      return said
    }
    case 'random': {
      const offset = resolve(operation.place, window)
      const count = resolve(operation.length, window)
      return [
        outcome(() => {
          const random = input.randomAccessSlice(offset, count)
          const all = Buffer.alloc(count)
          random.readBytes(0, all)
          const scattered = []
          for (let at = 0; at + 4 <= count && at < 64; at += 3) scattered.push(random.readInt(count - 4 - at))
          return [random.length(), all, scattered]
        }),
        outcome(() => {
          const part = model.part(offset, count)
          const scattered = []
          for (let at = 0; at + 4 <= count && at < 64; at += 3)
            scattered.push(part.readInt32LE(count - 4 - at))
          return [count, part, scattered]
        }),
      ]
    }
    case 'view': {
      const offset = resolve(operation.place, window)
      const count = resolve(operation.length, window)
      return [
        outcome(() => {
          const view = input.view(offset, count)
          const bytes = Buffer.from(view)
          view.fill(0) // no one else sees it
          return bytes
        }),
        outcome(() => Buffer.from(model.part(offset, count))),
      ]
    }
  }
}

describeEachDirectory((open, kind) => {
  const window = windowLength(kind)
  const most = kind.power === 4 ? 70 : 25

  it('reads what is there, in whatever order and through whatever clone or slice', () => {
    const directory = open()
    let files = 0
    fc.assert(
      fc.property(
        anyFile,
        fc.array(anyOperation, { minLength: 5, maxLength: 40, size: 'max' }),
        (made, operations) => {
          const bytes = bytesOf(Math.max(0, resolve(made.place, window)), made.seed, made.content)
          const name = `file-${files++}`
          write(directory, name, bytes)
          const input = directory.openInput(name)
          try {
            const pairs: Pair[] = [{ input, model: new InputModel(bytes) }]
            for (const [step, one] of operations.entries()) {
              const pair = pairs[(step * 7) % pairs.length]!
              const [actual, expected] = apply(one, pair, pairs, window)
              expect({ step, ...one, said: actual }).toEqual({ step, ...one, said: expected })
              const positions = pairs.map((each) => each.input.getFilePointer())
              expect(positions).toEqual(pairs.map((each) => each.model.position))
            }
          } finally {
            input.close()
            directory.deleteFile(name)
          }
        },
      ),
      { numRuns: examples(most) },
    )
  })

  it('reads a file of every length around a window from every place around its end', () => {
    const directory = open()
    for (const boundary of [0, 1, 2]) {
      for (let delta = -9; delta <= 9; delta++) {
        const bytes = bytesOf(Math.max(0, boundary * window + delta), 7 + delta, 'any')
        const name = `file-${boundary}-${delta}`
        write(directory, name, bytes)
        const input = directory.openInput(name)
        const model = new InputModel(bytes)
        const random = input.randomAccessSlice(0, bytes.length)
        for (let start = Math.max(0, bytes.length - 18); start <= bytes.length; start++) {
          for (const [method, read] of Object.entries(FIXED_READS)) {
            input.seek(start)
            const key = method as keyof typeof FIXED_READS
            const expected = outcome(() => model.at<unknown>(start, read))
            expect([method, outcome(() => input[key]())]).toEqual([method, expected])
            expect([method, outcome(() => random[key](start))]).toEqual([method, expected])
          }
        }
        input.close()
      }
    }
  })
})
