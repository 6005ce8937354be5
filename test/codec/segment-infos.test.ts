import { beforeEach, describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  CodecUtil,
  CorruptIndexError,
  type IndexOutput,
  readSegmentInfo,
  readSegmentInfos,
  StorageError,
} from '../../src/index.js'
import {
  filesOf,
  hex,
  inMemory,
  LUCENE_INDEXES,
  PLAIN,
  withChecksum,
  writeCodecFile,
  writeFile,
} from '../support/lucene-indexes.js'

const FILES = filesOf(PLAIN)
const ID = Uint8Array.from({ length: 16 }, (_, i) => i)

let directory: ByteBuffersDirectory
beforeEach(() => {
  directory = inMemory(FILES)
})

interface Forged {
  readonly format?: number
  readonly suffix?: string
  readonly created?: number
  readonly count?: number
  readonly segment?: string
  readonly delGen?: bigint
  readonly delCount?: number
  readonly marker?: number
  readonly files?: readonly string[]
}

/** A commit `segments_5` of one segment that somebody made up. */
function forge(forged: Forged): void {
  const { format = 10, suffix = '5', created = 9, count = 1, segment = '_0' } = forged
  const { delGen = -1n, delCount = 0, marker = 0, files = [] } = forged
  writeCodecFile(
    directory,
    'segments_5',
    { codec: 'segments', version: format, id: ID, suffix },
    (output) => {
      writeVersion((value) => output.writeVInt(value), 9, 12, 2)
      output.writeVInt(created)
      CodecUtil.writeBELong(output, 1)
      output.writeVLong(1)
      CodecUtil.writeBEInt(output, count)
      if (count > 0) {
        writeVersion((value) => output.writeVInt(value), 9, 0, 0)
        output.writeString(segment)
        output.writeBytes(Buffer.from(PLAIN.expected.segments[0]!.id, 'hex'))
        output.writeString('Lucene912')
        CodecUtil.writeBELong(output, delGen)
        CodecUtil.writeBEInt(output, delCount)
        CodecUtil.writeBELong(output, -1)
        CodecUtil.writeBELong(output, -1)
        CodecUtil.writeBEInt(output, 0)
        if (format > 9) output.writeByte(marker)
        output.writeSetOfStrings(new Set(files))
        CodecUtil.writeBEInt(output, 0)
      }
      output.writeMapOfStrings(new Map([['key', 'value']]))
    },
  )
}

function writeVersion(write: (value: number) => void, ...parts: number[]): void {
  for (const part of parts) write(part)
}

/** A `.si` file as Lucene `version` writes it, with or without the byte that came with 9.9. */
function writeSegmentInfo(version: readonly [number, number], sortFields = 0): void {
  const body = (output: IndexOutput) => {
    writeVersion((value) => output.writeInt(value), ...version, 0)
    output.writeByte(0)
    output.writeInt(17)
    output.writeByte(0xff)
    if (version[0] > 9 || version[1] >= 9) output.writeByte(1)
    output.writeMapOfStrings(new Map([['source', 'test']]))
    output.writeSetOfStrings(new Set(['_7.si', '_7_Lucene90_0.dvd']))
    output.writeMapOfStrings(new Map())
    output.writeVInt(sortFields)
    if (sortFields > 0) output.writeBytes(new Uint8Array(99).fill(0xee))
  }
  writeCodecFile(directory, '_x.si', { codec: 'Lucene90SegmentInfo', id: ID }, body)
}

describe('readSegmentInfos', () => {
  it('takes the commit of the highest generation', () => {
    expect(readSegmentInfos(directory).generation).toBe(4)
    forge({})
    writeFile(directory, 'segments_05', new Uint8Array(0))
    writeFile(directory, 'segments_Z', new Uint8Array(0))
    writeFile(directory, 'pending_segments_z', new Uint8Array(0))
    const infos = readSegmentInfos(directory)
    expect(infos.fileName).toBe('segments_5')
    expect(infos.segments).toHaveLength(1)
    expect(readSegmentInfos(directory, 'segments_4').segments).toHaveLength(3)
    writeFile(directory, 'segments_10', new Uint8Array(0))
    expect(() => readSegmentInfos(directory)).toThrow(/^checksum status indeterminate: remaining=0/)
  })

  it('says that there is none', () => {
    expect(() => readSegmentInfos(new ByteBuffersDirectory())).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: expect.stringContaining('No segments_N file') }),
    )
    expect(() => readSegmentInfos(directory, 'segments_9')).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
    expect(() => readSegmentInfos(directory, '_0.si')).toThrow(TypeError)
    expect(() => readSegmentInfos({} as never)).toThrow(TypeError)
  })

  it('reads a commit without segments, and one of format 9', () => {
    forge({ count: 0 })
    const empty = readSegmentInfos(directory)
    expect(empty.files).toEqual(['segments_5'])
    expect(empty.minSegmentVersion).toBeUndefined()
    expect(empty.userData.get('key')).toBe('value')
    directory.deleteFile('segments_5')
    forge({ format: 9, delGen: 0n })
    const [segment] = readSegmentInfos(directory).segments
    expect(segment!.commitId).toBeUndefined()
    expect(segment!.files).toContain('_0.liv')
  })

  it.each([
    ['another generation', { suffix: '4' }, /^file mismatch, expected suffix=5, got=4/],
    ['an older format', { format: 8 }, /needs to be between 9 and 10/],
    ['a newer format', { format: 11 }, /needs to be between 9 and 10/],
    ['a later creation', { created: 10 }, /^creation version \[10\.x\] cannot be after/],
    ['fewer than no segments', { count: -1 }, /^invalid segment count: -1/],
    [
      'more segments than there are',
      { count: 2 ** 31 - 1 },
      /past the end|not the name|negative|there are only/,
    ],
    ['a segment of a bad name', { segment: '_../x' }, /^not the name of a segment/],
    ['a bad generation', { delGen: -2n }, /^invalid generation: -2/],
    ['a huge generation', { delGen: 2n ** 60n }, /^invalid generation/],
    ['fewer than no deletions', { delCount: -1 }, /^invalid deletion count: -1/],
    ['more deletions than documents', { delCount: 1502 }, /^invalid deletion count: 1502 .* maxDoc=1501/],
    ['a bad marker', { marker: 2 }, /^invalid SegmentCommitInfo ID marker: 2/],
    ['a file elsewhere', { files: ['_0_1/../../x.fnm'] }, /^refers to "_0_1\/\.\.\/\.\.\/x\.fnm"/],
    [
      'a file of nothing',
      { files: ['readme.txt'] },
      /^refers to "readme\.txt", which is no file of a segment/,
    ],
    ['a missing segment', { segment: '_zz' }, /_zz\.si/],
    ['the id of another segment', { segment: '_1' }, /^file mismatch, expected id=/],
  ] as const)('refuses a commit with %s', (_, forged, message) => {
    forge(forged)
    expect(() => readSegmentInfos(directory)).toThrow(StorageError)
    expect(() => readSegmentInfos(directory)).toThrow(message)
  })

  it('refuses what is no commit', () => {
    writeFile(directory, 'segments_5', Buffer.alloc(100, 0xff))
    expect(() => readSegmentInfos(directory)).toThrow(CorruptIndexError)
  })

  it.each(LUCENE_INDEXES.map((index) => [index.name, index] as const))(
    'throws only errors of the storage for forged bytes: %s',
    (_, index) => {
      const files = filesOf(index)
      const forgeable = inMemory(files)
      const others: unknown[] = []
      const replace = (name: string, bytes: Uint8Array): void => {
        forgeable.deleteFile(name)
        writeFile(forgeable, name, bytes)
      }
      for (const name of ['segments_4', '_0.si']) {
        const bytes = files.get(name)!
        for (let position = 0; position < bytes.length - 8; position++) {
          for (const value of [0x00, 0x7f, 0x80, 0xff]) {
            const forged = Uint8Array.from(bytes)
            forged[position] = value
            replace(name, withChecksum(forged))
            const [error] = outcome(() => readSegmentInfos(forgeable))
            const fine = error === undefined || error instanceof StorageError
            if (!fine) others.push([name, position, value, error])
          }
        }
        replace(name, bytes)
      }
      expect(others).toEqual([])
    },
  )
})

function outcome(action: () => unknown): [unknown] {
  try {
    action()
    return [undefined]
  } catch (error) {
    return [error]
  }
}

describe('readSegmentInfo', () => {
  it('reads segments from before and after 9.9', () => {
    writeSegmentInfo([9, 8])
    expect(readSegmentInfo(directory, '_x').hasBlocks).toBeUndefined()
    directory.deleteFile('_x.si')
    writeSegmentInfo([9, 9])
    const info = readSegmentInfo(directory, '_x', ID)
    expect(info.hasBlocks).toBe(true)
    expect(info.minVersion).toBeUndefined()
    expect(info.maxDoc).toBe(17)
    expect(info.isCompound).toBe(false)
    expect(hex(info.id)).toBe(hex(ID))
  })

  it('names files after their segment, as addIndexes() leaves them', () => {
    writeSegmentInfo([10, 0])
    expect([...readSegmentInfo(directory, '_x').files]).toEqual(['_x.si', '_x_Lucene90_0.dvd'])
  })

  it('checks the checksum of a sorted segment past what it reads', () => {
    writeSegmentInfo([10, 0], 2)
    expect(readSegmentInfo(directory, '_x').sortFieldCount).toBe(2)
    const input = directory.openInput('_x.si')
    const bytes = Uint8Array.from(input.view(0, input.length()))
    bytes[bytes.length - 30]! ^= 1
    directory.deleteFile('_x.si')
    writeFile(directory, '_x.si', bytes)
    expect(() => readSegmentInfo(directory, '_x')).toThrow(/^checksum failed/)
  })

  it('refuses segments of Lucene 8, other formats and other ids', () => {
    writeSegmentInfo([10, 0])
    expect(() => readSegmentInfo(directory, '_x', ID.toReversed())).toThrow(CorruptIndexError)
    writeCodecFile(directory, '_y.si', { codec: 'Lucene86SegmentInfo', id: ID })
    expect(() => readSegmentInfo(directory, '_y')).toThrow(
      expect.objectContaining({ code: 'ERR_INDEX_FORMAT_TOO_OLD' }),
    )
    writeCodecFile(directory, '_z.si', { codec: 'Other', id: ID })
    expect(() => readSegmentInfo(directory, '_z')).toThrow(/^codec mismatch/)
  })

  it('does not read a huge file', () => {
    writeFile(directory, '_x.si', new Uint8Array(33 << 20))
    expect(() => readSegmentInfo(directory, '_x')).toThrow(/^a file of 34603008 bytes/)
  })
})
