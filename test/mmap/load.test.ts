import { setImmediate } from 'node:timers/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  AlreadyClosedError,
  type ByteRange,
  type IOContext,
  MMapDirectory,
  openFile,
} from '../../src/index.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { PrefetchBackoff } from '../../src/mmap/prefetch-backoff.js'
import { contentOf, difference, pattern, write } from '../support/files.js'
import { addon, mappingsOf, NOT_LOADED, RESIDENCY } from '../support/mappings.js'
import { sparseFile } from '../support/sparse-file.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20
const LENGTH = 33 * MIB + 77

let path: string
let directory: MMapDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = MMapDirectory.open(path, { chunkPower: 20 })
  sparseFile(join(path, 'file'), LENGTH, new Map())
})

afterEach(() => {
  removeDirectory(path)
})

describe('load()', () => {
  it('makes a file resident, and says how far it is', async () => {
    const input = directory.openInput('file')
    const progress: [number, number][] = []
    await input.load({ onProgress: (...now) => progress.push(now) })
    expect(input.isLoaded()).toBe(true)
    expect(progress.length).toBeGreaterThan(2)
    expect(progress.at(-1)).toEqual([LENGTH, LENGTH])
    const loaded = progress.map(([done]) => done)
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b))
    expect(new Set(loaded).size).toBe(loaded.length)
    input.close()
  })

  it('loads the part that is asked for, of a slice too', async () => {
    const input = directory.openInput('file')
    expect(input.isLoaded()).toBe(NOT_LOADED) // nothing has touched the hole that the file is
    const slice = input.slice('slice', 16 * MIB - 100, MIB)
    await slice.load({ offset: 50, length: 200 })
    expect(input.slice('loaded', 16 * MIB - 50, 200).isLoaded()).toBe(true)
    expect(input.slice('other', 0, MIB).isLoaded()).toBe(NOT_LOADED)
    expect(slice.randomAccessSlice(50, 200).isLoaded()).toBe(true)
    expect(input.isLoaded()).toBe(NOT_LOADED)
    input.close()
  })

  it('leaves the event loop free', async () => {
    const input = directory.openInput('file')
    let turns = 0
    const counting = new AbortController()
    const loading = input.load().finally(() => counting.abort())
    while (!counting.signal.aborted) {
      await setImmediate()
      turns++
    }
    await loading
    expect(turns).toBeGreaterThan(0)
    input.close()
  })

  it('ends when its signal says so, with the reason of the signal', async () => {
    const input = directory.openInput('file')
    const controller = new AbortController()
    const reason = new Error('not needed any more')
    let last = 0
    const loading = input.load({
      signal: controller.signal,
      onProgress: (done) => {
        last = done
        controller.abort(reason)
      },
    })
    await expect(loading).rejects.toBe(reason)
    expect(last).toBeLessThan(LENGTH)
    expect(input.readByte()).toBe(0)
    input.close()
  })

  it('never begins when its signal has already spoken', async () => {
    const input = directory.openInput('file')
    let progress = 0
    const loading = input.load({ signal: AbortSignal.abort(), onProgress: () => progress++ })
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' })
    expect(progress).toBe(0)
    input.close()
  })

  it('is rejected when the input is closed in the middle', async () => {
    const input = directory.openInput('file')
    const loading = input.load({ onProgress: () => input.close() })
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })

  it('is rejected when the input is closed at once', async () => {
    const input = directory.openInput('file')
    const loading = input.load()
    input.close()
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })

  it('comes to its end for many files at a time', async () => {
    const inputs = Array.from({ length: 12 }, () => directory.openInput('file'))
    await Promise.all(inputs.map((input) => input.load({ length: 5 * MIB })))
    for (const input of inputs) {
      expect(input.slice('loaded', 0, 5 * MIB).isLoaded()).toBe(true)
      input.close()
    }
  })

  it('refuses what is not in the input', async () => {
    const input = directory.openInput('file')
    await expect(input.load({ offset: 1, length: LENGTH })).rejects.toThrow(RangeError)
    await expect(input.load({ offset: LENGTH + 1 })).rejects.toThrow(RangeError)
    await expect(input.load({ offset: LENGTH })).resolves.toBeUndefined()
    input.close()
  })
})

describe('prefetch()', () => {
  it.each([
    ['a few bytes across a chunk', MIB - 10, 20],
    ['several chunks', MIB / 2, 4 * MIB],
    ['nothing', 5, 0],
    ['the end', LENGTH - 1, 1],
    ['everything', 0, LENGTH],
  ])('changes nothing that is read: %s', (_, offset, length) => {
    const bytes = pattern(2 * MIB)
    write(directory, 'small', bytes)
    const input = directory.openInput('file')
    input.prefetch(offset, length)
    input.randomAccessSlice(0, LENGTH).prefetch(offset, length)
    expect(input.getFilePointer()).toBe(0)
    expect(input.readLong()).toBe(0n)
    input.close()
    expect(difference(contentOf(directory, 'small'), bytes)).toBeUndefined()
  })

  it.skipIf(!RESIDENCY)('brings in the whole range, in all of its chunks (needs to see it)', async () => {
    const input = directory.openInput('file')
    input.prefetch(MIB / 2, 4 * MIB)
    const slice = input.slice('wanted', MIB / 2, 4 * MIB)
    for (let turn = 0; turn < 10_000 && slice.isLoaded() === false; turn++) await setImmediate()
    expect(slice.isLoaded()).toBe(true)
    input.close()
  })
})

describe('prefetchRanges()', () => {
  it.skipIf(!RESIDENCY).each([
    ['side by side', true],
    ['apart', false],
  ])(
    'brings in all of the ranges, in all of their chunks, which lie %s (needs to see it)',
    async (_, together) => {
      const options = Object.assign({ chunkPower: 20 }, { [sideBySide]: together })
      const input = MMapDirectory.open(path, options).openInput('file')
      const ranges = [
        { offset: 5, length: 1 }, // now
        { offset: 3 * MIB - 10_000, length: 20_000 },
        { offset: 0, length: 0 },
        { offset: 4 * MIB, length: 3 * MIB }, // and these in the background
        { offset: 9 * MIB - 5, length: 10 },
        { offset: LENGTH - 1, length: 1 },
      ]
      input.prefetchRanges(ranges)
      const parts = ranges.map(({ offset, length }) => input.slice('part', offset, length))
      for (let turn = 0; turn < 10_000 && parts.some((part) => !part.isLoaded()); turn++) await setImmediate()
      expect(parts.map((part) => part.residentBytes())).toEqual(ranges.map(({ length }) => length))
      expect(input.slice('between', 20 * MIB, 8 * MIB).residentBytes()).toBe(0)
      input.close()
    },
  )

  it('refuses ranges that are not in the input, before anything is brought in', () => {
    const input = directory.openInput('file')
    const slice = input.slice('slice', MIB, MIB)
    const inside = { offset: 0, length: 1 }
    for (const outside of [
      { offset: MIB, length: 1 },
      { offset: -1, length: 1 },
      { offset: 0, length: 0.5 },
    ]) {
      expect(() => slice.prefetchRanges([inside, outside])).toThrow(RangeError)
    }
    expect(() => slice.prefetchRanges({} as never)).toThrow(TypeError)
    expect(() => slice.prefetchRanges([undefined as never])).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    )
    expect(slice.residentBytes()).toBe(RESIDENCY ? 0 : undefined)
    slice.prefetchRanges([])
    input.close()
  })

  it('asks a list for its length once, and for nothing when it was closed by that', () => {
    const input = directory.openInput('file')
    const list = (closing: number): readonly ByteRange[] => {
      let asked = 0
      const get = (ranges: readonly ByteRange[], name: string | symbol): unknown => {
        if (name === 'length' && ++asked === closing) input.close()
        return Reflect.get(ranges, name)
      }
      return new Proxy([{ offset: 0, length: 1 }], { get })
    }
    input.prefetchRanges(list(2))
    input.prefetchRanges(list(3))
    expect(input.readByte()).toBe(0)
    expect(() => input.prefetchRanges(list(1))).toThrow(AlreadyClosedError)
  })

  it('ends with the input, however much there is to do', async () => {
    const input = directory.openInput('file')
    input.prefetchRanges(Array.from({ length: 33 }, (_, i) => ({ offset: i * MIB, length: MIB })))
    input.close()
    // The piece that a thread is at keeps the mapping, as long as the disk takes for it.
    await vi.waitFor(() => expect(mappingsOf(LENGTH)).toBe(0), 10_000)
  })
})

describe('the back-off of prefetch()', () => {
  it('is one for all clones and slices, and ends with a miss', async () => {
    const input = directory.openInput('file')
    await input.load({ length: MIB })
    const calls = vi.spyOn(addon, 'prefetchSome')
    try {
      for (let i = 0; i < 1024; i++) input.clone().prefetch(0, 100)
      expect(calls).toHaveBeenCalledTimes(1024)
      for (let i = 0; i < 16 + 32; i++) input.slice('slice', 5, 1000).prefetch(i, 1)
      expect(calls).toHaveBeenCalledTimes(1026)
      // Now one in 64 is tried, and that one misses.
      for (let i = 0; i < 64; i++) input.prefetch(32 * MIB, 100)
      expect(calls).toHaveBeenCalledTimes(1027)
      input.prefetch(0, 1)
      expect(calls).toHaveBeenCalledTimes(1028)
    } finally {
      calls.mockRestore()
      input.close()
    }
  })

  it('never passes over more than 255 in a row', () => {
    const backoff = new PrefetchBackoff()
    let row = 0
    let longest = 0
    for (let i = 0; i < 1_000_000; i++) {
      if (backoff.passOver()) longest = Math.max(longest, ++row)
      else {
        row = 0
        backoff.hit()
      }
    }
    expect(longest).toBe(255)
    backoff.miss()
    expect(backoff.passOver()).toBe(false)
  })
})

describe('the preload option', () => {
  it('loads files when they are opened', async () => {
    const input = MMapDirectory.open(path, { preload: true }).openInput('file')
    await input.loaded
    expect(input.loaded).toBeInstanceOf(Promise)
    expect(input.isLoaded()).toBe(true)
    expect(input.clone().loaded).toBe(input.loaded)
    input.close()
  })

  it('loads the files that a function chooses, by name and context', async () => {
    const asked: [string, IOContext['kind']][] = []
    const chosen = MMapDirectory.open(path, {
      preload: (name, { kind }) => {
        asked.push([name, kind])
        return name === 'file'
      },
    })
    write(chosen, 'other', pattern(10))
    const [input, other] = [chosen.openInput('file'), chosen.openInput('other')]
    expect(input.loaded).toBeInstanceOf(Promise)
    expect(other.loaded).toBeUndefined()
    expect(asked).toEqual([
      ['file', 'default'],
      ['other', 'default'],
    ])
    await input.loaded
    input.close()
    other.close()
  })

  it('works for a single file', async () => {
    const input = openFile(join(path, 'file'), { preload: true })
    await input.loaded
    expect(input.isLoaded()).toBe(true)
    input.close()
  })

  it('is rejected by close(), which is no unhandled rejection', async () => {
    const input = MMapDirectory.open(path, { preload: true }).openInput('file')
    const { loaded } = input
    input.close()
    await expect(loaded).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
    MMapDirectory.open(path, { preload: true }).openInput('file').close()
    await setImmediate()
  })
})
