import { expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  ByteWritesTrackingDirectoryWrapper,
  FilterDirectory,
  type IndexOutput,
  IOContext,
} from '../../src/index.js'
import { InvertedOutput } from '../support/filters.js'
import { pattern, write } from '../support/files.js'

function writeAs(directory: ByteWritesTrackingDirectoryWrapper, name: string, context: IOContext): void {
  const output = directory.createOutput(name, context)
  output.writeInt(1)
  output.writeBytes(pattern(100))
  output.close()
  output.close()
}

it('counts the bytes of flushes and merges apart, when a file is closed', () => {
  const directory = new ByteWritesTrackingDirectoryWrapper(new ByteBuffersDirectory())
  const output = directory.createOutput('open', IOContext.flush())
  output.writeBytes(pattern(1_000_000))
  expect(directory.getFlushedBytes()).toBe(0)
  writeAs(directory, 'flushed', IOContext.flush({ numDocs: 1, estimatedSegmentSize: 5 }))
  writeAs(directory, 'merged', IOContext.merge())
  writeAs(directory, 'merged too', IOContext.merge())
  writeAs(directory, 'other', IOContext.DEFAULT)
  write(directory, 'without', pattern(50))
  expect([directory.getFlushedBytes(), directory.getMergedBytes()]).toEqual([104, 208])
  output.close()
  directory.deleteFile('merged')
  expect([directory.getFlushedBytes(), directory.getMergedBytes()]).toEqual([1_000_104, 208])
})

it('counts temporary files only where that is asked for', () => {
  for (const [options, expected] of [
    [{}, 0],
    [{ trackTempOutput: false }, 0],
    [{ trackTempOutput: true }, 10],
  ] as const) {
    const directory = new ByteWritesTrackingDirectoryWrapper(new ByteBuffersDirectory(), options)
    const output = directory.createTempOutput('a', 'b', IOContext.merge())
    output.writeBytes(pattern(10))
    output.close()
    expect(directory.getMergedBytes()).toBe(expected)
  }
  const wrong = { trackTempOutputs: true } as never
  expect(() => new ByteWritesTrackingDirectoryWrapper(new ByteBuffersDirectory(), wrong)).toThrow(
    "should be 'trackTempOutput'",
  )
})

it('does not count a file that could not be written', () => {
  class Full extends InvertedOutput {
    override getFilePointer(): number {
      throw new Error('the disk is full')
    }
  }
  class FullDirectory extends FilterDirectory {
    override createOutput(name: string, context?: IOContext): IndexOutput {
      return new Full(super.createOutput(name, context))
    }
  }
  const directory = new ByteWritesTrackingDirectoryWrapper(new FullDirectory(new ByteBuffersDirectory()))
  const output = directory.createOutput('file', IOContext.flush())
  output.writeByte(1)
  output.close()
  expect(directory.getFlushedBytes()).toBe(0)
})
