import fs, { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, type FSDirectoryOptions, type IndexInput, IOContext } from '../../src/index.js'
import { FileSource } from '../../src/fs/file-source.js'
import { adviceFor } from '../../src/store/io-context.js'
import { windowPower } from '../../src/store/window-power.js'
import { Window } from '../../src/store/window.js'
import { pattern } from '../support/files.js'
import { failureOf } from '../support/outcomes.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { openDescriptors, systemError } from '../support/system-calls.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const KIB = 1024
const MIB = 1024 * KIB
const LENGTH = 3 * MIB + 100

let path: string
let file: string
let directory: FSDirectory
const bytes = Buffer.from(pattern(LENGTH))

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  writeFileSync(file, bytes)
  directory = FSDirectory.open(path)
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

type Read = (fd: number, target: Uint8Array, offset: number, length: number, position: number) => number
type ReadInPool = (
  ...given: [...Parameters<Read>, done: (error: Error | null, count: number) => void]
) => void

/**
 * Where reads began and how many bytes they wanted, from now on, but for those of a last byte, once more. With
 * `most`, none gets more bytes than that.
 */
function readsOf(most = Infinity): [position: number, length: number][] {
  const reads: [number, number][] = []
  const { readSync } = fs
  const noting: Read = (fd, target, offset, length, position) => {
    if (length > 1) reads.push([position, length])
    return readSync(fd, target, offset, Math.min(length, most), position)
  }
  replace(fs, { readSync: noting as typeof readSync })
  return reads
}

/** Makes the next read fail. */
function failOnce(): void {
  const { readSync } = fs
  let failed = false
  replace(fs, {
    readSync: ((...given: Parameters<typeof readSync>) => {
      if (failed) return readSync(...given)
      failed = true
      throw systemError('EIO', 'read')
    }) as typeof readSync,
  })
}

function opened(context = IOContext.DEFAULT): IndexInput {
  return directory.openInput('file', context)
}

/** What is read for a byte at each of these positions. */
function visit(input: IndexInput, positions: readonly number[]): [position: number, length: number][] {
  const reads = readsOf()
  for (const position of positions) {
    input.seek(position)
    expect(input.readByte()).toBe(bytes[position])
  }
  input.close()
  return reads
}

describe('what an input of a file reads at a time', () => {
  it('is 1 KiB first, then four times as much while it is read in sequence, up to 16 KiB', () => {
    const reads = readsOf()
    const input = opened()
    for (let at = 0; at < 60 * KIB; at += 4) expect(input.readInt()).toBe(bytes.readInt32LE(at))
    input.close()
    expect(reads).toEqual([
      [0, KIB],
      [KIB, 4 * KIB],
      [5 * KIB, 16 * KIB],
      [21 * KIB, 16 * KIB],
      [37 * KIB, 16 * KIB],
      [53 * KIB, 16 * KIB],
    ])
  })

  it('begins at a value that lies across the end, which is in sequence, too', () => {
    const reads = readsOf()
    const input = opened()
    input.readByte()
    input.seek(KIB - 3)
    expect(input.readLong()).toBe(bytes.readBigInt64LE(KIB - 3))
    expect(reads).toEqual([
      [0, KIB],
      [KIB - 3, 4 * KIB],
    ])
    input.close()
  })

  it('is 1 KiB after a jump, and grows again from there', () => {
    expect(visit(opened(), [0, KIB, 100 * KIB, 101 * KIB, 105 * KIB, MIB])).toEqual([
      [0, KIB],
      [KIB, 4 * KIB],
      [100 * KIB, KIB],
      [101 * KIB, 4 * KIB],
      [105 * KIB, 16 * KIB],
      [MIB, KIB],
    ])
  })

  it('is 1 KiB at random, even where reads follow each other', () => {
    expect(visit(opened(IOContext.READ), [0, KIB, 2 * KIB, 9 * KIB])).toEqual([
      [0, KIB],
      [KIB, KIB],
      [2 * KIB, KIB],
      [9 * KIB, KIB],
    ])
  })

  it('is 16 KiB where it is to be read in sequence, wherever that is', () => {
    expect(visit(opened(IOContext.READONCE), [0, 16 * KIB, MIB])).toEqual([
      [0, 16 * KIB],
      [16 * KIB, 16 * KIB],
      [MIB, 16 * KIB],
    ])
  })

  it('goes by the advice of the place that is read', () => {
    const input = opened()
    input.slice('slice', MIB, MIB, IOContext.READONCE)
    expect(visit(input, [0, MIB, 2.5 * MIB])).toEqual([
      [0, KIB],
      [MIB, 16 * KIB],
      [2.5 * MIB, KIB],
    ])
  })

  it('is what comes before for a reader that goes backwards, up to the value that it wants', () => {
    expect(visit(opened(), [50_000, 49_999, 49_000, 48_900, 40_000])).toEqual([
      [50_000, KIB],
      [50_000 - KIB, KIB],
      // 49,000 is there. What ends where the window begins is no step back, nor is a jump to farther away.
      [48_901 - KIB, KIB],
      [40_000, KIB],
    ])
  })

  it('is nothing before the file, nor behind it', () => {
    expect(visit(opened(), [500, 100, LENGTH - 10])).toEqual([
      [500, KIB],
      [0, KIB],
      [LENGTH - 10, 10],
    ])
  })

  it('is as long as was fixed by an option of tests', () => {
    const fixed = FSDirectory.open(path, { [windowPower]: 4 } as FSDirectoryOptions)
    expect(visit(fixed.openInput('file'), [0, 16, MIB])).toEqual([
      [0, 16],
      [16, 16],
      [MIB, 16],
    ])
  })

  it('is straight what is wanted, from 16 KiB on, in as many pieces as the system makes of it', () => {
    const input = opened()
    const reads = readsOf(7_000)
    const target = new Uint8Array(20_000)
    input.seek(5)
    input.readBytes(target)
    expect(target).toEqual(new Uint8Array(bytes.subarray(5, 20_005)))
    expect(reads).toEqual([
      [5, 20_000],
      [7_005, 13_000],
      [14_005, 6_000],
    ])
    input.close()
  })
})

function sourceOf(options: { windowLength?: number } = {}): FileSource {
  return new FileSource(openSync(file, 'r'), file, LENGTH, {
    advice: 'normal',
    adviceOf: adviceFor,
    ...options,
  })
}

describe('a source of a file', () => {
  let source: FileSource
  let descriptors: ReadonlySet<number>
  let isOpen = true

  beforeEach(() => {
    descriptors = openDescriptors()
    source = sourceOf()
    isOpen = true
  })

  const close = (): void => {
    isOpen = false
    source.close()
  }

  afterEach(() => {
    if (isOpen) source.close()
  })

  it('fills a spent window anew where it has the length that is wanted, else makes one', () => {
    const first = source.window(0, 1, undefined)
    const second = source.window(MIB, 1, first)
    expect(second).toBe(first)
    const third = source.window(MIB + KIB, 1, second)
    expect(third).not.toBe(second)
    expect([third.bytes.length, third.start, third.length]).toEqual([4 * KIB, MIB + KIB, 4 * KIB])
    expect(Buffer.from(third.bytes)).toEqual(bytes.subarray(MIB + KIB, MIB + 5 * KIB))
  })

  it('takes what precedes a window to be a jump unless the windows would overlap', () => {
    const spent = source.window(10_000, 1, undefined)
    expect(source.window(10_000 - KIB, 1, spent).start).toBe(10_000 - KIB)
    const other = source.window(10_000, 1, undefined)
    expect(source.window(10_001 - KIB, 1, other).start).toBe(10_002 - 2 * KIB)
  })

  it('has windows of a length that was fixed, of at least the 8 bytes of a value', () => {
    const fixed = [4, 8, 100].map((windowLength) => sourceOf({ windowLength }))
    expect(fixed.map((one) => one.window(50, 8, undefined).length)).toEqual([8, 8, 100])
    expect(fixed.map((one) => one.directLength)).toEqual([4, 8, 100])
    expect(source.directLength).toBe(16 * KIB)
    for (const one of fixed) one.close()
  })

  it('leaves nothing in a window that could not be filled, and goes on where it was', () => {
    const window = source.window(5_000, 1, undefined)
    failOnce()
    expect(() => source.window(MIB, 1, window)).toThrow(
      expect.objectContaining({ code: 'EIO', path: file, message: expect.stringMatching(/^read failed: /) }),
    )
    expect(window.length).toBe(0)
    const again = source.window(5_000, 1, window)
    expect([again.start, again.length]).toEqual([5_000, 4 * KIB])
  })

  it('says where a file ends that has become shorter, and how long it was', async () => {
    truncateSync(file, 2 * MIB)
    const target = new Uint8Array(MIB)
    const shorter = (end: number): unknown =>
      expect.objectContaining({
        code: 'ERR_END_OF_FILE',
        path: file,
        message: expect.stringMatching(new RegExp(`ends at ${end} and had ${LENGTH} bytes`)),
      })
    expect(() => source.read(2 * MIB - 1_000, target, 0, 5_000)).toThrow(shorter(2 * MIB))
    expect(() => source.read(2 * MIB + 5, target, 0, 10)).toThrow(shorter(2 * MIB + 5))
    expect(await failureOf(source.load(MIB + 10, 2 * MIB, {}))).toEqual(shorter(2 * MIB))
    expect(await failureOf(source.fetch(2 * MIB - 10, 20, undefined))).toEqual(shorter(2 * MIB))
    expect(source.fault(false)).toBeUndefined()
    expect(source.fault(true)).toMatchObject({
      code: 'ERR_FILE_FAULT',
      path: file,
      message: expect.stringContaining(`had ${LENGTH} bytes when it was opened and has ${2 * MIB} now`),
      hints: ['files must not be truncated while they are open'],
    })
  })

  it('takes nothing for read where the file was cut while it was read', async () => {
    // What the kernel does to a read that it has begun: the bytes are counted, and those that are gone are zeros.
    const CUT = 2 * MIB + 100
    const overtaken = (target: Uint8Array, offset: number, count: number, position: number): void => {
      truncateSync(file, CUT)
      Uint8Array.prototype.fill.call(target, 0, offset + Math.max(0, CUT - position), offset + count)
    }
    const { read, readSync } = fs
    const overtakenRead: Read = (fd, target, offset, length, position) => {
      const count = readSync(fd, target, offset, length, position)
      overtaken(target, offset, count, position)
      return count
    }
    const overtakenInPool: ReadInPool = (fd, target, offset, length, position, done) => {
      read(fd, target, offset, length, position, (error, count) => {
        overtaken(target, offset, count, position)
        done(error, count)
      })
    }
    replace(fs, { readSync: overtakenRead as typeof readSync, read: overtakenInPool as typeof read })
    const shorter = expect.objectContaining({
      code: 'ERR_END_OF_FILE',
      message: expect.stringContaining(`ends at ${CUT} and had ${LENGTH} bytes`),
    })
    const uncut = (): void => writeFileSync(file, bytes)
    const window = source.window(0, 1, undefined) // before the cut
    expect(Buffer.from(window.bytes)).toEqual(bytes.subarray(0, KIB))
    uncut()
    expect(() => source.window(CUT - 200, 8, window)).toThrow(shorter)
    expect(window.length).toBe(0)
    uncut()
    expect(() => source.read(MIB, new Uint8Array(2 * MIB), 0, 2 * MIB)).toThrow(shorter)
    uncut()
    // Whatever the length is by the time at which that is looked at.
    replace(fs, { fstatSync: (() => ({ size: LENGTH })) as unknown as typeof fs.fstatSync })
    expect(() => source.read(CUT - 1, new Uint8Array(2), 0, 2)).toThrow(
      expect.objectContaining({ code: 'ERR_END_OF_FILE' }),
    )
    uncut()
    expect(await failureOf(source.fetch(CUT - 1, 2, undefined))).toEqual(shorter)
    uncut()
    expect(Buffer.from(await source.fetch(CUT - 2, 2, undefined))).toEqual(bytes.subarray(CUT - 2, CUT))
  })

  it('does not read whatever has its descriptor once it is closed', async () => {
    const window = source.window(0, 1, undefined)
    close()
    const other = openSync(file, 'r')
    const closed = expect.objectContaining({
      code: 'ERR_ALREADY_CLOSED',
      message: expect.stringContaining(file),
    })
    for (const use of [
      () => source.window(0, 1, undefined),
      () => source.window(MIB, 1, window),
      () => source.read(0, new Uint8Array(1), 0, 1),
      () => source.share(),
      () => source.fault(true),
    ]) {
      expect(use).toThrow(closed)
    }
    expect(await failureOf(source.load(0, 1, {}))).toEqual(closed)
    expect(await failureOf(source.fetch(0, 1, undefined))).toEqual(closed)
    closeSync(other)
  })

  describe('off the event loop', () => {
    /** Reads that the pool has been given and not been let do. */
    interface Pending {
      readonly position: number
      readonly length: number
      end(error?: Error, most?: number): void
    }
    let pending: Pending[]
    let arrived: () => void
    const { read } = fs

    beforeEach(() => {
      pending = []
      arrived = () => {}
      const waiting: ReadInPool = (fd, target, offset, length, position, done) => {
        const end = (error?: Error, most = length): void => {
          if (error) done(error, 0)
          else read(fd, target, offset, Math.min(length, most), position, done)
        }
        pending.push({ position, length, end })
        arrived()
      }
      replace(fs, { read: waiting as typeof read })
    })

    const next = async (): Promise<Pending> => {
      if (pending.length === 0) {
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
      return pending.shift()!
    }

    it('loads pieces of 1 MiB, and tells how far it is', async () => {
      const progress: [number, number][] = []
      const loading = source.load(100, LENGTH - 100, {
        onProgress: (...so) => {
          progress.push(so)
        },
      })
      const reads: [number, number][] = []
      for (let i = 0; i < 4; i++) {
        const one = await next()
        reads.push([one.position, one.length])
        one.end(undefined, i === 1 ? MIB - 5 : undefined)
      }
      await loading
      expect(reads).toEqual([
        [100, MIB],
        [100 + MIB, MIB],
        [95 + 2 * MIB, MIB],
        [95 + 3 * MIB, 5],
      ])
      expect(progress).toEqual([MIB, 2 * MIB - 5, 3 * MIB - 5, 3 * MIB].map((done) => [done, 3 * MIB]))
    })

    it('loads a short range with as little memory', async () => {
      const loading = source.load(5, 10, {})
      const one = await next()
      expect([one.position, one.length]).toEqual([5, 10])
      one.end()
      await loading
    })

    it('fetches what the system gives in pieces', async () => {
      const fetching = source.fetch(1_000, 100, undefined)
      for (const expected of [
        [1_000, 100],
        [1_030, 70],
        [1_060, 40],
        [1_090, 10],
      ]) {
        const one = await next()
        expect([one.position, one.length]).toEqual(expected)
        one.end(undefined, 30)
      }
      expect(Buffer.from(await fetching)).toEqual(bytes.subarray(1_000, 1_100))
    })

    it('says what the system answers', async () => {
      for (const reading of [() => source.load(0, 10, {}), () => source.fetch(0, 10, undefined)]) {
        const failure = failureOf(reading())
        const one = await next()
        one.end(systemError('EIO', 'read'))
        expect(await failure).toMatchObject({
          name: 'StorageError',
          code: 'EIO',
          path: file,
          message: expect.stringMatching(/^read failed: /),
        })
      }
    })

    it('keeps its descriptor, when closed, until the last read that is under way has ended', async () => {
      const [one, two] = [source.fetch(0, 10, undefined), source.fetch(20, 10, undefined)]
      const reads = [await next(), await next()]
      expect(descriptors.size).toBe(1)
      close()
      expect(descriptors.size).toBe(1)
      reads[1]!.end()
      expect(Buffer.from(await two)).toEqual(bytes.subarray(20, 30))
      expect(descriptors.size).toBe(1)
      reads[0]!.end(systemError('EIO', 'read'))
      await expect(one).rejects.toMatchObject({ code: 'EIO' })
      expect(descriptors.size).toBe(0)
    })

    it('gives its descriptor back at once when no read is under way any more', async () => {
      const reading = source.fetch(0, 10, undefined)
      const one = await next()
      one.end()
      await reading
      expect(descriptors.size).toBe(1)
      close()
      expect(descriptors.size).toBe(0)
    })

    it('ends a load between two pieces when it is closed', async () => {
      const loading = failureOf(source.load(0, LENGTH, {}))
      const one = await next()
      close()
      one.end()
      expect(await loading).toMatchObject({
        code: 'ERR_ALREADY_CLOSED',
        message: expect.stringContaining(file),
      })
      expect(pending).toEqual([])
      expect(descriptors.size).toBe(0)
    })

    it('lets reads, for which somebody waits, go before loads', async () => {
      const all: Promise<unknown>[] = []
      const busy: Pending[] = []
      for (;;) {
        all.push(source.load(0, 1, {}))
        await setImmediate()
        const one = pending.shift()
        if (one === undefined) break // the last one waits
        busy.push(one)
      }
      all.push(source.fetch(50, 1, undefined))
      busy.shift()!.end()
      const first = await next()
      expect(first.position).toBe(50)
      first.end()
      for (const one of busy) one.end()
      ;(await next()).end()
      await Promise.all(all)
    })

    it('loads everything beforehand, which nobody has to wait for', async () => {
      expect(source.loaded).toBeUndefined()
      source.preload()
      const { loaded } = source
      for (let at = 0; at < LENGTH; at += MIB) {
        const one = await next()
        expect(one.position).toBe(at)
        one.end()
      }
      await loaded
      source.preload()
      ;(await next()).end(systemError('EIO', 'read'))
      await expect(source.loaded).rejects.toMatchObject({ code: 'EIO' })
    })
  })
})

it('takes a window of another source for what it is', () => {
  const source = sourceOf()
  const foreign = new Window(0, new Uint8Array(100))
  expect(source.window(5_000, 4, foreign).length).toBe(KIB)
  source.close()
})
