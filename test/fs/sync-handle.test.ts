import { closeSync, openSync, type promises } from 'node:fs'
import { devNull } from 'node:os'
import { expect, it } from 'vitest'

import { syncHandle } from '../../src/fs/sync-handle.js'
import { temporaryDirectory } from '../support/temporary.js'

const notImplemented = (): Promise<void> => Promise.reject(new Error('Method not implemented.'))

/** As that of Yarn's PnP. */
function handleWithoutSync(fd: number): promises.FileHandle {
  return { fd, sync: notImplemented } as unknown as promises.FileHandle
}

it('flushes by the descriptor where the handle cannot', async () => {
  const fd = openSync(`${temporaryDirectory()}/file`, 'w')
  await syncHandle(handleWithoutSync(fd))
  closeSync(fd)
  await expect(syncHandle(handleWithoutSync(2 ** 31 - 1))).rejects.toMatchObject({
    code: 'EBADF',
    syscall: 'fsync',
  })
})

it('takes the word of a handle that says why it failed', async () => {
  const failure = Object.assign(new Error('i/o error'), { code: 'EIO' })
  const fd = openSync(devNull, 'r')
  const handle = { fd, sync: () => Promise.reject(failure) } as unknown as promises.FileHandle
  await expect(syncHandle(handle)).rejects.toBe(failure)
  closeSync(fd)
})
