import fs, { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { StorageError } from '../../src/index.js'
import { giveBack, PIECE, takeAligned } from '../../src/fs/aligned-memory.js'
import { DirectFileSink } from '../../src/fs/direct-file-sink.js'
import { DirectFileSource } from '../../src/fs/direct-file-source.js'
import { O_DIRECT } from '../../src/fs/system.js'
import type { OutputSink } from '../../src/store/buffered-index-output.js'
import { pattern } from '../support/files.js'
import { thrownBy } from '../support/outcomes.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { failingCloses, openDescriptors, systemError } from '../support/system-calls.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const BLOCK = 4096
const END = 2 * PIECE + 3 * BLOCK + 100
const bytes = pattern(END)

let path: string
let file: string
let descriptors: ReadonlySet<number>

/** What the system was asked for past its cache. */
let calls: [call: 'read' | 'write', position: number, length: number][]
/** What it answers, in turn: how many bytes at most, or with which error. Then all that is wanted. */
let answers: (number | string)[]
let direct: Set<number>

type Transfer = (fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => number

/** Writes through the cache in another way; those past it stay as they are. */
function throughTheCache(write: Transfer): void {
  const { writeSync } = fs
  const other: Transfer = (fd, ...given) => (direct.has(fd) ? writeSync : write)(fd, ...given)
  replace(fs, { writeSync: other as typeof writeSync })
}

/** A file system with O_DIRECT, whatever the temporary directory is on. */
function pretend(block: number = BLOCK): void {
  const { openSync, fstatSync, readSync, writeSync } = fs
  const answering =
    (call: 'read' | 'write', transfer: Transfer): Transfer =>
    (fd, part, offset, length, position) => {
      if (!direct.has(fd)) return transfer(fd, part, offset, length, position)
      calls.push([call, position, length])
      expect([offset, part.byteOffset % block, position % block, length % block]).toEqual([0, 0, 0, 0])
      expect(part.byteLength).toBe(length)
      const answer = answers.shift() ?? length
      if (typeof answer === 'string') throw systemError(answer, call)
      return answer === 0 ? 0 : transfer(fd, part, offset, Math.min(answer, length), position)
    }
  replace(fs, {
    openSync: (name, flags, mode) => {
      if (typeof flags !== 'number' || (flags & O_DIRECT) === 0) {
        const fd = openSync(name, flags, mode)
        direct.delete(fd)
        return fd
      }
      const answer = answers[0] === 'open' ? answers.splice(0, 2)[1] : undefined
      if (answer !== undefined) throw systemError(String(answer), 'open')
      const fd = openSync(name, flags & ~O_DIRECT, mode)
      direct.add(fd)
      return fd
    },
    fstatSync: ((...given: Parameters<typeof fstatSync>) =>
      Object.assign(fstatSync(...given), { blksize: block })) as typeof fstatSync,
    readSync: answering('read', readSync as Transfer) as typeof readSync,
    writeSync: answering('write', writeSync as Transfer) as typeof writeSync,
  })
}

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  calls = []
  answers = []
  direct = new Set()
  descriptors = openDescriptors()
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

/** Where the next piece of aligned memory is. */
function nextPiece(): number {
  const piece = takeAligned()!
  giveBack(piece)
  return piece.byteOffset
}

function failureOf(action: () => unknown): StorageError {
  const error = thrownBy(action)
  if (error instanceof StorageError) return error
  throw error
}

const SUPPORTED = O_DIRECT !== 0

describe.skipIf(!SUPPORTED)('aligned memory', () => {
  it('is given out again, and as much more as is wanted', () => {
    const pieces = Array.from({ length: 40 }, () => takeAligned()!)
    expect(new Set(pieces.map(({ buffer, byteOffset }) => [buffer, byteOffset])).size).toBe(40)
    expect(pieces.every(({ length, byteOffset }) => length === PIECE && byteOffset % 65_536 === 0)).toBe(true)
    const last = pieces.at(-1)!
    for (const piece of pieces) giveBack(piece)
    expect(takeAligned()).toBe(last)
    giveBack(last)
  })
})

describe.skipIf(!SUPPORTED)('an output past the cache (needs O_DIRECT)', () => {
  let sink: OutputSink
  const refusals: StorageError[] = []

  beforeEach(() => {
    refusals.length = 0
    pretend()
  })

  const create = (): OutputSink => DirectFileSink.create(file, (refusal) => refusals.push(refusal))

  const write = (content: Uint8Array): void => {
    for (let at = 0; at < content.length;) at += sink.write(content, at, content.length - at)
  }

  it.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, PIECE - 1, PIECE, PIECE + 1, END])(
    'writes whole blocks, and cuts off what fills the last one: %i bytes',
    (length) => {
      const piece = nextPiece()
      sink = create()
      write(bytes.subarray(0, length))
      sink.close(true)
      expect(readFileSync(file).equals(bytes.subarray(0, length))).toBe(true)
      const expected: typeof calls = []
      for (let at = 0; at < length; at += PIECE) {
        expected.push(['write', at, Math.min(PIECE, Math.ceil((length - at) / BLOCK) * BLOCK)])
      }
      expect(calls).toEqual(expected)
      expect([descriptors.size, nextPiece(), refusals]).toEqual([0, piece, []])
    },
  )

  it('cuts off nothing of a file that ends with a block', () => {
    replace(fs, {
      ftruncateSync: () => {
        throw systemError('EIO', 'ftruncate')
      },
    })
    sink = create()
    write(bytes.subarray(0, 2 * BLOCK))
    sink.close(true)
    expect(readFileSync(file)).toHaveLength(2 * BLOCK)
  })

  it('goes on at a block where the system takes some of the bytes first', () => {
    sink = create()
    answers.push(3 * BLOCK + 17, BLOCK)
    write(bytes.subarray(0, PIECE))
    answers.push(2 * BLOCK)
    write(bytes.subarray(PIECE))
    sink.close(true)
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(calls).toEqual([
      ['write', 0, PIECE],
      ['write', 3 * BLOCK, PIECE - 3 * BLOCK],
      ['write', 4 * BLOCK, PIECE - 4 * BLOCK],
      ['write', PIECE, PIECE],
      ['write', PIECE + 2 * BLOCK, PIECE - 2 * BLOCK],
      ['write', 2 * PIECE, 4 * BLOCK],
    ])
  })

  it.each([0, 17, BLOCK - 1])('fails where the system takes less than a block: %i bytes', (count) => {
    sink = create()
    answers.push(count)
    const error = failureOf(() => write(bytes))
    expect(error).toMatchObject({ code: 'EIO', path: file })
    expect(error.message).toContain(`${count} bytes were written: ${file}`)
    sink.close(false)
    expect(descriptors.size).toBe(0)
  })

  it('that did not become complete is not written to its end', () => {
    const piece = nextPiece()
    sink = create()
    write(bytes.subarray(0, PIECE + 10))
    sink.close(false)
    expect(readFileSync(file)).toHaveLength(PIECE)
    expect([descriptors.size, nextPiece()]).toEqual([0, piece])
  })

  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])(
    'goes through the cache where the first write is refused with %s',
    (code) => {
      const piece = nextPiece()
      sink = create()
      answers.push(code)
      write(bytes)
      expect(descriptors.size).toBe(1)
      sink.close(true)
      expect(readFileSync(file).equals(bytes)).toBe(true)
      expect(calls).toEqual([['write', 0, PIECE]])
      expect(refusals).toEqual([
        expect.objectContaining({
          code: 'ERR_NO_DIRECT_IO',
          path: file,
          cause: expect.objectContaining({ code }),
          message: expect.stringMatching(/the file system does not allow it/),
        }),
      ])
      expect([descriptors.size, nextPiece()]).toEqual([0, piece])
    },
  )

  it('fails where a write fails, or is refused once one has worked', () => {
    sink = create()
    answers.push('EIO')
    expect(failureOf(() => write(bytes))).toMatchObject({
      code: 'EIO',
      path: file,
      message: expect.stringMatching(/^write failed: EIO/),
    })
    sink.close(false)
    fs.unlinkSync(file)
    sink = create()
    answers.push(PIECE, 'EINVAL')
    expect(failureOf(() => write(bytes))).toMatchObject({ code: 'EINVAL', path: file })
    sink.close(false)
    expect([descriptors.size, refusals]).toEqual([0, []])
  })

  it.each([
    ['written past the cache', []],
    ['written through the cache', ['EINVAL']],
  ])('is %s, and closes each descriptor once, where closing one that is not needed fails', (_, first) => {
    sink = create()
    answers.push(...first)
    const closed = failingCloses()
    write(bytes)
    expect(closed).toHaveLength(1)
    const { code, path: named } = failureOf(() => sink.close(true)) as StorageError
    expect([code, named]).toEqual(['EIO', file]) // of the one that was written by
    expect(new Set(closed).size).toBe(2)
    expect(closed).toHaveLength(2)
    restoreReplaced()
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it('goes on through the cache wherever the system stops', () => {
    sink = create()
    answers.push('EINVAL')
    const { writeSync } = fs
    throughTheCache((fd, part, offset, length, position) =>
      writeSync(fd, part, offset, Math.min(length, 7_000), position),
    )
    write(bytes)
    sink.close(true)
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it('fails where a write through the cache fails, too', () => {
    sink = create()
    answers.push('EINVAL')
    throughTheCache(() => {
      throw systemError('EINVAL', 'write')
    })
    expect(failureOf(() => write(bytes))).toMatchObject({ code: 'EINVAL', path: file })
    expect(failureOf(() => write(bytes))).toMatchObject({ code: 'EINVAL', path: file })
    sink.close(false)
    expect([descriptors.size, refusals.length]).toEqual([0, 1])
  })

  it('is made in another way where it cannot be opened past the cache', () => {
    answers.push('open', 'EINVAL')
    sink = create()
    write(bytes)
    sink.close(true)
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(refusals.map((refusal) => refusal.code)).toEqual(['ERR_NO_DIRECT_IO'])
    expect([descriptors.size, calls]).toEqual([0, []])
  })

  it('is not made where opening it fails', () => {
    answers.push('open', 'EIO')
    const error = failureOf(create)
    expect(error).toMatchObject({ code: 'EIO', path: file })
    expect(error.message).toMatch(/^open failed: EIO/)
    expect(fs.readdirSync(path)).toEqual([])
    expect([descriptors.size, calls]).toEqual([0, []])
  })

  it('says what the end of a file failed with, and gives back what it had', () => {
    const piece = nextPiece()
    const failing = (call: 'ftruncateSync' | 'closeSync', action: string): void => {
      const { closeSync } = fs
      sink = create()
      write(bytes.subarray(0, 100))
      replace(fs, {
        [call]: (fd: number) => {
          if (call === 'closeSync') closeSync(fd)
          throw systemError('EIO', call)
        },
      })
      const error = failureOf(() => sink.close(true))
      expect(error).toMatchObject({ code: 'EIO', path: file })
      expect(error.message).toMatch(new RegExp(`^${action} failed: EIO`))
      expect(nextPiece()).toBe(piece)
    }
    failing('ftruncateSync', 'truncate')
    expect(descriptors.size).toBe(0)
    fs.unlinkSync(file)
    failing('closeSync', 'close')
  })

  it('does not replace a file, and says which', () => {
    writeFileSync(file, 'kept')
    const error = failureOf(create)
    expect(error).toMatchObject({ name: 'FileAlreadyExistsError', path: file })
    expect(error.message).toMatch(/^create failed: EEXIST/)
    expect(readFileSync(file, 'utf8')).toBe('kept')
  })

  it.each([
    [1, 'fstat of the file past the cache'],
    [2, 'fstat of it, to compare'],
    [3, 'fstat of the file that was made'],
  ])('leaves nothing where the system does not tell of a file: call %i, %s', (failing) => {
    const { fstatSync } = fs
    const piece = nextPiece()
    let call = 0
    replace(fs, {
      fstatSync: ((...given: Parameters<typeof fstatSync>) => {
        if (++call === failing) throw systemError('EIO', 'fstat')
        return fstatSync(...given)
      }) as typeof fstatSync,
    })
    expect(failureOf(create)).toMatchObject({
      code: 'EIO',
      path: file,
      message: expect.stringMatching(/^stat failed: EIO/),
    })
    expect([descriptors.size, nextPiece(), fs.readdirSync(path)]).toEqual([0, piece, []])
  })

  it('writes the file that was made where its name leads to another by now', () => {
    const { openSync } = fs
    const piece = nextPiece()
    replace(fs, {
      openSync: (name, flags, mode) => {
        if (typeof flags === 'number' && (flags & O_DIRECT) !== 0) {
          fs.renameSync(file, join(path, 'elsewhere'))
          writeFileSync(file, 'of someone else')
        }
        return openSync(name, flags, mode)
      },
    })
    sink = create()
    write(bytes)
    sink.close(true)
    expect(readFileSync(join(path, 'elsewhere')).equals(bytes)).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('of someone else')
    expect(refusals).toEqual([
      expect.objectContaining({ code: 'ERR_NO_DIRECT_IO', message: expect.stringMatching(/replaced/) }),
    ])
    expect([descriptors.size, nextPiece()]).toEqual([0, piece])
  })
})

function open(): DirectFileSource {
  const opened = DirectFileSource.open(file)
  if (opened instanceof StorageError) throw opened
  calls.length = 0
  return opened
}

function pretendOther(block: number): void {
  restoreReplaced()
  descriptors = openDescriptors()
  pretend(block)
}

describe.skipIf(!SUPPORTED)('an input past the cache (needs O_DIRECT)', () => {
  let source: DirectFileSource

  beforeEach(() => {
    writeFileSync(file, bytes)
    pretend()
  })

  it('reads a piece at a time, from the block that a value begins in', () => {
    const piece = nextPiece()
    source = open()
    const first = source.window(0, 1, undefined)
    expect([first.start, first.length, first.bytes.length]).toEqual([0, PIECE, PIECE])
    const second = source.window(PIECE + BLOCK + 5, 4, first)
    expect(second).toBe(first)
    expect([second.start, second.length]).toEqual([PIECE + BLOCK, PIECE])
    expect(Buffer.compare(second.bytes, bytes.subarray(PIECE + BLOCK, 2 * PIECE + BLOCK))).toBe(0)
    const last = source.window(END - 1, 1, undefined)
    expect([last.start, last.length]).toEqual([2 * PIECE + 3 * BLOCK, 100])
    expect(Buffer.compare(last.bytes.subarray(0, 100), bytes.subarray(END - 100))).toBe(0)
    expect(calls).toEqual([
      ['read', 0, PIECE],
      ['read', PIECE + BLOCK, PIECE],
      ['read', 2 * PIECE + 3 * BLOCK, PIECE],
    ])
    expect(source.advice()).toBe('sequential')
    source.close()
    expect([descriptors.size, nextPiece()]).toEqual([0, piece])
  })

  it('has windows no larger than the file', () => {
    truncateSync(file, 10)
    source = open()
    expect(source.window(0, 8, undefined).bytes).toEqual(bytes.slice(0, 10))
    source.close()
  })

  it('goes on at a block where the system gives some of the bytes first', () => {
    source = open()
    answers.push(2 * BLOCK + 9, BLOCK, PIECE)
    const window = source.window(BLOCK, 1, undefined)
    expect(Buffer.compare(window.bytes, bytes.subarray(BLOCK, BLOCK + PIECE))).toBe(0)
    expect(calls).toEqual([
      ['read', BLOCK, PIECE],
      ['read', 3 * BLOCK, PIECE - 2 * BLOCK],
      ['read', 4 * BLOCK, PIECE - 3 * BLOCK],
    ])
    source.close()
  })

  it('asks no more once it has what the file has', () => {
    truncateSync(file, PIECE)
    source = open()
    answers.push(PIECE, 0)
    expect(source.window(5, 1, undefined).length).toBe(PIECE)
    expect(calls).toHaveLength(1)
    source.close()
  })

  it.each([
    [PIECE + 3 * BLOCK + 50, 'within a block'],
    [PIECE + 3 * BLOCK, 'with a block'],
  ])('says where the file ends that has become shorter: at %i, %s', (end) => {
    source = open()
    const window = source.window(0, 1, undefined)
    truncateSync(file, end)
    const error = failureOf(() => source.window(PIECE + BLOCK, 1, window))
    expect(error).toMatchObject({ code: 'ERR_END_OF_FILE', path: file })
    expect(error.message).toContain(`ends at ${end} and had ${END} bytes`)
    expect(window.length).toBe(0)
    expect(source.fault(false)).toBeUndefined()
    expect(source.fault(true)?.message).toContain(`had ${END} bytes when it was opened and has ${end} now`)
    source.close()
  })

  it('takes nothing for read where the file was cut while it was read', () => {
    source = open()
    const { readSync } = fs
    replace(fs, {
      readSync: ((...given: Parameters<Transfer>) => {
        const count = readSync(...given)
        truncateSync(file, 10)
        return count
      }) as typeof readSync,
    })
    const error = failureOf(() => source.window(0, 1, undefined))
    expect(error).toMatchObject({ code: 'ERR_END_OF_FILE', path: file })
    expect(error.message).toContain(`ends at 10 and had ${END} bytes`)
    source.close()
  })

  it('says what a read fails with', () => {
    source = open()
    answers.push('EIO')
    const error = failureOf(() => source.window(0, 1, undefined))
    expect(error).toMatchObject({ code: 'EIO', path: file })
    expect(error.message).toMatch(/^read failed: EIO/)
    source.close()
  })

  it('reads nothing once it is closed: descriptor and memory are of others', () => {
    source = open()
    const window = source.window(0, 1, undefined)
    source.close()
    for (const use of [() => source.window(PIECE, 1, window), () => source.fault(true)]) {
      const error = failureOf(use)
      expect(error.code).toBe('ERR_ALREADY_CLOSED')
      expect(error.message).toContain(file)
    }
    expect(calls).toHaveLength(1)
  })

  it('says that closing it failed, and has given its memory back', () => {
    const piece = nextPiece()
    source = open()
    failingCloses()
    expect(failureOf(() => source.close())).toMatchObject({ name: 'StorageError', code: 'EIO', path: file })
    expect(nextPiece()).toBe(piece)
  })

  it.each([
    ['at the opening', () => answers.push('open', 'EINVAL')],
    ['at the first read', () => answers.push('EINVAL')],
  ])('is not to be had where the system refuses, %s', (_, refuse) => {
    const piece = nextPiece()
    refuse()
    expect(DirectFileSource.open(file)).toMatchObject({
      code: 'ERR_NO_DIRECT_IO',
      path: file,
      cause: { code: 'EINVAL' },
      message: expect.stringContaining(file),
    })
    expect([descriptors.size, nextPiece()]).toEqual([0, piece])
  })

  it.each([
    ['open', () => answers.push('open', 'EIO')],
    ['read', () => answers.push('EIO')],
  ])('fails where the system does: %s', (action, fail) => {
    const piece = nextPiece()
    fail()
    const error = failureOf(() => DirectFileSource.open(file))
    expect(error).toMatchObject({ code: 'EIO', path: file })
    expect(error.message).toMatch(new RegExp(`^${action} failed: EIO`))
    expect([descriptors.size, nextPiece()]).toEqual([0, piece])
  })

  it('is not to be had of a directory', () => {
    mkdirSync(join(path, 'below'))
    const piece = nextPiece()
    expect(DirectFileSource.open(join(path, 'below'))).toMatchObject({
      code: 'ERR_NO_DIRECT_IO',
      path: join(path, 'below'),
    })
    expect([descriptors.size, nextPiece(), calls]).toEqual([0, piece, []])
  })

  it.each([512, PIECE / 2])('has blocks that fit into its memory twice: of %i bytes', (block) => {
    pretendOther(block)
    const opened = DirectFileSource.open(file) as DirectFileSource
    expect(opened).toBeInstanceOf(DirectFileSource)
    expect(calls).toEqual([['read', 0, block]])
    opened.close()
  })

  it.each([PIECE, 3000, 0])('is not to be had where blocks do not fit: of %i bytes', (block) => {
    pretendOther(block)
    expect(DirectFileSource.open(file)).toMatchObject({
      code: 'ERR_NO_DIRECT_IO',
      path: file,
      message: expect.stringContaining(`${block} bytes`),
    })
    expect(descriptors.size).toBe(0)
  })
})
