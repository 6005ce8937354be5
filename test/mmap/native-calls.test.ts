import { chmodSync, chownSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type IndexInput, IOContext, openFile, StorageError } from '../../src/index.js'
import type { NativeAddon } from '../../src/native.js'
import { checksumRange } from '../../src/store/checksum.js'
import { pattern } from '../support/files.js'
import { addon, LATER_ADVICE, settled } from '../support/mappings.js'
import { answer, errnoOf, nativeError } from '../support/native-answers.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { CUTTABLE, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

// What native code is asked for, and what comes of its answers, some of which few systems give.

const MIB = 2 ** 20
const PAGE = addon.pageSize
const LENGTH = 10 * PAGE + 100

let path: string
let file: string
const inputs: IndexInput[] = []

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  writeFileSync(file, pattern(LENGTH))
})

afterEach(() => {
  restoreReplaced()
  for (const input of inputs.splice(0)) caught(() => input.close()) // of a file that was cut it says so
  removeDirectory(path)
})

function opened(context = IOContext.DEFAULT): IndexInput {
  const input = openFile(file, { context, chunkPower: 20 })
  inputs.push(input)
  return input
}

function caught(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    return error
  }
}

describe('a call that the system refuses', () => {
  const REFUSED: [keyof NativeAddon, string, (input: IndexInput) => unknown][] = [
    ['shareMapping', 'share', (input) => input.share()],
    ['residentBytes', 'residency', (input) => input.isLoaded()],
    ['residentBytes', 'residency', (input) => input.residentBytes()],
    ['prefetchSome', 'prefetch', (input) => input.prefetch(0, 5)],
    ['pinChunk', 'export', (input) => input.exportChunks()],
    ['fileLengthNow', 'length', (input) => input.checkFault()],
    ['preloadMapping', 'load', (input) => input.load()],
  ]
  if (LATER_ADVICE)
    REFUSED.push(['adviseMapping', 'advise', (input) => input.updateIOContext(IOContext.READ)])

  it.each(REFUSED)('is an error with what it was for: %s, %s', async (name, action, use) => {
    const input = opened()
    const cause = nativeError({ errno: errnoOf('ENOMEM'), syscall: 'call' })
    answer(name, () => {
      throw cause
    })
    const error = (await Promise.resolve(caught(() => use(input))).catch(
      (reason: unknown) => reason,
    )) as Error
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({
      name: 'StorageError',
      code: 'ENOMEM',
      path: file,
      syscall: 'call',
      errno: cause.errno,
      cause,
    })
    expect(error.message).toContain(`${action} failed: the call failed: `)
    expect(error.message).toContain(file)
  })

  it.each([{}, { errno: 0 }, { errno: 99_999 }])('without a number that is known: %o', async (details) => {
    const input = opened()
    answer('preloadMapping', () => Promise.reject(nativeError(details)))
    await expect(input.load()).rejects.toMatchObject({ name: 'StorageError', code: 'ERR_STORAGE' })
  })

  it.each(['EIO', 'EFAULT'])('to load a page, is a fault: %s', async (code) => {
    const input = opened()
    const cause = nativeError({ errno: errnoOf(code), syscall: 'madvise' })
    answer('preloadMapping', () => Promise.reject(cause))
    await expect(input.load()).rejects.toMatchObject({
      name: 'FileFaultError',
      code: 'ERR_FILE_FAULT',
      path: file,
      syscall: 'madvise',
      errno: errnoOf(code),
      hints: [expect.stringContaining('device')],
      cause,
      message: expect.stringContaining(file),
    })
  })

  it.skipIf(!CUTTABLE)('to load a page of a file that was cut, says that it was cut', async () => {
    const input = opened()
    truncateSync(file, 10)
    answer('preloadMapping', () => Promise.reject(nativeError({ errno: errnoOf('EIO') })))
    const numbers = new RegExp(`truncated: .*had ${LENGTH} bytes .* has 10 now`)
    await expect(input.load()).rejects.toMatchObject({
      code: 'ERR_FILE_FAULT',
      message: expect.stringMatching(numbers),
    })
  })
})

describe.skipIf(!CUTTABLE)('what is told of a fault', () => {
  it('is the length that was mapped and the length now', () => {
    const input = opened()
    truncateSync(file, 10)
    const error = caught(() => input.checkFault())
    expect(error).toMatchObject({ code: 'ERR_FILE_FAULT', path: file })
    expect(error).toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^A mapped file was truncated: .*had ${LENGTH} .* has 10 now`),
      ),
      hints: [expect.stringContaining('truncated')],
    })
    expect((error as Error).message).toContain(file)
  })

  it.each([
    [0, 1],
    [LENGTH - 1, 1],
    [LENGTH, 2],
  ])('is that the device may be to blame, if the file is long enough: %d bytes', (now, count) => {
    const input = opened()
    truncateSync(file, 0)
    answer('fileLengthNow', () => now)
    input.seek(5 * PAGE)
    const error = caught(() => input.readByte())
    expect(error).toMatchObject({
      code: 'ERR_FILE_FAULT',
      message: expect.stringMatching(/^A page of a mapped file could not be read: /),
    })
    const { hints } = error as StorageError
    expect(hints).toHaveLength(count)
    expect(hints[1] ?? 'the device may have failed').toMatch(/device/)
  })
})

describe('the checksum of a mapped file', () => {
  it('is native code’s where the processor is fast at it, and is the same anyway', () => {
    const input = opened()
    replace(addon, { canChecksum: false })
    const slow = answer('checksumMapping', () => 0)
    const expected = checksumRange(input, 3, 5_000, 77)
    expect(slow).toEqual([])
    restoreReplaced()
    expect(checksumRange(input, 3, 5_000, 77)).toBe(expected)
    replace(addon, { canChecksum: true })
    const calls = answer('checksumMapping', () => 12_345)
    expect(checksumRange(input, 3, 5_000, 77)).toBe(12_345)
    expect(calls).toEqual([[3, 5_000, 77]])
  })
})

describe.skipIf(!LATER_ADVICE)('the advice for a part (needs later advice)', () => {
  const RANDOM = 1
  const parts: [string, number, number][] = [
    ['at the begin', 0, 2 * PAGE],
    ['in the middle', PAGE, PAGE],
    ['at the end', 2 * PAGE, LENGTH - 2 * PAGE],
  ]

  it.each(parts)('stays as it is where there are too many of those: %s', (_, offset, length) => {
    const input = opened()
    replace(addon, { mayAdvise: () => false })
    const calls = answer('adviseMapping', () => {})
    expect(input.slice('part', offset, length, IOContext.READ).advice).toBe('normal')
    expect(calls).toEqual([])
    input.updateIOContext(IOContext.READ)
    expect(input.advice).toBe('random')
    expect(calls).toEqual([[0, LENGTH, RANDOM]])
  })

  it.each(parts)('is counted, once, and no more when all of the file is advised: %s', (_, offset, length) => {
    const input = opened()
    const counts = answer('countAdvisedRanges', () => {})
    const calls = answer('adviseMapping', () => {})
    input.slice('part', offset, length, IOContext.READ)
    input.slice('part', offset, length, IOContext.READ)
    expect(calls).toEqual([
      [offset, length, RANDOM],
      [offset, length, RANDOM],
    ])
    expect(counts).toEqual([[1]])
    input.updateIOContext(IOContext.DEFAULT)
    expect(counts).toEqual([[1], [-1]])
    input.updateIOContext(IOContext.DEFAULT)
    expect(counts).toEqual([[1], [-1]])
  })
})

it('a system that takes advice only with the opening is asked for none later', () => {
  const calls = answer('adviseMapping', () => {})
  replace(addon, { advisesRanges: false })
  const input = opened(IOContext.READ)
  input.updateIOContext(IOContext.READONCE)
  expect(input.advice).toBe('random')
  expect(calls).toEqual([])
})

describe('readAsync()', () => {
  it('waits for no thread when it finds all in memory', async () => {
    const input = opened()
    answer('residentBytes', (_: number, length: number) => length)
    const calls = answer('preloadMapping', () => Promise.resolve())
    await input.readAsync(5, new Uint8Array(100))
    expect(calls).toEqual([])
  })

  it('has what is not there asked for ahead', async () => {
    const input = opened()
    answer('residentBytes', (_: number, length: number) => length - 1)
    const calls = answer('preloadMapping', () => Promise.resolve())
    await Promise.all([
      input.readAsync(5, new Uint8Array(100)),
      input.slice('s', 50, 500).readAsync(7, new Uint8Array(3)),
    ])
    expect(calls).toEqual([[[5, 100, 57, 3], true]])
  })
})

describe('load()', () => {
  it.each([
    ['as the system does by itself', IOContext.DEFAULT, false],
    ['asked for ahead where reads are random', IOContext.READ, true],
    ['as the system does where reads are in sequence', IOContext.READONCE, false],
  ])('brings in pieces of 4 MiB, %s', async (_, context, ahead) => {
    truncateSync(file, 10 * MIB)
    const input = opened(context)
    const calls = answer('preloadMapping', () => Promise.resolve())
    const progress: unknown[] = []
    await input.slice('slice', 5, 9 * MIB).load({ onProgress: (...now) => progress.push(now) })
    const pieces = [
      [5, 4 * MIB],
      [5 + 4 * MIB, 4 * MIB],
      [5 + 8 * MIB, MIB],
    ]
    expect(calls).toEqual(pieces.map((piece) => [piece, ahead]))
    expect(progress).toEqual([4, 8, 9].map((done) => [done * MIB, 9 * MIB]))
  })

  it.skipIf(!LATER_ADVICE)('asks ahead only for the part that is read at random', async () => {
    truncateSync(file, 10 * MIB)
    const input = opened()
    input.slice('random', 5 * MIB, MIB, IOContext.READ)
    const calls = answer('preloadMapping', () => Promise.resolve())
    await input.load()
    expect(calls.map(([, ahead]) => ahead)).toEqual([false, true, false])
  })
})

/** Has each call reach so many of its ranges, and find so many of them missing. */
function reaching(reached: number, missing: number): unknown[][] {
  return answer('prefetchSome', ((...[, , , , outcome]: [never, never, never, never, Uint32Array]) => {
    outcome[0] = reached
    outcome[1] = missing
  }) as (...asked: never[]) => void)
}

async function inBackground(ranges: { offset: number; length: number }[], reached = 0): Promise<unknown[]> {
  const input = opened()
  reaching(reached, 0)
  const calls = answer('prefetchAll', () => Promise.resolve())
  input.prefetchRanges(ranges)
  await settled()
  return calls.map(([piece]) => piece)
}

describe('prefetch()', () => {
  const two = [
    { offset: 0, length: 10 },
    { offset: 100, length: 10 },
  ]

  it('of nothing costs no call', () => {
    const input = opened()
    const calls = reaching(0, 0)
    input.prefetch(5, 0)
    input.prefetchRanges([])
    expect(calls).toEqual([])
  })

  it('looks at no more than a MiB in this thread, and asks for no more than 64 KiB', () => {
    const input = opened()
    const calls = reaching(2, 0)
    input.prefetchRanges(two)
    expect(calls.map((call) => call.slice(0, 4))).toEqual([[[0, 10, 100, 10], MIB, 65_536, true]])
  })

  it('is passed over once all was there for long, of ranges too', () => {
    const input = opened()
    const calls = reaching(2, 0)
    for (let i = 0; i < 1024 + 16; i++) input.prefetchRanges(two)
    expect(calls).toHaveLength(1025)
  })

  it('is not passed over while there is more than could be looked at', async () => {
    const input = opened()
    const calls = reaching(0, 0)
    answer('prefetchAll', () => Promise.resolve())
    for (let i = 0; i < 1100; i++) input.prefetchRanges(two)
    expect(calls).toHaveLength(1100)
    await settled()
  })

  it('has the rest asked for in the background, by pieces of 4 MiB', async () => {
    truncateSync(file, 20 * MIB)
    const ranges = [
      { offset: 7, length: 1 },
      { offset: 9, length: 10 * MIB },
      { offset: 11 * MIB, length: 2 * MIB },
      { offset: 15 * MIB, length: 3 * MIB },
    ]
    expect(await inBackground(ranges, 1)).toEqual([
      [9, 4 * MIB],
      [9 + 4 * MIB, 4 * MIB],
      [9 + 8 * MIB, 2 * MIB, 11 * MIB, 2 * MIB],
      [15 * MIB, 3 * MIB],
    ])
    expect(await inBackground([{ offset: 1, length: 4 * MIB }])).toEqual([[1, 4 * MIB]])
  })

  it('has the rest asked for by no more than 256 ranges at a time', async () => {
    const ranges = Array.from({ length: 600 }, (_, i) => ({ offset: i, length: 1 }))
    const pieces = (await inBackground(ranges)) as number[][]
    expect(pieces.map(({ length }) => length / 2)).toEqual([256, 256, 88])
    expect(pieces.flat()).toEqual(ranges.flatMap(({ offset, length }) => [offset, length]))
  })
})

describe('what is in memory', () => {
  it('is looked at by pieces of 16 MiB, as long as all is there', () => {
    truncateSync(file, 40 * MIB)
    const input = opened()
    const slice = input.slice('slice', 5, 33 * MIB)
    const calls = answer('residentBytes', (_: number, length: number) => length)
    expect(slice.isLoaded()).toBe(true)
    expect(calls).toEqual([
      [5, 16 * MIB - 5],
      [16 * MIB, 16 * MIB],
      [32 * MIB, MIB + 5],
    ])
    const some = answer('residentBytes', (offset: number, length: number) => (offset > 5 ? 0 : length))
    expect(slice.isLoaded()).not.toBe(true)
    expect(some).toHaveLength(2)
    restoreReplaced()
    expect(input.slice('nothing', 5, 0).isLoaded()).toBe(true)
  })

  it.each([
    [true, false, 5],
    [false, undefined, undefined],
  ])('is told as far as the system tells everything: %s', (complete, loaded, count) => {
    const input = opened()
    replace(addon, { residencyComplete: complete })
    answer('residentBytes', () => 5)
    expect([input.isLoaded(), input.residentBytes()]).toEqual([loaded, count])
    answer('residentBytes', (_: number, length: number) => length)
    expect([input.isLoaded(), input.residentBytes()]).toEqual([true, LENGTH])
  })

  const OTHER = 60_001
  const groups = (...ids: number[]) => ({ getegid: () => OTHER, getgroups: () => ids })

  // Of a file that belongs to the user `uid` and the group `gid`.
  it.skipIf(WINDOWS).each<[string, number, (uid: number, gid: number) => object, boolean]>([
    ['the super-user', 0o600, () => ({ geteuid: () => 0 }), true],
    ['the owner', 0o600, (uid) => ({ geteuid: () => uid }), true],
    ['the group, which may write', 0o620, (_, gid) => ({ getegid: () => gid, getgroups: () => [] }), true],
    ['the group, which may not', 0o642, (_, gid) => ({ getegid: () => gid, getgroups: () => [] }), false],
    ['a member of the group, which may write', 0o620, (_, gid) => groups(1, gid), true],
    ['a member of the group, which may not', 0o642, (_, gid) => groups(gid), false],
    ['somebody else, who may write', 0o602, () => groups(), true],
    ['somebody else, who may not', 0o664, () => groups(), false],
    ['somebody on another system than Linux', 0o600, () => ({ ...groups(), platform: 'darwin' }), true],
    ['somebody on a system without users', 0o600, () => ({ platform: 'win32', geteuid: undefined }), true],
    [
      'somebody of whom the system knows no groups',
      0o660,
      () => ({ getegid: undefined, getgroups: undefined }),
      false,
    ],
  ])('is told to %s (mode %o)', (_, mode, asWho, told) => {
    chmodSync(file, mode)
    if (process.geteuid?.() === 0) chownSync(file, OTHER + 1, OTHER + 2)
    const { uid, gid } = statSync(file)
    const input = opened()
    answer('residentBytes', (_offset: number, length: number) => length)
    const probes = answer('prefetchSome', () => {})
    replace(process, {
      platform: 'linux',
      geteuid: () => OTHER,
      ...asWho(uid, gid),
    } as Partial<NodeJS.Process>)
    const answers = [input.isLoaded(), input.residentBytes()]
    input.prefetch(0, 5)
    restoreReplaced()
    expect(answers).toEqual(told ? [true, LENGTH] : [undefined, undefined])
    expect(probes.map((call) => call[3])).toEqual([told])
  })
})

describe('exportChunks()', () => {
  it('makes at most 65536 chunks', () => {
    // As of a file of 64 GiB, which not every system maps.
    const length = 65_536 * MIB + 5
    const { mappingShape } = addon
    replace(addon, {
      mappingShape: (handle) => ({ ...mappingShape(handle), length }),
      fileLengthNow: () => length,
    })
    const input = opened()
    const address = { address: 0n, mappedAddress: 0n, mappedLength: 0, id: 0 }
    replace(addon, { pinChunk: () => address, releasePin: () => {} })
    expect(input.slice('most', 0, 65_536 * MIB).exportChunks()).toHaveLength(65_536)
    expect(() => input.exportChunks()).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: expect.stringMatching(/^length .* 65536 chunks of 1048576 bytes/),
      }),
    )
  })
})
