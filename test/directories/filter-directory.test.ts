import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  CodecUtil,
  CompoundDirectory,
  CorruptIndexError,
  Directory,
  FilterDirectory,
  FSDirectory,
  type IndexInput,
  type IOContext,
  MMapDirectory,
} from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'
import { FilteredInputs, InvertedBytes, PassingInput } from '../support/filters.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const compoundFixture = fileURLToPath(new URL('../fixtures/lucene/index-10.4.0-compound', import.meta.url))

class Passing extends FilterDirectory {}

it('passes on every method but those that are made of others', () => {
  const own = Object.getOwnPropertyNames(FilterDirectory.prototype)
  const all = Object.getOwnPropertyNames(Directory.prototype)
  const abstracts = [
    'createOutput',
    'createTempOutput',
    'deleteFile',
    'fileLength',
    'getPendingDeletions',
    'listAll',
    'obtainLock',
    'openInput',
    'rename',
    'sync',
    'syncMetaData',
    'toString',
  ]
  const methods = new Set([...all, ...abstracts, 'getDelegate'])
  for (const inherited of ['copyFrom', 'openChecksumInput', 'isOpen', 'ensureOpen']) methods.delete(inherited)
  expect(own.toSorted()).toEqual([...methods].sort())
})

it('returns the inputs of the directory behind it as they are', () => {
  const inner = new ByteBuffersDirectory()
  write(inner, 'file', pattern(10))
  const input = new Passing(new Passing(inner)).openInput('file')
  expect(input.constructor).toBe(inner.openInput('file').constructor)
})

it('copies and checksums through what a subclass opens and makes', () => {
  const calls: string[] = []
  class Noting extends FilterDirectory {
    override openInput(name: string, context?: IOContext): IndexInput {
      calls.push(`open ${name} ${context?.hints.map((hint) => hint.value).join()}`)
      return super.openInput(name, context)
    }

    override createOutput(name: string): ReturnType<Directory['createOutput']> {
      calls.push(`create ${name}`)
      return super.createOutput(name)
    }
  }
  const directory = new Noting(new ByteBuffersDirectory())
  const other = new ByteBuffersDirectory()
  write(other, 'source', pattern(10))
  directory.copyFrom(other, 'source', 'copy')
  directory.openChecksumInput('copy').close()
  expect(calls).toEqual(['create copy', 'open copy SEQUENTIAL,INSTANCE'])
  expect(contentOf(other, 'source')).toEqual(contentOf(directory, 'copy'))
})

it('finds the innermost directory', () => {
  const inner = new ByteBuffersDirectory()
  const middle = new Passing(inner)
  const outer = new Passing(middle)
  expect(outer.getDelegate()).toBe(middle)
  expect(FilterDirectory.unwrap(outer)).toBe(inner)
  expect(FilterDirectory.unwrap(inner)).toBe(inner)
  expect(outer.toString()).toBe('Passing(Passing(ByteBuffersDirectory()))')
  expect(() => FilterDirectory.unwrap({} as Directory)).toThrow(TypeError)
  expect(() => new Passing(undefined as unknown as Directory)).toThrow(TypeError)
})

it('closes the directory behind it, unless a subclass does not', () => {
  const inner = new ByteBuffersDirectory()
  class Borrowed extends FilterDirectory {
    override close(): void {}
  }
  const borrowed = new Borrowed(inner)
  borrowed.close()
  expect(borrowed.listAll()).toEqual([])
  new Passing(inner)[Symbol.dispose]()
  expect(() => inner.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  expect(() => borrowed.listAll()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
})

describe('filters of inputs', () => {
  let path: string

  beforeEach(() => {
    path = temporaryDirectory()
  })

  afterEach(() => {
    removeDirectory(path)
  })

  it('write and check footers', () => {
    const stored = FSDirectory.open(path)
    const directory = new InvertedBytes(stored)
    write(directory, 'file', (output) => {
      output.writeBytes(pattern(1_000))
      CodecUtil.writeFooter(output)
    })
    const input = directory.openChecksumInput('file')
    input.skipBytes(1_000)
    CodecUtil.checkFooter(input)
    input.close()
    const raw = stored.openInput('file')
    expect(() => CodecUtil.checksumEntireFile(raw)).toThrow(CorruptIndexError)
    raw.close()
  })

  it('give compound files inputs of their own, which end with what was opened', () => {
    const directory = new FilteredInputs(MMapDirectory.open(compoundFixture))
    const segment = CompoundDirectory.open(directory, '_0')
    const name = segment.listAll().find((one) => one.endsWith('.fnm'))!
    const [one, other] = [segment.openInput(name), segment.openInput(name)]
    const clone = one.clone()
    expect(one).toBeInstanceOf(PassingInput)
    expect(clone).toBeInstanceOf(PassingInput)
    one.close()
    expect(() => clone.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    CodecUtil.checksumEntireFile(other)
    segment.close()
    expect(() => other.readByte()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
    directory.close()
  })
})
