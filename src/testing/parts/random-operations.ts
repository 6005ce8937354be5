import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'

import type { IndexInput } from '../../index.js'
import { write } from '../files.js'
import { Failure, FIXED_READS, InputModel, readGroupVInts, READS } from '../input-model.js'
import { Random } from '../random.js'
import type { Suite } from '../suite/suite.js'

const FILES = 12
const STEPS = 60

interface Pair {
  readonly input: IndexInput
  readonly model: InputModel
}

/** One step: what the input said, and what the model says to it. */
type Outcomes = readonly [actual: unknown, expected: unknown]

/** Reads of all kinds in any order, on files of any length, against a model over plain bytes. */
export function randomOperations(suite: Suite): void {
  suite.it('reads what is there, in whatever order and through whatever clone or slice', ({ directory }) => {
    const { seed, boundary } = suite
    const random = new Random(seed)
    for (let file = 0; file < FILES; file++) {
      const bytes = anyBytes(random, Math.max(0, anyPlace(random, boundary, 5)))
      const name = `file-${file}`
      write(directory, name, bytes)
      const input = directory.openInput(name)
      const pairs: Pair[] = [{ input, model: new InputModel(bytes) }]
      for (let step = 0; step < STEPS; step++) {
        const operation = random.pick(OPERATIONS)
        const [actual, expected] = operation(random, random.pick(pairs), pairs, boundary)
        const positions = pairs.map((one) => one.input.getFilePointer())
        const wanted = pairs.map((one) => one.model.position)
        const where = `seed ${seed}, ${name} of ${bytes.length} bytes, step ${step}, ${operation.name}()`
        assertSame(actual, expected, where)
        assertSame(positions, wanted, `${where}, positions`)
      }
      input.close()
      directory.deleteFile(name)
    }
  })
}

/** A place near a multiple of the boundary, or before the start, or past the end. */
function anyPlace(random: Random, boundary: number, multiples = 7): number {
  return random.below(multiples + 1) * boundary + random.between(-9, 9)
}

/** Bytes with many of the short values and continued varints that reads of all kinds stumble over. */
function anyBytes(random: Random, length: number): Uint8Array {
  const kind = random.pick(['any', 'small', 'continued', 'text'] as const)
  return Uint8Array.from({ length }, () => {
    if (kind === 'any') return random.below(256)
    if (kind === 'small') return random.below(6)
    if (kind === 'continued') return random.below(12) === 0 ? random.below(128) : 128 + random.below(128)
    return random.below(3) === 0 ? random.below(9) : 0x60 + random.below(0x60)
  })
}

function outcome(action: () => unknown): unknown {
  try {
    return { value: action() }
  } catch (error) {
    if (error instanceof Failure) return { error: error.error }
    return { error: (error as Error).constructor.name }
  }
}

function assertSame(actual: unknown, expected: unknown, where: string): void {
  if (isDeepStrictEqual(actual, expected)) return
  const [got, wanted] = [actual, expected].map((value) => inspect(value, { maxArrayLength: 30 }))
  assert.fail(`${where}: ${got} instead of ${wanted}`)
}

const METHODS = Object.keys(READS) as (keyof typeof READS)[]
const FIXED_METHODS = Object.keys(FIXED_READS) as (keyof typeof FIXED_READS)[]
const ELEMENTS = {
  readInts: Int32Array,
  readLongs: BigInt64Array,
  readFloats: Float32Array,
} as const

type Operation = (random: Random, pair: Pair, pairs: Pair[], boundary: number) => Outcomes

function read(random: Random, { input, model }: Pair): Outcomes {
  const method = random.pick(METHODS)
  return [outcome(() => input[method]()), outcome(() => model.read<unknown>(READS[method]))]
}

function readAt(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const method = random.pick(FIXED_METHODS)
  const position = anyPlace(random, boundary)
  const absolute = input.randomAccessSlice(0, input.length())
  return [
    outcome(() => absolute[method](position)),
    outcome(() => model.at<unknown>(position, FIXED_READS[method])),
  ]
}

function anyLength(random: Random): number {
  return random.below(5) === 0 ? random.below(20_000) : random.below(40)
}

function readBytes(random: Random, { input, model }: Pair): Outcomes {
  const offset = random.below(10)
  const length = anyLength(random)
  const target = Buffer.alloc(offset + length + random.below(4), 0x55)
  const expected = Buffer.from(target)
  const actual = outcome(() => (input.readBytes(target, offset, length), target))
  const wanted = outcome(() => {
    expected.set(
      model.read((from) => from.take(length)),
      offset,
    )
    return expected
  })
  return [actual, wanted]
}

function readBytesAt(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const position = anyPlace(random, boundary)
  const target = Buffer.alloc(anyLength(random))
  const absolute = input.randomAccessSlice(0, input.length())
  return [
    outcome(() => (absolute.readBytes(position, target), target)),
    outcome(() => Buffer.from(model.at(position, (from) => from.take(target.length)))),
  ]
}

function readElements(random: Random, { input, model }: Pair): Outcomes {
  const method = random.pick(['readInts', 'readLongs', 'readFloats'] as const)
  const offset = random.below(4)
  const length = random.below(13)
  const target = new ELEMENTS[method](offset + length + 1)
  const size = target.BYTES_PER_ELEMENT
  const expected = Buffer.alloc(target.byteLength)
  const readInto = input[method] as (into: typeof target, from: number, count: number) => void
  return [
    outcome(() => {
      Reflect.apply(readInto, input, [target, offset, length])
      return Buffer.from(target.buffer)
    }),
    outcome(() => {
      expected.set(
        model.read((from) => from.take(length * size)),
        offset * size,
      )
      return expected
    }),
  ]
}

function readGroups(random: Random, { input, model }: Pair): Outcomes {
  const target = new Int32Array(random.below(14))
  return [
    outcome(() => (input.readGroupVInts(target, target.length), [...target])),
    outcome(() => model.read((from) => readGroupVInts(from, target.length))),
  ]
}

function seek(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const position = anyPlace(random, boundary)
  return [outcome(() => input.seek(position)), outcome(() => model.seek(position))]
}

function skip(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const count = random.below(2) === 0 ? random.between(-2, 20) : random.below(2 * boundary)
  return [outcome(() => input.skipBytes(count)), outcome(() => model.skipBytes(count))]
}

function clone(_: Random, { input, model }: Pair, pairs: Pair[]): Outcomes {
  pairs.push({ input: input.clone(), model: model.clone() })
  return [undefined, undefined]
}

function slice(random: Random, { input, model }: Pair, pairs: Pair[], boundary: number): Outcomes {
  const offset = anyPlace(random, boundary)
  const length = anyPlace(random, boundary)
  const made: { input?: IndexInput; model?: InputModel } = {}
  const said: Outcomes = [
    outcome(() => void (made.input = input.slice('slice', offset, length))),
    outcome(() => void (made.model = model.slice(offset, length))),
  ]
  if (made.input && made.model) pairs.push({ input: made.input, model: made.model })
  return said
}

function randomAccess(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const offset = anyPlace(random, boundary)
  const length = anyPlace(random, boundary)
  return [
    outcome(() => {
      const absolute = input.randomAccessSlice(offset, length)
      const all = Buffer.alloc(length)
      absolute.readBytes(0, all)
      return [absolute.length(), all, length < 4 ? 0 : absolute.readInt(length - 4)]
    }),
    outcome(() => {
      const part = Buffer.from(model.part(offset, length))
      return [length, part, length < 4 ? 0 : part.readInt32LE(length - 4)]
    }),
  ]
}

function view(random: Random, { input, model }: Pair, _: Pair[], boundary: number): Outcomes {
  const offset = anyPlace(random, boundary)
  const length = anyPlace(random, boundary)
  return [
    outcome(() => {
      const bytes = input.view(offset, length)
      const copy = Buffer.from(bytes)
      bytes.fill(0) // no one else sees it
      return copy
    }),
    outcome(() => Buffer.from(model.part(offset, length))),
  ]
}

/** As often as they are listed. */
const OPERATIONS: readonly Operation[] = [
  read,
  read,
  read,
  read,
  read,
  seek,
  seek,
  skip,
  readAt,
  readAt,
  readBytes,
  readBytes,
  readBytesAt,
  readElements,
  readGroups,
  clone,
  slice,
  randomAccess,
  view,
]
