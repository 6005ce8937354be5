import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

import {
  AlreadyClosedError,
  EndOfFileError,
  FileAlreadyExistsError,
  FSDirectory,
  InvalidFileNameError,
} from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { mappingsOf, settled } from '../support/mappings.js'
import { contentOf, inputOf, pattern, write } from '../support/files.js'

/** What Lucene 11 gets wrong, each as the behaviour that is right: see design/lessons.md. */
describeEachDirectory((open, kind) => {
  const chunk = 2 ** 20
  const LENGTH = chunk + 5_000 // two chunks where chunks are of 2^20 bytes

  it('closing a clone breaks neither the original nor its close()', async () => {
    const bytes = pattern(LENGTH)
    const input = inputOf(open(), bytes)
    const clone = input.clone()
    clone.seek(chunk - 2)
    clone.readInt()
    clone.close()
    input.seek(chunk - 2)
    expect(input.readInt()).toBe(Buffer.from(bytes).readInt32LE(chunk - 2))
    input.seek(LENGTH - 1)
    expect(input.readByte()).toBe(bytes[LENGTH - 1])
    input.close()
    expect(() => input.readByte()).toThrow(AlreadyClosedError)
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })

  it('isLoaded() after close fails with the error for that', () => {
    const input = inputOf(open(), pattern(10))
    input.close()
    expect(() => input.isLoaded()).toThrow(AlreadyClosedError)
  })

  it('a closed output takes no byte', () => {
    const output = open().createOutput('file')
    output.writeByte(1)
    output.close()
    expect(() => output.writeByte(1)).toThrow(AlreadyClosedError)
  })

  it('a closed directory deletes nothing', () => {
    const directory = open()
    const input = inputOf(directory, pattern(10))
    directory.close()
    expect(() => directory.deleteFile('file')).toThrow(AlreadyClosedError)
    expect(input.readByte()).toBe(1)
    input.close()
  })

  it('no file is made outside the directory', () => {
    const directory = open()
    expect(() => directory.createOutput('../x')).toThrow(InvalidFileNameError)
    const parent = directory instanceof FSDirectory ? dirname(directory.path) : '/nowhere'
    expect(existsSync(join(parent, 'x'))).toBe(false)
  })

  it('no input goes to a negative position', () => {
    const input = inputOf(open(), pattern(10))
    expect(() => input.seek(-1)).toThrow(RangeError)
    expect(input.getFilePointer()).toBe(0)
    input.close()
  })

  it('a failed read leaves the position where it was', () => {
    const input = inputOf(open(), pattern(LENGTH))
    input.seek(LENGTH - 2)
    expect(() => input.readInt()).toThrow(EndOfFileError)
    expect(input.getFilePointer()).toBe(LENGTH - 2)
    input.close()
  })

  it('no buffered byte is served after close', () => {
    const input = inputOf(open(), pattern(10))
    input.readByte()
    input.close()
    expect(() => input.readByte()).toThrow(AlreadyClosedError)
  })

  it('rename replaces nothing', () => {
    const directory = open()
    write(directory, 'a', pattern(1))
    write(directory, 'b', pattern(2))
    expect(() => directory.rename('a', 'b')).toThrow(FileAlreadyExistsError)
    expect(contentOf(directory, 'b')).toEqual(pattern(2))
  })

  it('absolute reads across a chunk move no position', () => {
    const bytes = pattern(LENGTH)
    const input = inputOf(open(), bytes)
    input.seek(5)
    const random = input.randomAccessSlice(0, LENGTH)
    for (let at = chunk - 8; at <= chunk; at++) {
      expect(random.readLong(at)).toBe(Buffer.from(bytes).readBigInt64LE(at))
      expect(input.getFilePointer()).toBe(5)
    }
    expect(input.readByte()).toBe(bytes[5])
    input.close()
  })

  it('inputs of other files do not keep a closed one mapped', async () => {
    const directory = open()
    write(directory, '_0.dvd', pattern(5_003))
    write(directory, '_0.dvm', pattern(6_001))
    const kept = directory.openInput('_0.dvm')
    kept.readByte()
    expect(mappingsOf(6_001)).toBe(kind.type === 'mmap' ? 1 : 0)
    for (let i = 0; i < 20; i++) {
      const input = directory.openInput('_0.dvd')
      input.readByte()
      input.close()
    }
    await settled()
    expect(mappingsOf(5_003)).toBe(0)
    kept.close()
    await settled()
    expect(mappingsOf(6_001)).toBe(0)
  })
})
