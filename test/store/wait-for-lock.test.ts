import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  ByteBuffersDirectory,
  FilterDirectory,
  FSDirectory,
  type Lock,
  LockObtainFailedError,
  waitForLock,
  type WaitForLockOptions,
} from '../../src/index.js'
import { scriptCommand } from '../support/child.js'
import { failureOf } from '../support/outcomes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/** Counts the attempts. */
class Counting extends FilterDirectory {
  attempts = 0

  override obtainLock(name: string): Lock {
    this.attempts++
    return super.obtainLock(name)
  }
}

describe('with a clock of our own', () => {
  let directory: Counting

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    directory = new Counting(new ByteBuffersDirectory())
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('takes a free lock at once', async () => {
    const lock = await waitForLock(directory, 'write.lock', { timeout: 0 })
    lock.ensureValid()
    lock.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('takes the lock at the first attempt after it was released', async () => {
    const held = directory.obtainLock('write.lock')
    directory.attempts = 0
    const waiting = waitForLock(directory, 'write.lock', { timeout: 60_000, pollInterval: 100 })
    await vi.advanceTimersByTimeAsync(250)
    expect(directory.attempts).toBe(3)
    held.close()
    await vi.advanceTimersByTimeAsync(50)
    const lock = await waiting
    expect(directory.attempts).toBe(4)
    lock.ensureValid()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tries every second where nothing else is said', async () => {
    directory.obtainLock('write.lock')
    directory.attempts = 0
    const waiting = waitForLock(directory, 'write.lock', { timeout: 2_500 })
    const failure = failureOf(waiting)
    await vi.advanceTimersByTimeAsync(2_400)
    expect(directory.attempts).toBe(3)
    await vi.advanceTimersByTimeAsync(100)
    expect(await failure).toBeInstanceOf(LockObtainFailedError)
    expect(directory.attempts).toBe(4)
  })

  it('gives up when the time is up, with the first failure as the cause', async () => {
    directory.obtainLock('write.lock')
    const failures: unknown[] = []
    const noting = new (class extends FilterDirectory {
      override obtainLock(name: string): Lock {
        try {
          return super.obtainLock(name)
        } catch (error) {
          failures.push(error)
          throw error
        }
      }
    })(directory)
    const waiting = waitForLock(noting, 'write.lock', { timeout: 30, pollInterval: 20 })
    const failure = failureOf(waiting)
    await vi.advanceTimersByTimeAsync(30)
    const error = (await failure) as LockObtainFailedError
    expect(error).toBeInstanceOf(LockObtainFailedError)
    expect(error.message).toContain('Lock obtain timed out: write.lock')
    expect(error.path).toBe('write.lock')
    expect(failures).toHaveLength(3)
    expect(error.cause).toBe(failures[0])
  })

  it('tries once without a timeout to speak of', async () => {
    directory.obtainLock('write.lock')
    directory.attempts = 0
    await expect(waitForLock(directory, 'write.lock', { timeout: 0 })).rejects.toThrow('timed out')
    expect(directory.attempts).toBe(1)
  })

  it('waits for ever where that is asked for', async () => {
    const held = directory.obtainLock('write.lock')
    const waiting = waitForLock(directory, 'write.lock', { timeout: Infinity, pollInterval: 3e9 })
    await vi.advanceTimersByTimeAsync(2.9e9)
    held.close()
    await vi.advanceTimersByTimeAsync(1e8)
    expect((await waiting).name).toBe('write.lock')
  })

  it('ends with the signal, and holds nothing then', async () => {
    const held = directory.obtainLock('write.lock')
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = waitForLock(directory, 'write.lock', { timeout: 60_000, signal: controller.signal })
    const failure = failureOf(waiting)
    await vi.advanceTimersByTimeAsync(1_500)
    held.close()
    controller.abort(reason)
    expect(await failure).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
    directory.obtainLock('write.lock').close()
    directory.attempts = 0
    const options = { timeout: 5, signal: controller.signal }
    await expect(waitForLock(directory, 'write.lock', options)).rejects.toBe(reason)
    expect(directory.attempts).toBe(0)
  })

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const held = directory.obtainLock('write.lock')
    const waiting = waitForLock(directory, 'write.lock', { timeout: 60_000, signal })
    await vi.advanceTimersByTimeAsync(1_500)
    held.close()
    await vi.advanceTimersByTimeAsync(1_000)
    await waiting
    expect(added).toHaveBeenCalledTimes(2)
    expect(removed).toHaveBeenCalledTimes(2)
  })

  it('does not wait for what no waiting helps', async () => {
    await expect(waitForLock(directory, 'a/b', { timeout: 1e9 })).rejects.toMatchObject({
      code: 'ERR_INVALID_FILE_NAME',
    })
    directory.close()
    await expect(waitForLock(directory, 'write.lock', { timeout: 1e9 })).rejects.toMatchObject({
      code: 'ERR_ALREADY_CLOSED',
    })
  })

  it.each<[unknown, string]>([
    [{}, 'TypeError'],
    [undefined, 'TypeError'],
    [{ timeout: '5' }, 'TypeError'],
    [{ timeout: -1 }, 'RangeError'],
    [{ timeout: NaN }, 'RangeError'],
    [{ timeout: 5, pollInterval: 0 }, 'RangeError'],
    [{ timeout: 5, pollInterval: '1' }, 'TypeError'],
    [{ timeout: 5, signal: {} }, 'TypeError'],
    [{ timeout: 5, pollinterval: 5 }, 'TypeError'],
  ])('refuses options that make no sense: %j', async (options, name) => {
    await expect(waitForLock(directory, 'write.lock', options as WaitForLockOptions)).rejects.toMatchObject({
      name,
    })
    expect(directory.attempts).toBe(0)
  })
})

it('waits for another process', async () => {
  const path = temporaryDirectory()
  try {
    const script = `
      const lock = lib.FSDirectory.open(process.argv[1]).obtainLock('write.lock')
      console.log('held')
      process.stdin.once('data', () => process.exit())`
    const [command, args] = scriptCommand(script, { args: [path] })
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    const directory = new Counting(FSDirectory.open(path))
    const waiting = waitForLock(directory, 'write.lock', { timeout: 60_000, pollInterval: 5 })
    while (directory.attempts < 3) await new Promise(setImmediate)
    child.stdin.write('go')
    const lock = await waiting
    expect(() => lock.ensureValid()).not.toThrow()
    lock.close()
  } finally {
    removeDirectory(path)
  }
})
