import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { waitForLock } from '../../index.js'
import { LIBRARY } from '../library.js'
import type { Suite } from '../suite/suite.js'

/** obtainLock(). */
export function locks(suite: Suite): void {
  suite.it('gives a lock to one holder at a time', ({ directory }) => {
    const lock = directory.obtainLock('write.lock')
    assert.equal(lock.name, 'write.lock')
    lock.ensureValid()
    assert.throws(() => directory.obtainLock('write.lock'), {
      name: 'LockObtainFailedError',
      code: 'ERR_LOCK_OBTAIN_FAILED',
      path: /write\.lock/,
    })
    lock.ensureValid()
    lock.close()
    const again = directory.obtainLock('write.lock')
    again.ensureValid()
    again.close()
  })

  suite.it('keeps locks of other names apart', ({ directory }) => {
    const lock = directory.obtainLock('write.lock')
    const other = directory.obtainLock('other.lock')
    lock.close()
    other.ensureValid()
    other.close()
  })

  suite.it('ends a lock by close() or Symbol.dispose, as often as one likes', ({ directory }) => {
    const lock = directory.obtainLock('write.lock')
    lock.close()
    lock.close()
    assert.throws(() => lock.ensureValid(), { name: 'AlreadyClosedError', code: 'ERR_ALREADY_CLOSED' })
    const again = directory.obtainLock('write.lock')
    lock.close() // not the lock of its successor
    again.ensureValid()
    assert.throws(() => directory.obtainLock('write.lock'), { name: 'LockObtainFailedError' })
    again[Symbol.dispose]()
    assert.throws(() => again.ensureValid(), { name: 'AlreadyClosedError' })
  })

  suite.it('holds its locks beyond its end', ({ directory }) => {
    const lock = directory.obtainLock('write.lock')
    directory.close()
    lock.ensureValid()
    lock.close()
  })

  suite.it('hands a lock to whoever waits for it', async ({ directory }) => {
    const lock = directory.obtainLock('write.lock')
    const waiting = waitForLock(directory, 'write.lock', { timeout: 60_000, pollInterval: 1 })
    lock.close()
    const next = await waiting
    next.ensureValid()
    next.close()
  })

  suite.it(
    'keeps out another directory in the same place',
    async ({ directory, reopen }) => {
      const other = await reopen()
      const lock = directory.obtainLock('write.lock')
      assert.throws(() => other.obtainLock('write.lock'), { name: 'LockObtainFailedError' })
      lock.close()
      other.obtainLock('write.lock').close()
    },
    'systemLocks',
  )

  suite.it(
    'keeps out another process, and is kept out by it',
    async ({ directory, path }) => {
      const script = `
        const { FSDirectory } = require(${JSON.stringify(LIBRARY)})
        const directory = FSDirectory.open(process.argv.at(-1))
        const attempt = () => {
          try { return (globalThis.lock = directory.obtainLock('write.lock'), 'taken') } catch (error) { return error.code }
        }
        process.stdin.on('data', () => console.log(attempt()))
      `
      const child = spawn(process.execPath, ['-e', script, '--', path], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const attempt = async (): Promise<string> => {
        child.stdin.write('\n')
        const [said] = (await once(child.stdout, 'data')) as [Buffer]
        return said.toString().trim()
      }
      try {
        const lock = directory.obtainLock('write.lock')
        assert.equal(await attempt(), 'ERR_LOCK_OBTAIN_FAILED')
        lock.close()
        assert.equal(await attempt(), 'taken')
        assert.throws(() => directory.obtainLock('write.lock'), { name: 'LockObtainFailedError' })
      } finally {
        child.kill('SIGKILL')
        await once(child, 'close')
      }
      directory.obtainLock('write.lock').close() // the system has released it
    },
    'systemLocks',
  )
}
