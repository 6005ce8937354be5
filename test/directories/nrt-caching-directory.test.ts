import { expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  type Directory,
  FileAlreadyExistsError,
  FileNotFoundError,
  FilterDirectory,
  type IndexOutput,
  IOContext,
  NRTCachingDirectory,
} from '../../src/index.js'
import { contentOf, difference, pattern } from '../support/files.js'

const MB = 1024 * 1024
const flush = (estimatedSegmentSize: number): IOContext =>
  IOContext.flush({ numDocs: 1, estimatedSegmentSize })
const merge = (estimatedMergeBytes: number): IOContext =>
  IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes, isExternal: false, mergeMaxNumSegments: -1 })

function writeAs(directory: Directory, name: string, context: IOContext, length = 10): void {
  const output = directory.createOutput(name, context)
  output.writeBytes(pattern(length))
  output.close()
}

function newDirectory(
  inner: Directory = new ByteBuffersDirectory(),
  limits = { maxMergeSizeMB: 1, maxCachedMB: 2 },
): { directory: NRTCachingDirectory; inner: Directory } {
  return { directory: new NRTCachingDirectory(inner, limits), inner }
}

/** Stays open for a look at what was written to it, and can be full. */
class Behind extends FilterDirectory {
  full = false

  override createOutput(name: string, context?: IOContext): IndexOutput {
    if (this.full) throw new Error('the disk is full')
    return super.createOutput(name, context)
  }

  override close(): void {}
}

it('keeps files of small flushes and merges in memory, and no others', () => {
  const { directory, inner } = newDirectory()
  writeAs(directory, 'flushed', flush(MB))
  writeAs(directory, 'merged', merge(MB))
  writeAs(directory, 'flushed large', flush(MB + 1))
  writeAs(directory, 'merged large', merge(MB + 1))
  writeAs(directory, 'default', IOContext.DEFAULT)
  writeAs(directory, 'unknown flush', IOContext.flush())
  writeAs(directory, 'unknown merge', IOContext.merge())
  expect(directory.listCachedFiles()).toEqual(['flushed', 'merged'])
  expect(inner.listAll()).toEqual([
    'default',
    'flushed large',
    'merged large',
    'unknown flush',
    'unknown merge',
  ])
  expect(directory.listAll()).toEqual([...directory.listCachedFiles(), ...inner.listAll()].sort())
  expect(contentOf(directory, 'flushed')).toEqual(pattern(10))
  expect(directory.fileLength('merged')).toBe(10)
})

it('keeps no more in memory than it may, and more again after a deletion', () => {
  const { directory } = newDirectory()
  writeAs(directory, 'first', flush(MB), 1.5 * MB)
  expect(directory.ramBytesUsed()).toBe(1.5 * MB)
  writeAs(directory, 'too much', flush(MB))
  writeAs(directory, 'little', flush(MB / 2))
  expect(directory.listCachedFiles()).toEqual(['first', 'little'])
  directory.deleteFile('first')
  expect(directory.ramBytesUsed()).toBe(10)
  writeAs(directory, 'again', flush(MB))
  expect(directory.listCachedFiles()).toEqual(['again', 'little'])
})

it('counts what is being written, and forgets it when it is deleted meanwhile', () => {
  const inner = new Behind(new ByteBuffersDirectory())
  const { directory } = newDirectory(inner)
  const output = directory.createOutput('open', flush(10))
  output.writeBytes(pattern(1.5 * MB))
  expect(directory.ramBytesUsed()).toBe(1.5 * MB)
  writeAs(directory, 'too much', flush(MB))
  expect(directory.listCachedFiles()).toEqual(['open'])
  directory.deleteFile('open')
  expect(directory.ramBytesUsed()).toBe(0)
  writeAs(directory, 'open', flush(10), 3)
  const second = directory.createOutput('second', flush(10))
  output.writeByte(1)
  output.close()
  second.writeBytes(pattern(100_000))
  directory.deleteFile('second')
  const third = directory.createOutput('second', flush(10))
  second.close()
  third.writeBytes(pattern(70_000))
  directory.close()
  third.close()
  expect(inner.listAll()).toEqual(['open', 'second', 'too much'])
  expect(contentOf(inner, 'open')).toEqual(pattern(3))
  expect(difference(contentOf(inner, 'second'), pattern(70_000))).toBeUndefined()
})

it('writes files to the directory behind when they are synced', async () => {
  const { directory, inner } = newDirectory()
  writeAs(directory, 'a', flush(1), 100_000)
  writeAs(directory, 'b', flush(1))
  const input = directory.openInput('a')
  await directory.sync(['a'])
  expect(directory.listCachedFiles()).toEqual(['b'])
  expect(inner.listAll()).toEqual(['a'])
  expect(difference(contentOf(inner, 'a'), pattern(100_000))).toBeUndefined()
  expect(input.view(0, 100_000)).toEqual(pattern(100_000))
  await expect(directory.sync(['b', 'missing'])).rejects.toThrow(FileNotFoundError)
})

it('writes files to the directory behind when they are renamed, to a name that is free', () => {
  const { directory, inner } = newDirectory()
  writeAs(directory, 'a', flush(1))
  writeAs(directory, 'b', flush(1))
  writeAs(directory, 'c', IOContext.DEFAULT)
  directory.rename('a', 'd')
  expect(inner.listAll()).toEqual(['c', 'd'])
  expect(() => directory.rename('c', 'b')).toThrow(FileAlreadyExistsError)
  expect(() => directory.rename('b', 'c')).toThrow(FileAlreadyExistsError)
  expect(() => directory.rename('missing', 'e')).toThrow(FileNotFoundError)
  expect(directory.listAll()).toEqual(['b', 'c', 'd'])
})

it('makes no file whose name is taken, on either side', () => {
  const { directory } = newDirectory()
  writeAs(directory, 'memory', flush(1))
  writeAs(directory, 'disk', IOContext.DEFAULT)
  for (const name of ['memory', 'disk']) {
    for (const context of [flush(1), IOContext.DEFAULT]) {
      expect(() => directory.createOutput(name, context)).toThrow(FileAlreadyExistsError)
    }
  }
  writeAs(directory, 'a_b_0.tmp', flush(1))
  writeAs(directory, 'a_b_1.tmp', IOContext.DEFAULT)
  const names = [flush(1), IOContext.DEFAULT].map((context) => {
    const output = directory.createTempOutput('a', 'b', context)
    output.close()
    return output.getName()
  })
  expect(names).toEqual(['a_b_2.tmp', 'a_b_3.tmp'])
  expect(directory.listCachedFiles()).toContain('a_b_2.tmp')
})

it('writes everything to the directory behind when it is closed', () => {
  const inner = new Behind(new ByteBuffersDirectory())
  const { directory } = newDirectory(inner)
  writeAs(directory, 'a', flush(1))
  writeAs(directory, 'b', flush(1))
  directory.close()
  directory.close()
  expect(inner.listAll()).toEqual(['a', 'b'])
})

it.each(['close', 'sync', 'rename'] as const)(
  'lets outputs write on when their file moves to the directory behind: %s',
  async (method) => {
    const inner = new Behind(new ByteBuffersDirectory())
    const { directory } = newDirectory(inner)
    const output = directory.createOutput('file', flush(1))
    output.writeBytes(pattern(100_000))
    if (method === 'close') directory.close()
    else if (method === 'sync') await directory.sync(['file']).catch(() => {})
    else directory.rename('file', 'file2')
    output.writeBytes(pattern(50_000))
    expect(output.getFilePointer()).toBe(150_000)
    output.close()
    const bytes = contentOf(inner, method === 'rename' ? 'file2' : 'file')
    expect(difference(bytes.subarray(0, 100_000), pattern(100_000))).toBeUndefined()
    expect(difference(bytes.subarray(100_000), pattern(50_000))).toBeUndefined()
  },
)

it('keeps a file in memory when it cannot be written, and says so', async () => {
  const inner = new Behind(new ByteBuffersDirectory())
  const { directory } = newDirectory(inner)
  writeAs(directory, 'a', flush(1))
  inner.full = true
  await expect(directory.sync(['a'])).rejects.toThrow('the disk is full')
  expect(contentOf(directory, 'a')).toEqual(pattern(10))
  inner.full = false
  await directory.sync(['a'])
  expect(contentOf(inner, 'a')).toEqual(pattern(10))
  writeAs(directory, 'b', flush(1))
  inner.full = true
  expect(() => directory.close()).toThrow('the disk is full')
  expect(() => directory.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
})

it('ends an output whose file could not be moved', () => {
  const inner = new Behind(new ByteBuffersDirectory())
  const { directory } = newDirectory(inner)
  const output = directory.createOutput('file', flush(1))
  const untouched = directory.createOutput('untouched', flush(1))
  output.writeBytes(pattern(40_000))
  inner.full = true
  expect(() => directory.rename('file', 'new')).toThrow('the disk is full')
  expect(() => directory.rename('untouched', 'new')).toThrow('the disk is full')
  expect(() => output.writeBytes(pattern(40_000))).toThrow('the disk is full')
  output.close()
  expect(() => untouched.close()).toThrow('the disk is full')
  expect(directory.listAll()).toEqual([])
  expect(directory.ramBytesUsed()).toBe(0)
})

it('lets a subclass decide', () => {
  const asked: unknown[] = []
  class Own extends NRTCachingDirectory {
    protected override doCacheWrite(name: string, context: IOContext): boolean {
      asked.push([name, context.kind])
      return name.endsWith('.si')
    }
  }
  const directory = new Own(new ByteBuffersDirectory(), { maxMergeSizeMB: 0, maxCachedMB: 0 })
  writeAs(directory, 'a.si', IOContext.DEFAULT)
  writeAs(directory, 'a.cfs', flush(1))
  expect(directory.listCachedFiles()).toEqual(['a.si'])
  expect(asked).toEqual([
    ['a.si', 'default'],
    ['a.cfs', 'flush'],
  ])
})

it('refuses limits that are none', () => {
  const inner = new ByteBuffersDirectory()
  for (const maxCachedMB of [-1, NaN, Infinity]) {
    expect(() => new NRTCachingDirectory(inner, { maxMergeSizeMB: 1, maxCachedMB })).toThrow(RangeError)
  }
  expect(() => new NRTCachingDirectory(inner, { maxMergeSizeMB: 1 } as never)).toThrow(TypeError)
  const wrong = { maxMergeSizeMb: 1, maxCachedMB: 1 } as never
  expect(() => new NRTCachingDirectory(inner, wrong)).toThrow("should be 'maxMergeSizeMB'")
})
