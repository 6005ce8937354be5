import { expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  Directory,
  FilterDirectory,
  type IndexInput,
  type IOContext,
} from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'

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
