import { createHash } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  CodecUtil,
  CompoundDirectory,
  CorruptIndexError,
  type Directory,
  FileAlreadyExistsError,
  FileNotFoundError,
  readSegmentInfos,
  writeCompoundFile,
} from '../../src/index.js'
import { DIRECTORY_KINDS, opener } from '../support/directories.js'
import { COMPOUND, filesOf, inMemory, PLAIN, writeCodecFile, writeFile } from '../support/lucene-indexes.js'
import { copyAll, pack, unpack } from '../support/repacking.js'
import { badNames, verifyAll } from '../support/verifying.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i)

/** All bytes of all files. */
function contents(directory: Directory): Map<string, Buffer> {
  return new Map(
    directory.listAll().map((name) => {
      using input = directory.openInput(name)
      const bytes = Buffer.alloc(input.length())
      input.readBytes(bytes)
      return [name, bytes]
    }),
  )
}

/** What tells contents apart, for comparing many of them: `toEqual` takes its time with each byte. */
function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function digests(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries([...files].map(([name, bytes]) => [name, digest(bytes)]))
}

async function expectSound(directory: Directory): Promise<void> {
  const verified = await verifyAll(directory)
  expect(badNames(verified)).toEqual([])
  expect(verified.outcome.ok).toBe(true)
  expect(verified.outcome.segmentsFile).toBe('segments_4')
}

// Windows of 16 bytes take ten times as long, and other tests cross their ends.
const KINDS = DIRECTORY_KINDS.filter(({ root, power }) => root === undefined && power !== 4)

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('repacking an index in %s', (_, kind) => {
  const { open, clear } = opener(kind)
  afterEach(clear)

  it('into compound files and back gives the files of before', async () => {
    const files = filesOf(PLAIN)
    const directory = open()
    copyAll(inMemory(files), directory)
    const names = new Map(
      readSegmentInfos(directory).segments.map(({ name, info }) => [name, info.files] as const),
    )

    pack(directory)
    expect(directory.listAll()).toContain('_2.cfs')
    expect(directory.listAll()).not.toContain('_2.fdt')
    await expectSound(directory)

    unpack(directory, (segment) => names.get(segment)!)
    expect(digests(contents(directory))).toEqual(digests(files))
    await expectSound(directory)
  })

  it('out of compound files and into them gives the very bytes that Lucene 10 wrote', async () => {
    const files = filesOf(COMPOUND)
    const directory = open()
    copyAll(inMemory(files), directory)
    unpack(directory, (segment) =>
      [...namesIn(directory, segment), `${segment}.si`].filter((name) => !/\.cf[se]$/.test(name)),
    )
    expect(directory.listAll()).not.toContain('_0.cfs')
    await expectSound(directory)

    pack(directory)
    await expectSound(directory)
    const packed = contents(directory)
    for (const segment of ['_0', '_1', '_2']) {
      // Java's priority queue puts files of the same length in no order that could be told.
      expect(lengthsAreDistinct(directory, segment)).toBe(true)
      for (const name of [`${segment}.cfs`, `${segment}.cfe`]) {
        expect([name, digest(packed.get(name)!)]).toEqual([name, digest(files.get(name)!)])
      }
    }
  })
})

function namesIn(directory: Directory, segment: string): string[] {
  const later = /^_\d+_\d+[._]/ // of later generations, which are not in the .si
  return directory.listAll().filter((name) => name.startsWith(segment) && !later.test(name))
}

function lengthsAreDistinct(directory: Directory, segment: string): boolean {
  using compound = CompoundDirectory.open(directory, segment)
  const lengths = compound.listAll().map((name) => compound.fileLength(name))
  return new Set(lengths).size === lengths.length
}

function writeWrong(directory: unknown, segment: unknown): void {
  writeCompoundFile(directory as never, segment as never)
}

describe('writeCompoundFile', () => {
  let directory: Directory
  beforeEach(() => {
    directory = inMemory(new Map())
    for (const [name, length] of [
      ['_x.b', 40],
      ['_x.a', 40],
      ['_x_c_0.d', 10],
      ['_x.e', 0],
    ] as const) {
      writeCodecFile(directory, name, { codec: 'Test', id: ID }, (output) =>
        output.writeBytes(new Uint8Array(length).fill(length)),
      )
    }
  })
  const FILES = ['_x.b', '_x.a', '_x_c_0.d', '_x.e']
  const write = (files: Iterable<string> = FILES, id = ID): void =>
    writeCompoundFile(directory, { name: '_x', id, files })

  it('puts the smallest file first, each at a multiple of 64 bytes, and keeps what is there', () => {
    const before = contents(directory)
    write()
    using compound = CompoundDirectory.open(directory, '_x', { id: ID })
    const offsets = compound.listAll().map((name) => [compound.fileOffset(name), name] as const)
    expect(offsets.sort(([a], [b]) => a - b).map(([, name]) => name)).toEqual([
      '_x.e',
      '_x_c_0.d',
      '_x.a',
      '_x.b',
    ])
    for (const [offset] of offsets) expect(offset % 64).toBe(0)
    compound.checkIntegrity()
    expect(contents(compound)).toEqual(before)
    for (const [name, bytes] of before) expect(contents(directory).get(name)).toEqual(bytes)
  })

  it('takes a segment without files, and names once that are given twice', () => {
    write([])
    using empty = CompoundDirectory.open(directory, '_x')
    expect(empty.listAll()).toEqual([])
    directory.deleteFile('_x.cfs')
    directory.deleteFile('_x.cfe')
    write(['_x.a', '_x.a'])
    using compound = CompoundDirectory.open(directory, '_x')
    expect(compound.listAll()).toEqual(['_x.a'])
  })

  it.each([
    ['the contents', 45, /^checksum failed/],
    ['the header', 0, /^codec header mismatch/],
    ['the id', 20, /^file mismatch, expected id=/],
    ['the footer', -16, /^codec footer mismatch/],
    ['the checksum', -1, /^checksum failed/],
  ])('leaves nothing behind when %s of a file changed', (_, at, message) => {
    const bytes = contents(directory).get('_x.b')!
    bytes[at < 0 ? bytes.length + at : at]! ^= 1
    directory.deleteFile('_x.b')
    writeFile(directory, '_x.b', bytes)
    const before = directory.listAll()
    expect(() => write()).toThrow(CorruptIndexError)
    expect(() => write()).toThrow(message)
    expect(directory.listAll()).toEqual(before)
  })

  it.each([0, 3, 20, 30, 40])('leaves nothing behind when a file was cut to %i bytes', (length) => {
    const bytes = contents(directory).get('_x.b')!
    directory.deleteFile('_x.b')
    writeFile(directory, '_x.b', bytes.subarray(0, length))
    const before = directory.listAll()
    expect(() => write()).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(CORRUPT_INDEX|END_OF_FILE)$/) }),
    )
    expect(directory.listAll()).toEqual(before)
  })

  it('is of one segment', () => {
    expect(() => write(FILES, new Uint8Array(16))).toThrow(/^file mismatch, expected id=0000/)
    expect(directory.listAll()).toEqual([...FILES].sort())
  })

  it('does not touch a compound file that is there', () => {
    write()
    const before = contents(directory)
    expect(() => write(['_x.a'])).toThrow(FileAlreadyExistsError)
    expect(contents(directory)).toEqual(before)
    directory.deleteFile('_x.cfs')
    expect(() => write(['_x.a'])).toThrow(FileAlreadyExistsError)
    before.delete('_x.cfs')
    expect(contents(directory)).toEqual(before)
  })

  it('says so when a file is missing', () => {
    expect(() => write(['_x.zzz'])).toThrow(FileNotFoundError)
    expect(directory.listAll()).toEqual([...FILES].sort())
  })

  it.each([
    ['of another segment', '_y.a'],
    ['without a segment', 'a'],
    ['that is only the segment', '_x'],
    ['of the .si', '_x.si'],
    ['of a .cfs', '_x.cfs'],
    ['of a .cfe', '_x.cfe'],
  ])('refuses a name %s', (_, name) => {
    expect(() => write([name])).toThrow(TypeError)
    expect(directory.listAll()).toEqual([...FILES].sort())
  })

  it('refuses what are no arguments', () => {
    expect(() => writeWrong(directory, undefined)).toThrow(TypeError)
    expect(() => writeWrong(directory, { name: 5, id: ID, files: [] })).toThrow(TypeError)
    expect(() => writeWrong(directory, { name: '_x', id: ID.subarray(1), files: [] })).toThrow(RangeError)
    expect(() => writeWrong(directory, { name: '_x', id: ID, files: ['_x.a/../b'] })).toThrow(
      /Not a file name/,
    )
    expect(() => writeWrong({}, { name: '_x', id: ID, files: [] })).toThrow(TypeError)
    expect(() => writeCompoundFile(directory, { name: '_x', id: ID, files: [] }, {} as never)).toThrow(
      TypeError,
    )
  })

  it('writes what Lucene reads: version 0 of its format', () => {
    write()
    for (const [name, codec] of [
      ['_x.cfs', 'Lucene90CompoundData'],
      ['_x.cfe', 'Lucene90CompoundEntries'],
    ] as const) {
      using input = directory.openInput(name)
      expect(CodecUtil.checkIndexHeader(input, codec, 0, 0, ID, '')).toBe(0)
      CodecUtil.checksumEntireFile(input)
    }
  })
})
