import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  type ByteBuffersDirectory,
  CodecUtil,
  CompoundDirectory,
  CorruptIndexError,
  FSDirectory,
  IOContext,
  type IndexOutput,
  StorageError,
} from '../../src/index.js'
import {
  COMPOUND,
  filesOf,
  inMemory,
  withChecksum,
  writeCodecFile,
  writeFile,
} from '../support/lucene-indexes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const FILES = filesOf(COMPOUND)
const ID = Uint8Array.from({ length: 16 }, (_, i) => i)

let directory: ByteBuffersDirectory
beforeEach(() => {
  directory = inMemory(FILES)
})

function replace(name: string, bytes: Uint8Array): void {
  directory.deleteFile(name)
  writeFile(directory, name, bytes)
}

/** A compound file `_x` of 1000 bytes between header and footer, with entries that somebody made up. */
function forge(
  entries: readonly (readonly [name: string, offset: number | bigint, length: number | bigint])[],
) {
  forgeWith((output) => {
    output.writeVInt(entries.length)
    for (const [name, offset, length] of entries) {
      output.writeString(name)
      output.writeLong(offset)
      output.writeLong(length)
    }
  })
}

function forgeWith(body: (output: IndexOutput) => void): void {
  writeCodecFile(directory, '_x.cfe', { codec: 'Lucene90CompoundEntries', id: ID }, body)
  writeCodecFile(directory, '_x.cfs', { codec: 'Lucene90CompoundData', id: ID }, (output) =>
    output.writeBytes(new Uint8Array(1000)),
  )
}

const START = CodecUtil.indexHeaderLength('Lucene90CompoundData', '')

describe('CompoundDirectory', () => {
  it('opens files that end as those of any directory do', () => {
    using compound = CompoundDirectory.open(directory, '_0')
    const input = compound.openInput('_0.fnm')
    const other = compound.openInput('_0.fnm')
    const relatives = [input.clone(), input.slice('part', 2, 8), input.clone().slice('part', 0, 4)]
    const clone = relatives[0]!.clone()
    clone.close()
    expect(input.readByte()).toBe(0x3f)
    input.close()
    input.close()
    for (const relative of relatives) expect(() => relative.readByte()).toThrow(AlreadyClosedError)
    expect(other.readByte()).toBe(0x3f)
    const late = other.slice('part', 0, 4)
    compound.close()
    for (const ended of [other, late]) expect(() => ended.readByte()).toThrow(AlreadyClosedError)
    other.close()
  })

  it('can only be read', async () => {
    using compound = CompoundDirectory.open(directory, '_0')
    const unsupported = expect.objectContaining({ code: 'ERR_UNSUPPORTED_OPERATION' }) as Error
    for (const method of [
      () => compound.createOutput('_0.new'),
      () => compound.createTempOutput('_0', 'x'),
      () => compound.copyFrom(directory, '_0.si', '_0.new'),
      () => compound.deleteFile('_0.fdt'),
      () => compound.rename('_0.fdt', '_0.new'),
      () => compound.obtainLock('write.lock'),
    ]) {
      expect(method).toThrow(unsupported)
      expect(method).toThrow(TypeError)
    }
    await expect(compound.sync(['_0.fdt'])).rejects.toThrow(unsupported)
    await compound.syncMetaData()
    expect(compound.getPendingDeletions().size).toBe(0)
  })

  it('lists its files in order and says what there is when one is missing', () => {
    using compound = CompoundDirectory.open(directory, '_0')
    const names = compound.listAll()
    expect(names).toEqual([...names].sort())
    expect(() => compound.openInput('_0.xyz')).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: expect.stringContaining('_0.fdt, _0.fdx') }),
    )
    expect(() => compound.fileLength('_1.fdt')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => compound.openInput('../_0.fdt')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_FILE_NAME' }),
    )
  })

  it('ends its inputs when it is closed, and one alone when that is closed', () => {
    const compound = CompoundDirectory.open(directory, '_0')
    const first = compound.openInput('_0.fdt')
    const second = compound.openInput('_0.fdt')
    first.close()
    expect(second.readByte()).toBe(0x3f)
    compound.close()
    compound.close()
    const closed = expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }) as Error
    expect(() => second.readByte()).toThrow(closed)
    expect(() => compound.listAll()).toThrow(closed)
    expect(() => compound.openInput('_0.fdt')).toThrow(closed)
    expect(() => compound.checkIntegrity()).toThrow(closed)
    expect(() => compound.deleteFile('_0.fdt')).toThrow(closed)
  })

  it('does not need the directory any more', () => {
    using compound = CompoundDirectory.open(directory, '_0')
    directory.close()
    expect(compound.openInput('_0.fdt').readByte()).toBe(0x3f)
  })

  it('is of one segment', () => {
    expect(() => CompoundDirectory.open(directory, '_0', { id: ID })).toThrow(/^file mismatch, expected id=/)
    expect(() => CompoundDirectory.open(directory, '_9')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => CompoundDirectory.open(directory, '_0', { id: ID.subarray(1) })).toThrow(RangeError)
    expect(() => CompoundDirectory.open(directory, '_0', { ids: ID } as never)).toThrow(
      /Misspelt option 'ids' of CompoundDirectory should be 'id'/,
    )
    replace('_0.cfs', FILES.get('_1.cfs')!)
    expect(() => CompoundDirectory.open(directory, '_0')).toThrow(/^file mismatch, expected id=/)
  })

  it.each([
    ['cut', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ['extended', (bytes: Uint8Array) => Buffer.concat([bytes, Uint8Array.of(0)])],
  ])('notices that its compound file was %s', (_, change) => {
    replace('_0.cfs', change(FILES.get('_0.cfs')!))
    expect(() => CompoundDirectory.open(directory, '_0')).toThrow(
      /^length should be 752622 bytes, but is \d+ instead: .*_0\.cfs/,
    )
  })

  it('finds damage when it is asked to', async () => {
    const bytes = Uint8Array.from(FILES.get('_0.cfs')!)
    bytes[300_000]! ^= 1
    replace('_0.cfs', bytes)
    using compound = CompoundDirectory.open(directory, '_0')
    expect(() => compound.checkIntegrity()).toThrow(CorruptIndexError)
    await expect(compound.checkIntegrityAsync()).rejects.toThrow(/^checksum failed/)
    using good = CompoundDirectory.open(directory, '_1')
    good.checkIntegrity()
    await good.checkIntegrityAsync()
  })

  it('opens what is put together by hand', () => {
    forge([
      ['.a', START, 0],
      ['.b', START, 600],
      ['_c_0.d', START + 600, 400],
    ])
    using compound = CompoundDirectory.open(directory, '_x')
    expect(compound.listAll()).toEqual(['_x.a', '_x.b', '_x_c_0.d'])
    expect(compound.fileLength('_x.a')).toBe(0)
    expect(compound.id).toEqual(ID)
  })

  it.each([
    [
      'the same name twice',
      [
        ['.a', START, 500],
        ['.a', START + 500, 500],
      ],
      /^Duplicate cfs entry id=\.a/,
    ],
    [
      'overlap',
      [
        ['.a', START, 501],
        ['.b', START + 500, 500],
      ],
      /^entries overlap: _x\.b begins at/,
    ],
    ['begin in the header', [['.a', START - 1, 1001]], /^entries overlap: _x\.a begins at/],
    ['end in the footer', [['.a', START, 1001]], /^length should be/],
    ['end past the file', [['.a', START, 2 ** 40]], /^length should be/],
    ['begin below zero', [['.a', -1, 10]], /^an offset or length out of bounds: -1/],
    ['are long below zero', [['.a', START, -1]], /^an offset or length out of bounds: -1/],
    ['are too large for a file', [['.a', 2n ** 62n, 2n ** 62n]], /^an offset or length out of bounds/],
    ['lead out of the directory', [['.a/../../b', START, 1000]], /^refers to "_x\.a\/\.\.\/\.\.\/b"/],
    ['are no names of files in a segment', [['a', START, 1000]], /^no name of a file in a segment: "a"/],
    ['have no name', [['', START, 1000]], /^no name of a file in a segment: ""/],
  ] as const)('refuses entries that %s', (_, entries, message) => {
    forge(entries)
    expect(() => CompoundDirectory.open(directory, '_x')).toThrow(CorruptIndexError)
    expect(() => CompoundDirectory.open(directory, '_x')).toThrow(message)
  })

  it.each([-1, 2 ** 31 - 1, 2])('refuses %i entries where there is one', (count) => {
    forgeWith((output) => {
      output.writeVInt(count)
      output.writeString('.a')
      output.writeLong(START)
      output.writeLong(1000)
    })
    expect(() => CompoundDirectory.open(directory, '_x')).toThrow(StorageError)
  })

  it.each([
    ['a name of millions of bytes', 1, `.${'x'.repeat(3_000_000)}`],
    ['a name longer than those of files', 1, `.${'x'.repeat(255)}`],
    ['no name', 1, ''],
    ['more entries than a segment could have files', 70_000, '.x'],
  ])('refuses %s before it reads on', (_, count, name) => {
    forgeWith((output) => {
      output.writeVInt(count)
      for (let i = 0; i < count; i++) {
        output.writeString(name) // the same one again: that would be found out when it is read
        output.writeLong(START)
        output.writeLong(0)
      }
    })
    expect(() => CompoundDirectory.open(directory, '_x')).toThrow(CorruptIndexError)
    expect(() => CompoundDirectory.open(directory, '_x')).toThrow(
      name.length > 255 ? /255 are the most/ : count > 1 ? /from 0 to 65536: 70000/ : /no name of a file/,
    )
  })

  it('takes names as long as those of files can be', () => {
    const longest = `.${'x'.repeat(254)}`
    forge([[longest, START, 1000]])
    using compound = CompoundDirectory.open(directory, '_x')
    expect(compound.listAll()).toEqual([`_x${longest}`])
  })

  it('refuses other formats', () => {
    const bytes = Buffer.from(FILES.get('_0.cfe')!)
    bytes.write('7', bytes.indexOf('90Compound'))
    replace('_0.cfe', withChecksum(bytes))
    expect(() => CompoundDirectory.open(directory, '_0')).toThrow(
      /^codec mismatch: actual codec=Lucene70CompoundEntries/,
    )
  })

  it('is damaged, and not just at its end, when its data file was cut', () => {
    const bytes = FILES.get('_0.cfs')!
    for (const length of [0, 3, 20, 47, 5000]) {
      replace('_0.cfs', bytes.subarray(0, length))
      expect(() => CompoundDirectory.open(directory, '_0')).toThrow(CorruptIndexError)
    }
  })

  it('opens a file for what it was opened for itself, unless another context is given', () => {
    const path = temporaryDirectory()
    for (const name of ['_0.cfs', '_0.cfe']) writeFileSync(join(path, name), FILES.get(name)!)
    const disk = FSDirectory.open(path)
    const compound = CompoundDirectory.open(disk, '_0', { context: IOContext.merge() })
    expect(compound.openInput('_0.fnm').advice).toBe('sequential')
    expect(compound.openInput('_0.fdt', IOContext.READ).advice).toBe('random')
    expect(compound.openInput('_0.fdm').advice).toBe('sequential')
    compound.close()
    removeDirectory(path)
  })
})
