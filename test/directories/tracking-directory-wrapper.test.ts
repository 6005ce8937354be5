import { expect, it } from 'vitest'

import { ByteBuffersDirectory, FileAlreadyExistsError, TrackingDirectoryWrapper } from '../../src/index.js'
import { pattern, write } from '../support/files.js'

it('knows the files that were made, copied and renamed through it, and forgets the deleted', () => {
  const inner = new ByteBuffersDirectory()
  write(inner, 'foreign', pattern(1))
  const directory = new TrackingDirectoryWrapper(inner)
  write(directory, 'made', pattern(1))
  const temporary = directory.createTempOutput('a', 'b')
  temporary.close()
  directory.copyFrom(inner, 'foreign', 'copy')
  expect(directory.getCreatedFiles()).toEqual(new Set(['made', temporary.getName(), 'copy']))
  directory.rename(temporary.getName(), 'renamed')
  directory.deleteFile('made')
  expect(directory.getCreatedFiles()).toEqual(new Set(['copy', 'renamed']))
  directory.rename('foreign', 'taken over')
  expect(directory.getCreatedFiles()).toEqual(new Set(['copy', 'renamed', 'taken over']))
  directory.clearCreatedFiles()
  expect(directory.getCreatedFiles()).toEqual(new Set())
  expect(directory.listAll()).toEqual(['copy', 'renamed', 'taken over'])
})

it('takes no notice of what fails', () => {
  const inner = new ByteBuffersDirectory()
  write(inner, 'foreign', pattern(1))
  const directory = new TrackingDirectoryWrapper(inner)
  expect(() => directory.createOutput('foreign')).toThrow(FileAlreadyExistsError)
  expect(() => directory.copyFrom(inner, 'missing', 'copy')).toThrow('missing')
  expect(() => directory.rename('missing', 'new')).toThrow('missing')
  expect(directory.getCreatedFiles()).toEqual(new Set())
  write(directory, 'made', pattern(1))
  expect(() => directory.rename('made', 'foreign')).toThrow(FileAlreadyExistsError)
  inner.deleteFile('made')
  expect(() => directory.deleteFile('made')).toThrow('made')
  expect(directory.getCreatedFiles()).toEqual(new Set(['made']))
})

it('gives out a set of its own', () => {
  const directory = new TrackingDirectoryWrapper(new ByteBuffersDirectory())
  write(directory, 'made', pattern(1))
  directory.getCreatedFiles().clear()
  expect(directory.getCreatedFiles()).toEqual(new Set(['made']))
})
