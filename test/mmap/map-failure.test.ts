import fs, { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { hintsOf } from '../../src/fs/fs-errors.js'
import { MapFailedError, MMapDirectory, StorageError } from '../../src/index.js'
import { type MapFailure, mapFailure, mappingUnavailable } from '../../src/mmap/map-failure.js'
import type { NativeAddon, NativeError } from '../../src/native.js'
import { addon } from '../support/mappings.js'
import { errnoOf } from '../support/native-answers.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const PATH = '/indexes/_0.vec'
const HELD = 'this library holds 7 mappings of 3 GiB (3221225472 bytes) in all'

/** What such a system has of /proc: only what a test says. */
let proc: Record<string, string>

beforeEach(() => {
  proc = {}
  const { readFileSync } = fs
  const read = (path: string, encoding?: BufferEncoding): unknown => {
    if (!path.startsWith('/proc/')) return readFileSync(path, encoding)
    const text = proc[path]
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return encoding ? text : Buffer.from(text)
  }
  replace(fs, { readFileSync: read as typeof readFileSync })
  replace(process, { arch: 'x64' })
})

afterEach(restoreReplaced)

function failureOf(details: Partial<NativeError> & { code?: string }, length = 5_000_000): MapFailure {
  const { code, ...others } = details
  const call = code === undefined ? {} : { syscall: 'mmap', errno: errnoOf(code) }
  const error = Object.assign(new Error('mmap failed'), call, others)
  const holding = { mappingTotals: () => ({ mappings: 7, bytes: 3 * 2 ** 30 }) }
  return mapFailure(error, PATH, length, 34, holding as NativeAddon)
}

function hintsFor(details: Partial<NativeError> & { code?: string }): readonly string[] {
  return failureOf(details).error.hints
}

describe('what the system says when it does not map', () => {
  it('is told with the path, the call, the code and the numbers', () => {
    const native = Object.assign(new Error('mmap failed'), { syscall: 'mmap', errno: errnoOf('EACCES') })
    const { error } = mapFailure(native, PATH, 5_000_000, 34, addon)
    expect(error).toBeInstanceOf(MapFailedError)
    expect(error).toMatchObject({
      code: 'ERR_MAP_FAILED',
      path: PATH,
      syscall: 'mmap',
      errno: errnoOf('EACCES'),
      cause: native,
    })
    for (const part of [PATH, 'mmap: EACCES;', '(5000000 bytes)', 'chunks of 2^34 bytes'])
      expect(error.message).toContain(part)
    expect(error.message).not.toContain('Windows')
  })

  it('is told with what Windows calls it, too', () => {
    expect(failureOf({ code: 'EACCES', systemCode: 5 }).error.message).toContain(
      'mmap: EACCES (Windows error 5)',
    )
  })

  it.each([{}, { errno: 0 }])('is told without a code where it gives none: %o', (details) => {
    const { error, fallback } = failureOf(details)
    expect(error.message).toContain('mmap failed: failed;')
    expect([error.name, error.hints, fallback]).toEqual(['MapFailedError', [], true])
  })

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 KiB (1024 bytes)'],
    [1536, '1.5 KiB (1536 bytes)'],
    [5_000_000, '4.77 MiB (5000000 bytes)'],
    [2 ** 30, '1 GiB (1073741824 bytes)'],
    [3 * 2 ** 40, '3 TiB (3298534883328 bytes)'],
    [2 ** 53 - 2, '8 PiB (9007199254740990 bytes)'],
  ])('tells a length of %d as people and as programs do', (length, told) => {
    expect(failureOf({ code: 'EACCES' }, length).error.message).toContain(`length ${told}, `)
  })

  it.each([
    ['ENOMEM', true],
    ['ENODEV', true],
    ['ENOTSUP', true],
    ['EAGAIN', true],
    ['EOVERFLOW', true],
    ['EACCES', true],
    ['EPERM', true],
    ['ENOSYS', true],
    ['EIO', false],
    ['EINVAL', false],
    ['EBADF', false],
  ])('decides whether the file is read instead: %s, %s', (code, fallback) => {
    const failure = failureOf({ code })
    expect(failure.error.code).toBe('ERR_MAP_FAILED')
    expect(failure.fallback).toBe(fallback)
  })

  it.each(['EMFILE', 'ENFILE'])('is the error of opening a file where descriptors are short: %s', (code) => {
    const { error, fallback } = failureOf({ code, syscall: 'dup' })
    expect(error).toBeInstanceOf(StorageError)
    expect(error).not.toBeInstanceOf(MapFailedError)
    expect(error).toMatchObject({ code, path: PATH, syscall: 'dup', errno: errnoOf(code) })
    expect(error.cause).toMatchObject({ message: 'mmap failed' })
    expect(error.hints).toEqual(hintsOf(code) ?? [])
    expect(error.message).toContain(`${code}: ${PATH}`)
    expect(fallback).toBe(false)
  })

  it.each(['ENODEV', 'ENOTSUP'])('hints at FSDirectory on file systems without mappings: %s', (code) => {
    expect(hintsFor({ code })).toEqual([expect.stringContaining('FSDirectory')])
  })

  it('has the hints that any call has that fails so', () => {
    expect(hintsOf('EROFS')).toHaveLength(1)
    expect(hintsFor({ code: 'EROFS' })).toEqual(hintsOf('EROFS'))
    expect(hintsFor({ code: 'EBADF' })).toEqual([])
  })
})

it('the limit of the library is told with its number, and has the file read instead', () => {
  const { error, fallback } = failureOf({ limit: 49_152 })
  expect(error).toMatchObject({ code: 'ERR_MAP_FAILED', path: PATH })
  expect(error.message).toContain('too many mappings')
  expect(error.message).not.toContain('mmap failed')
  expect(error.hints).toEqual([expect.stringMatching(/at most 49152 .* holds 7: /)])
  expect(fallback).toBe(true)
})

function limits(data: string, addresses: string): string {
  const lines = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max cpu time              unlimited            unlimited            seconds   ',
    `Max data size             ${data.padEnd(20)} unlimited            bytes     `,
    `Max address space         ${addresses.padEnd(20)} unlimited            bytes     `,
  ]
  return `${lines.join('\n')}\n`
}

function hints(details: Partial<NativeError> = {}): readonly string[] {
  return hintsFor({ code: 'ENOMEM', ...details })
}

describe('where memory or addresses do not suffice', () => {
  it('tells what is mapped, and no more where the system tells nothing', () => {
    expect(hints()).toEqual([HELD])
  })

  it('tells the limit of the addresses, and how much of it is in use', () => {
    proc['/proc/self/limits'] = limits('unlimited', '8589934592')
    expect(hints()).toEqual([HELD, expect.stringMatching(/ 8 GiB \(8589934592 bytes\): raise ulimit -v$/)])
    // The first line is the program's, which may call itself anything.
    proc['/proc/self/status'] =
      'Name:\tVmSize:  5 kB\nUmask:\t0022\nVmPeak:\t 3221228 kB\nVmSize:\t 1048576 kB\n'
    expect(hints()).toEqual([
      HELD,
      expect.stringMatching(/ 8 GiB \(8589934592 bytes\), 1 GiB \(1073741824 bytes\) of it in use: .*-v$/),
    ])
  })

  it('tells a limit beyond all files in the greatest unit there is', () => {
    proc['/proc/self/limits'] = limits('unlimited', '4611686018427387904')
    expect(hints()[1]).toContain('4096 PiB')
  })

  it('tells the limit of the data', () => {
    proc['/proc/self/limits'] = limits('2147483648', 'unlimited')
    expect(hints()).toEqual([HELD, expect.stringMatching(/ 2 GiB \(2147483648 bytes\): raise ulimit -d$/)])
  })

  it('tells nothing of what is unlimited', () => {
    proc['/proc/self/limits'] = limits('unlimited', 'unlimited')
    proc['/proc/self/status'] = 'Name:\tnode\nVmSize:\t 1048576 kB\n'
    expect(hints()).toEqual([HELD])
  })

  it.each([
    ['0', []],
    ['1', []],
    ['2', [expect.stringContaining('vm.overcommit_memory is 2')]],
  ])('tells whether the system promises no more than it has: %s', (policy, more) => {
    proc['/proc/sys/vm/overcommit_memory'] = `${policy}\n`
    expect(hints()).toEqual([HELD, ...more])
  })

  it("tells the process's mappings and how many there may be, where both are known", () => {
    proc['/proc/sys/vm/max_map_count'] = '65530\n'
    expect(hints()).toEqual([HELD])
    proc['/proc/self/maps'] = '1-2 r--p\n3-4 r-xp\n5-6 rw-p [heap]\n'
    expect(hints()).toEqual([
      HELD,
      expect.stringMatching(/has 3 mappings, and vm\.max_map_count allows 65530: /),
    ])
    delete proc['/proc/sys/vm/max_map_count']
    expect(hints()).toEqual([HELD])
  })

  it.each(['arm', 'ia32'] as const)('tells that a process of 32 bits has few addresses: %s', (arch) => {
    replace(process, { arch })
    expect(hints()).toEqual([HELD, expect.stringContaining('64-bit Node.js')])
  })

  it('tells what Windows counts, where that was the reason', () => {
    expect(hints({ systemCode: 1455 })).toEqual([HELD, expect.stringContaining('page file')])
    expect(hints({ systemCode: 8 })).toEqual([HELD])
  })
})

it.skipIf(!addon.advisesRanges)(
  'a mapping for which advice is refused is given up, and the file read',
  () => {
    const path = temporaryDirectory()
    try {
      writeFileSync(join(path, 'file'), 'a file')
      const before = addon.mappingTotals().mappings
      const refused = Object.assign(new Error('madvise failed'), {
        syscall: 'madvise',
        errno: errnoOf('EPERM'),
      })
      const adviseMapping = (): never => {
        throw refused
      }
      replace(addon, { adviseMapping })
      replace(process, { emitWarning: () => {} })
      const input = MMapDirectory.open(path, { readAdvice: () => 'random' }).openInput('file')
      expect([input.mapped, input.readByte()]).toEqual([false, 'a'.charCodeAt(0)])
      expect(input.mapFailure?.message).toContain('madvise: EPERM')
      expect(addon.mappingTotals().mappings).toBe(before)
      input.close()
    } finally {
      removeDirectory(path)
    }
  },
)

it('an engine that takes no buffers over mapped memory is told of by the path', () => {
  expect(mappingUnavailable(PATH)).toBeUndefined()
  replace(addon, { externalBuffersAllowed: false })
  const error = mappingUnavailable(PATH)
  expect(error).toBeInstanceOf(MapFailedError)
  expect(error).toMatchObject({
    path: PATH,
    message: expect.stringContaining(`${PATH}: this JavaScript engine`),
  })
})
