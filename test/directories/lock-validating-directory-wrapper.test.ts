import { expect, it } from 'vitest'

import { ByteBuffersDirectory, type Lock, LockValidatingDirectoryWrapper } from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'
import { each, errorsOf } from '../support/outcomes.js'

it('changes nothing once the lock is lost, and still reads', async () => {
  const inner = new ByteBuffersDirectory()
  const lock = inner.obtainLock('write.lock')
  const directory = new LockValidatingDirectoryWrapper(inner, lock)
  write(directory, 'file', pattern(10))
  await directory.sync(['file'])
  await directory.syncMetaData()
  lock.close()
  const attempts = {
    createOutput: () => directory.createOutput('new'),
    createTempOutput: () => directory.createTempOutput('a', 'b'),
    copyFrom: () => directory.copyFrom(inner, 'file', 'copy'),
    deleteFile: () => directory.deleteFile('file'),
    rename: () => directory.rename('file', 'new'),
    sync: () => directory.sync(['file']),
    syncMetaData: () => directory.syncMetaData(),
  }
  expect(await errorsOf(attempts)).toEqual(each(attempts, 'AlreadyClosedError'))
  expect(() => directory.createOutput('new')).toThrow('Lock was released')
  expect(directory.listAll()).toEqual(['file'])
  expect(directory.fileLength('file')).toBe(10)
  expect(contentOf(directory, 'file')).toEqual(pattern(10))
  directory.openChecksumInput('file').close()
  directory.obtainLock('other.lock').close()
})

it('does not close the lock', () => {
  const inner = new ByteBuffersDirectory()
  const lock = inner.obtainLock('write.lock')
  new LockValidatingDirectoryWrapper(inner, lock).close()
  expect(() => lock.ensureValid()).not.toThrow()
  lock.close()
})

it('takes only a lock for a lock', () => {
  expect(() => new LockValidatingDirectoryWrapper(new ByteBuffersDirectory(), {} as Lock)).toThrow(TypeError)
})
