import assert from 'node:assert/strict'

import { ByteBuffersDirectory, IndexInput, IOContext, type RandomAccessInput } from '../../index.js'
import { inputOf, pattern, write } from '../files.js'
import { assertAllFail, type Attempts, errorsOf } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** close() of inputs, and of what was made of them. */
export function closing(suite: Suite): void {
  suite.it('ends every method of an input that is closed', async ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    input.readByte()
    input.close()
    assert.deepEqual(await survivors(input), {})
  })

  suite.it('ends every method of an input that was never read', async ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    input.close()
    assert.deepEqual(await survivors(input), {})
  })

  suite.it('does not even read nothing once it is closed', async ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    input.close()
    const uses: Attempts = {
      readBytes: () => input.readBytes(new Uint8Array(0)),
      readInts: () => input.readInts(new Int32Array(0)),
      readGroupVInts: () => input.readGroupVInts(new Int32Array(0), 0),
      slice: () => input.slice('nothing', 0, 0),
      randomAccessSlice: () => input.randomAccessSlice(0, 0),
      view: () => input.view(0, 0),
      prefetch: () => input.prefetch(0, 0),
      load: () => input.load({ length: 0 }),
    }
    await assertAllFail(uses, 'AlreadyClosedError')
  })

  suite.it('ends clones and slices with the input that was opened', async ({ directory }) => {
    const input = inputOf(directory, pattern(10_000))
    const clone = input.clone()
    const slice = input.slice('slice', 3, 9_000)
    const inputs = [
      clone,
      clone.clone(),
      slice,
      slice.clone(),
      slice.slice('inner', 5, 100),
      clone.slice('c', 0, 9),
    ]
    for (const one of inputs) one.readByte()
    const random = [input.randomAccessSlice(0, 100), slice.randomAccessSlice(1, 50)]
    for (const one of random) one.readByte(0)
    input.close()
    for (const one of inputs) assert.deepEqual(await survivors(one), {})
    for (const one of random) assert.deepEqual(await randomSurvivors(one), {})
  })

  suite.it('ends clones and slices that were never read', async ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    const inputs = [input.clone(), input.slice('slice', 0, 10)]
    const random = input.randomAccessSlice(0, 10)
    input.close()
    for (const one of inputs) assert.deepEqual(await survivors(one), {})
    assert.deepEqual(await randomSurvivors(random), {})
  })

  suite.it('ends only itself when a clone is closed', async ({ directory }) => {
    const bytes = pattern(10_000)
    const input = inputOf(directory, bytes)
    input.seek(10)
    const clone = input.clone()
    const second = clone.clone()
    const slice = clone.slice('slice', 5_000, 100)
    const random = clone.randomAccessSlice(4_090, 100)
    clone.readByte()
    clone.close()
    assert.deepEqual(await survivors(clone), {})
    assert.equal(input.readByte(), bytes[10])
    assert.equal(second.readByte(), bytes[10])
    assert.equal(slice.readByte(), bytes[5_000])
    assert.equal(random.readByte(7), bytes[4_097])
    clone.close()
    assert.equal(input.clone().readByte(), bytes[11])
    input.close()
    assert.deepEqual(await survivors(second), {})
  })

  suite.it('ends only itself when a slice is closed', async ({ directory }) => {
    const bytes = pattern(10_000)
    const input = inputOf(directory, bytes)
    const slice = input.slice('slice', 100, 9_000)
    const inner = slice.slice('inner', 4_000, 200)
    const sibling = input.slice('slice', 100, 9_000)
    slice.readInt()
    slice.close()
    assert.deepEqual(await survivors(slice), {})
    assert.equal(inner.readByte(), bytes[4_100])
    assert.equal(sibling.readByte(), bytes[100])
    assert.equal(input.readByte(), bytes[0])
    input.close()
  })

  suite.it('closes as often as one likes, in any order', ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    const clone = input.clone()
    const slice = input.slice('slice', 0, 10)
    clone.close()
    clone.close()
    input.close()
    clone.close()
    slice.close()
    input.close()
    input[Symbol.dispose]()
    slice[Symbol.dispose]()
    assert.throws(() => input.readByte(), { name: 'AlreadyClosedError' })
    const again = directory.openInput('file')
    assert.equal(again.readByte(), 1)
    again.close()
  })

  suite.it('leaves other inputs of the same file alone', ({ directory }) => {
    write(directory, 'file', pattern(5_000))
    const one = directory.openInput('file')
    const other = directory.openInput('file')
    one.readInt()
    one.close()
    other.seek(4_999)
    assert.equal(other.readByte(), pattern(5_000)[4_999])
    other.close()
  })

  suite.it('ends a checksum input', async ({ directory }) => {
    write(directory, 'file', pattern(100))
    const input = directory.openChecksumInput('file')
    input.readInt()
    input.close()
    input.close()
    // Not to be had from an open one, either.
    const refused = { clone: 'TypeError', slice: 'TypeError', randomAccessSlice: 'TypeError' }
    const { clone, slice, randomAccessSlice, ...others } = { ...refused, ...(await survivors(input)) }
    assert.deepEqual([clone, slice, randomAccessSlice], Object.values(refused))
    assert.deepEqual(others, {})
  })

  suite.it('says in its errors which input is closed', ({ directory }) => {
    const input = inputOf(directory, pattern(100))
    const slice = input.slice('part', 0, 10)
    input.close()
    assert.throws(() => slice.readByte(), {
      name: 'AlreadyClosedError',
      code: 'ERR_ALREADY_CLOSED',
      message: /file.*\[slice=part\]/,
    })
  })
}

/** Not ended by close(): closing again and saying what it is; and what only subclasses call. */
const EXEMPT = new Set(['constructor', 'close', 'toString', 'atomically', 'need'])

const ARGUMENTS: Record<string, readonly unknown[]> = {
  readBytes: [new Uint8Array(1)],
  readInts: [new Int32Array(1)],
  readLongs: [new BigInt64Array(1)],
  readFloats: [new Float32Array(1)],
  readGroupVInts: [new Int32Array(4), 4],
  skipBytes: [0],
  seek: [0],
  slice: ['part', 0, 1],
  randomAccessSlice: [0, 1],
  view: [0, 1],
  prefetch: [0, 1],
  updateIOContext: [IOContext.READ],
  readAsync: [0, new Uint8Array(1)],
}

const RANDOM_ACCESS_ARGUMENTS: Record<string, readonly unknown[]> = {
  ...ARGUMENTS,
  readBytes: [0, new Uint8Array(1)],
}

/**
 * The names of all methods and getters that an object of the library has, from wherever it inherits
 * them. Objects of others may have more, which are their own affair.
 */
function membersOf(object: object): string[] {
  const names = new Set<string>()
  for (let on = object; on !== Object.prototype; on = Object.getPrototypeOf(on) as object) {
    for (const name of Object.getOwnPropertyNames(on)) if (!EXEMPT.has(name)) names.add(name)
  }
  return [...names]
}

const EXAMPLE = inputOf(new ByteBuffersDirectory(), pattern(1))
const MEMBERS = membersOf(EXAMPLE)
const RANDOM_ACCESS_MEMBERS = membersOf(EXAMPLE.randomAccessSlice(0, 1))

function everyUse(
  object: object,
  members: readonly string[],
  given: Record<string, readonly unknown[]>,
): Attempts {
  const use = (name: string): unknown => {
    const member = Reflect.get(object, name) as unknown
    return typeof member === 'function' ? Reflect.apply(member, object, given[name] ?? [0]) : member
  }
  return Object.fromEntries(members.map((name) => [name, () => use(name)]))
}

/** The errors of every use that is not an AlreadyClosedError, by method: none for an input that is closed. */
async function survivors(input: IndexInput): Promise<Record<string, string>> {
  assert(MEMBERS.length > 35, 'every method was found')
  assert.match(input.toString(), /file/)
  return notClosed(everyUse(input, MEMBERS, ARGUMENTS))
}

async function randomSurvivors(input: RandomAccessInput): Promise<Record<string, string>> {
  assert(RANDOM_ACCESS_MEMBERS.length > 8, 'every method was found')
  return notClosed(everyUse(input, RANDOM_ACCESS_MEMBERS, RANDOM_ACCESS_ARGUMENTS))
}

async function notClosed(uses: Attempts): Promise<Record<string, string>> {
  const errors = Object.entries(await errorsOf(uses))
  return Object.fromEntries(errors.filter(([, error]) => error !== 'AlreadyClosedError'))
}
