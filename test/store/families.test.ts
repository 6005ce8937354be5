import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  ByteBuffersDirectory,
  CodecUtil,
  CompoundDirectory,
  type Directory,
  FileFaultError,
  FSDirectory,
  IndexInput,
  MMapDirectory,
  Window,
  type WindowSource,
} from '../../src/index.js'
import { CUTTABLE } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i)
const BYTES = 200_000

let path: string
beforeEach(() => {
  path = temporaryDirectory()
})
afterEach(() => removeDirectory(path))

/** Packs a file into a compound file of `segment`. */
function pack(directory: Directory, segment: string, name: string, bytes: Uint8Array): void {
  const data = directory.createOutput(`${segment}.cfs`)
  CodecUtil.writeIndexHeader(data, 'Lucene90CompoundData', 0, ID, '')
  data.alignFilePointer(64)
  const offset = data.getFilePointer()
  data.writeBytes(bytes)
  CodecUtil.writeFooter(data)
  data.close()
  const entries = directory.createOutput(`${segment}.cfe`)
  CodecUtil.writeIndexHeader(entries, 'Lucene90CompoundEntries', 0, ID, '')
  entries.writeVInt(1)
  entries.writeString(name)
  entries.writeLong(offset)
  entries.writeLong(bytes.length)
  CodecUtil.writeFooter(entries)
  entries.close()
}

describe.each([
  ['MMapDirectory', (at: string) => MMapDirectory.open(at)],
  ['FSDirectory', (at: string) => FSDirectory.open(at)],
  ['ByteBuffersDirectory', () => new ByteBuffersDirectory()],
])('files within files of %s', (kind, open) => {
  it('end with the outermost, however deep they are', () => {
    const directory = open(path)
    pack(directory, '_0', '.dat', new Uint8Array(BYTES).fill(7))
    const outer = CompoundDirectory.open(directory, '_0')
    const file = outer.openInput('_0.dat')
    const relatives = [file, file.clone(), file.slice('part', 100, 1000)]
    for (const relative of relatives) expect(relative.readByte()).toBe(7)
    outer.close()
    for (const relative of relatives) {
      expect(() => relative.seek(50)).toThrow(AlreadyClosedError)
      expect(() => relative.readInt()).toThrow(AlreadyClosedError)
      expect(() => relative.view(0, 8)).toThrow(AlreadyClosedError)
    }
    expect(() => file.close()).not.toThrow()
  })

  it.skipIf(kind === 'ByteBuffersDirectory' || !CUTTABLE)('fail together when the file was cut', () => {
    const directory = open(path)
    pack(directory, '_0', '.dat', new Uint8Array(BYTES).fill(7))
    const compound = CompoundDirectory.open(directory, '_0')
    const one = compound.openInput('_0.dat')
    const other = compound.openInput('_0.dat')
    expect([one.readByte(), other.readByte()]).toEqual([7, 7])
    truncateSync(join(path, '_0.cfs'), BYTES)
    expect(() => one.checkFault()).toThrow(FileFaultError)
    expect(() => other.readLong()).toThrow(FileFaultError)
    expect(() => compound.openInput('_0.dat')).toThrow(FileFaultError)
    compound.close()
  })
})

/** An input over a source that gives these windows. */
function inputOver(window: (position: number) => unknown): IndexInput {
  return IndexInput.from({ length: 100, window, close: () => {} } as unknown as WindowSource, 'wrong')
}

describe('a source of a program’s own that is wrong', () => {
  it.each([
    ['has no window', () => undefined],
    ['gives something else', () => ({ start: 0, length: 100 })],
    ['gives an empty window', (position: number) => new Window(position, new Uint8Array(0))],
    ['gives an earlier window', () => new Window(0, new Uint8Array(1))],
    ['gives a later window', (position: number) => new Window(position + 1, new Uint8Array(50))],
  ])('is told so when it %s', (_, window) => {
    const wrong = { code: 'ERR_INVALID_RETURN_VALUE' }
    const reader = inputOver(window)
    reader.seek(5)
    expect(() => reader.readInt()).toThrow(expect.objectContaining(wrong))
    expect(() => reader.readBytes(new Uint8Array(10))).toThrow(expect.objectContaining(wrong))
    expect(() => reader.view(5, 10)).toThrow(expect.objectContaining(wrong))
    expect(() => reader.randomAccessSlice(0, 100).readLong(20)).toThrow(expect.objectContaining(wrong))
    expect(reader.getFilePointer()).toBe(5)
  })

  it('needs to have a window() and a close()', () => {
    expect(() => IndexInput.from({ length: 1 } as unknown as WindowSource, 'x')).toThrow(TypeError)
    const source = { length: 1, window: () => new Window(0, new Uint8Array(1)) }
    expect(() => IndexInput.from(source as unknown as WindowSource, 'x')).toThrow(TypeError)
  })
})

it.skipIf(!CUTTABLE)('a copy whose source is cut meanwhile is removed', () => {
  writeFileSync(join(path, 'source'), new Uint8Array(100).fill(7))
  const from = MMapDirectory.open(path)
  const to = new ByteBuffersDirectory()
  const cutting = Object.create(from, {
    openInput: {
      value: (name: string) => {
        const opened = from.openInput(name)
        truncateSync(join(path, 'source'), 50)
        return opened
      },
    },
  }) as MMapDirectory
  expect(() => to.copyFrom(cutting, 'source', 'copy')).toThrow(FileFaultError)
  expect(to.listAll()).toEqual([])
})
