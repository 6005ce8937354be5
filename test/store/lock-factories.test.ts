import { expect, it } from 'vitest'

import { ByteBuffersDirectory, NoLockFactory, SingleInstanceLockFactory } from '../../src/index.js'

it('keeps locks apart by factory and name, whatever directory asks', () => {
  const factory = new SingleInstanceLockFactory()
  const [one, two] = [factory, factory].map((lockFactory) => new ByteBuffersDirectory({ lockFactory }))
  const lock = one!.obtainLock('write.lock')
  expect(() => two!.obtainLock('write.lock')).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_OBTAIN_FAILED' }),
  )
  two!.obtainLock('other.lock').close()
  new ByteBuffersDirectory().obtainLock('write.lock').close()
  lock.close()
  const again = two!.obtainLock('write.lock')
  lock.close()
  again.ensureValid()
  expect(() => one!.obtainLock('write.lock')).toThrow('write.lock')
  again.close()
})

it('keeps nobody out without locks', () => {
  const directory = new ByteBuffersDirectory({ lockFactory: NoLockFactory.INSTANCE })
  const [one, two] = [directory.obtainLock('write.lock'), directory.obtainLock('write.lock')]
  expect(one.name).toBe('write.lock')
  one.close()
  expect(() => one.ensureValid()).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  two.ensureValid()
  two[Symbol.dispose]()
  expect(directory.listAll()).toEqual([])
})
