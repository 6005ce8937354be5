import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  DataAccessHint,
  FilterIndexInput,
  IndexInput,
  IOContext,
  MMapDirectory,
  mappingStats,
} from '../../src/index.js'
import { InvertedInput, PassingInput } from '../support/filters.js'
import { inputOf, pattern, write } from '../support/files.js'
import { each, errorsOf } from '../support/outcomes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { LATER_ADVICE } from '../support/mappings.js'

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(() => {
  removeDirectory(path)
})

const random = (): IndexInput => inputOf(new ByteBuffersDirectory(), pattern(10_000))

/** Notes the methods that are called through it, in all of its clones and slices. */
class Noting extends FilterIndexInput {
  readonly #calls: string[]

  constructor(delegate: IndexInput, calls: string[]) {
    super(delegate)
    this.#calls = calls
  }

  override readInt(): number {
    this.#calls.push('readInt')
    return super.readInt()
  }

  override prefetch(offset: number, length: number): void {
    this.#calls.push(`prefetch ${offset} ${length}`)
    super.prefetch(offset, length)
  }

  override close(): void {
    this.#calls.push('close')
    super.close()
  }

  protected wrap(part: IndexInput): IndexInput {
    return new Noting(part, this.#calls)
  }
}

/** Counts the bytes that are read through it, in all of its clones and slices. */
class Counting extends FilterIndexInput {
  readonly #count: { bytes: number }

  constructor(delegate: IndexInput, count: { bytes: number }) {
    super(delegate)
    this.#count = count
  }

  override readByte(): number {
    this.#count.bytes++
    return super.readByte()
  }

  override readBytes(target: Uint8Array, offset = 0, length = target.length - offset): void {
    this.#count.bytes += length
    super.readBytes(target, offset, length)
  }

  protected wrap(part: IndexInput): IndexInput {
    return new Counting(part, this.#count)
  }
}

describe('a filter of calls', () => {
  it('is not lost by cloning and slicing', () => {
    const calls: string[] = []
    const input = new Noting(random(), calls)
    input.clone().readInt()
    input.slice('slice', 5, 100).clone().slice('inner', 1, 50).readInt()
    input.slice('slice', 5, 100).prefetch(1, 2)
    input.clone().close()
    expect(calls).toEqual(['readInt', 'readInt', 'prefetch 1 2', 'close'])
    expect(input.clone()).toBeInstanceOf(Noting)
    expect(input.slice('slice', 0, 1)).toBeInstanceOf(Noting)
  })

  it('gives clones positions of their own', () => {
    const input = new PassingInput(random())
    input.seek(10)
    const clone = input.clone()
    clone.readInt()
    expect(clone.getFilePointer()).toBe(14)
    expect(input.getFilePointer()).toBe(10)
  })

  it('passes typed reads to the same method of the input behind it', () => {
    class ByteByByte extends PassingInput {
      override readByte(): number {
        throw new Error('not to be called')
      }
      override readBytes(): void {
        throw new Error('not to be called')
      }
    }
    const calls: string[] = []
    const outer = new PassingInput(new Noting(random(), calls))
    outer.readInt()
    expect(calls).toEqual(['readInt'])
    // The very same class is one of bytes as soon as it overrides the two.
    expect(() => new ByteByByte(random()).readInt()).toThrow('not to be called')
  })

  it('lets views, advice, loading and sharing through, whatever the number of filters', async () => {
    const directory = MMapDirectory.open(path)
    write(directory, 'file', pattern(50_000))
    const context = IOContext.DEFAULT.withHints(DataAccessHint.RANDOM)
    const opened = directory.openInput('file', context)
    const input = new PassingInput(new PassingInput(opened))
    const { windows } = mappingStats()
    expect(input.mapped).toBe(true)
    expect(input.mapFailure).toBeUndefined()
    expect(input.advice).toBe('random')
    input.updateIOContext(IOContext.READONCE)
    expect(opened.advice).toBe(LATER_ADVICE ? 'sequential' : 'random')
    const view = input.slice('slice', 4_096, 8_192).view(1, 100, { copy: 'never' })
    expect(view).toEqual(pattern(50_000).slice(4_097, 4_197))
    await input.load()
    expect(input.isLoaded()).toBe(true)
    expect(await input.loaded).toBeUndefined()
    input.checkFault()
    const shared = input.share()
    expect(shared.shared.kind).toBe('mapping')
    shared.release()
    expect(mappingStats().windows).toBe(windows)
    input.close()
    expect(() => opened.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })
})

describe('a filter of bytes', () => {
  it('has every byte pass through it, by whatever method it is read', () => {
    const count = { bytes: 0 }
    const input = new Counting(random(), count)
    const reads: Record<string, [number, () => unknown]> = {
      readByte: [1, () => input.readByte()],
      readShort: [2, () => input.readShort()],
      readInt: [4, () => input.readInt()],
      readLong: [8, () => input.readLong()],
      readFloats: [12, () => input.readFloats(new Float32Array(3))],
      'a clone': [4, () => input.clone().readInt()],
      'a slice of a clone': [4, () => input.clone().slice('slice', 1, 10).readInt()],
      'an absolute read': [8, () => input.randomAccessSlice(5, 100).readLong(7)],
      'absolute bytes': [9, () => input.randomAccessSlice(5, 100).readBytes(7, new Uint8Array(9))],
      'a view': [100, () => input.view(50, 100)],
      'a view of a slice': [10, () => input.slice('slice', 5, 50).view(5, 10)],
    }
    const counted: Record<string, number> = {}
    for (const [what, [, read]] of Object.entries(reads)) {
      input.seek(0)
      count.bytes = 0
      read()
      counted[what] = count.bytes
    }
    expect(counted).toEqual(Object.fromEntries(Object.entries(reads).map(([what, [bytes]]) => [what, bytes])))
  })

  it('filters views and absolute reads of a mapped file', () => {
    const directory = MMapDirectory.open(path)
    write(directory, 'file', pattern(20_000))
    const input = new InvertedInput(directory.openInput('file'))
    const inverted = pattern(20_000).map((byte) => byte ^ 0xff)
    const view = input.view(4_100, 5_000)
    expect(view).toEqual(inverted.slice(4_100, 9_100))
    expect(view.byteOffset % 4_096).toBe(4)
    expect(input.randomAccessSlice(3, 100).readByte(4)).toBe(inverted[7])
    expect(input.slice('slice', 5, 10).readByte()).toBe(inverted[5])
    expect(input.mapped).toBe(false)
    expect(input.getFilePointer()).toBe(0)
    input.close()
  })

  it('says that it can neither be shared nor seen without a copy', async () => {
    const directory = MMapDirectory.open(path)
    write(directory, 'file', pattern(100))
    const input = new InvertedInput(directory.openInput('file'))
    const attempts = {
      share: () => input.share(),
      view: () => input.view(0, 10, { copy: 'never' }),
    }
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'TypeError'))
    expect(() => input.share()).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED_OPERATION' }))
    input.close()
    expect(await errorsOf(attempts)).toEqual(each(attempts, 'AlreadyClosedError'))
  })

  it('is refused where it overrides one of the two methods only', () => {
    class Half extends PassingInput {
      override readByte(): number {
        return 0
      }
    }
    class OtherHalf extends PassingInput {
      override readBytes(): void {}
    }
    for (const type of [Half, OtherHalf]) {
      expect(() => new type(random())).toThrow(TypeError)
      expect(() => new type(random())).toThrow('both readByte() and readBytes()')
    }
  })

  it('of a filter of calls passes both', () => {
    const calls: string[] = []
    const input = new InvertedInput(new Noting(random(), calls))
    const inner = new Noting(new InvertedInput(random()), calls)
    expect(inner.readInt()).toBe(input.readInt())
    expect(calls).toEqual(['readInt'])
  })
})

it('finds the innermost input', () => {
  const inner = random()
  const outer = new PassingInput(new InvertedInput(inner))
  expect(FilterIndexInput.unwrap(outer)).toBe(inner)
  expect(FilterIndexInput.unwrap(inner)).toBe(inner)
  expect(FilterIndexInput.unwrap(outer.getDelegate())).toBe(inner)
  expect(outer.getDelegate()).toBeInstanceOf(InvertedInput)
  expect(() => FilterIndexInput.unwrap({} as IndexInput)).toThrow(TypeError)
  expect(() => new PassingInput(undefined as unknown as IndexInput)).toThrow(TypeError)
})

it('ends with the input behind it, and closes it', () => {
  const inner = random()
  const filter = new PassingInput(inner)
  const clone = filter.clone()
  filter[Symbol.dispose]()
  for (const input of [inner, filter, clone]) {
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    input.close()
  }
})
