import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import {
  ByteBuffersDirectory,
  RateLimitedIndexOutput,
  RateLimiter,
  SimpleRateLimiter,
} from '../../src/index.js'
import { contentOf, difference, pattern } from '../support/files.js'
import { failureOf } from '../support/outcomes.js'

const MB = 1024 * 1024

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** How long a promise takes by the clock of the test, and what it resolves with. */
async function timed<T>(promise: Promise<T>): Promise<{ time: number; value: T }> {
  const start = performance.now()
  const ended: { value?: T; error?: unknown } = {}
  void promise.then(
    (value) => Object.assign(ended, { value }),
    (error: unknown) => Object.assign(ended, { error }),
  )
  await vi.advanceTimersByTimeAsync(0)
  while (Object.keys(ended).length === 0) await vi.advanceTimersToNextTimerAsync()
  if ('error' in ended) throw ended.error
  return { time: performance.now() - start, value: ended.value! }
}

it('waits as long as the bytes take at its rate', async () => {
  const limiter = new SimpleRateLimiter(10)
  expect(await timed(limiter.pause(MB))).toEqual({ time: 100, value: 100 })
  expect(await timed(limiter.pause(5 * MB))).toEqual({ time: 500, value: 500 })
  await vi.advanceTimersByTimeAsync(60)
  expect(await timed(limiter.pause(MB))).toEqual({ time: 40, value: 40 })
})

it('gives no credit for time in which nothing was moved', async () => {
  const limiter = new SimpleRateLimiter(10)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await timed(limiter.pause(MB))).toEqual({ time: 0, value: 0 })
  expect(await timed(limiter.pause(MB))).toEqual({ time: 100, value: 100 })
})

it('has those who pause at the same time wait one after the other', async () => {
  const limiter = new SimpleRateLimiter(10)
  const pauses = Promise.all([limiter.pause(MB), limiter.pause(MB), limiter.pause(2 * MB)])
  expect((await timed(pauses)).value).toEqual([100, 200, 400])
})

it('takes a new rate for the pauses that follow', async () => {
  const limiter = new SimpleRateLimiter(10)
  expect(limiter.getMBPerSec()).toBe(10)
  expect(limiter.getMinPauseCheckBytes()).toBe(Math.trunc(0.05 * MB))
  limiter.setMBPerSec(20)
  expect(limiter.getMBPerSec()).toBe(20)
  expect(limiter.getMinPauseCheckBytes()).toBe(Math.trunc(0.1 * MB))
  expect((await timed(limiter.pause(MB))).value).toBe(50)
  limiter.setMBPerSec(Infinity)
  expect((await timed(limiter.pause(1e15))).value).toBe(0)
})

it('waits longer than a timer can', async () => {
  const limiter = new SimpleRateLimiter(1)
  const bytes = 5_000_000 * MB // 5·10^9 ms; a timer takes 2^31
  expect((await timed(limiter.pause(bytes))).time).toBe(5e9)
})

it('ends with the signal; the bytes count all the same', async () => {
  const limiter = new SimpleRateLimiter(10)
  const controller = new AbortController()
  const reason = new Error('enough')
  const paused = limiter.pause(MB, { signal: controller.signal })
  const failure = failureOf(paused)
  await vi.advanceTimersByTimeAsync(50)
  controller.abort(reason)
  expect(await failure).toBe(reason)
  expect(vi.getTimerCount()).toBe(0)
  expect((await timed(limiter.pause(MB))).value).toBe(150)
  await expect(limiter.pause(MB, { signal: controller.signal })).rejects.toBe(reason)
  expect((await timed(limiter.pause(MB))).value).toBe(100)
})

it('refuses rates and numbers that are none', async () => {
  for (const rate of [0, -1, NaN]) expect(() => new SimpleRateLimiter(rate)).toThrow(RangeError)
  expect(() => new SimpleRateLimiter('1' as never)).toThrow(TypeError)
  const limiter = new SimpleRateLimiter(1)
  expect(() => limiter.setMBPerSec(0)).toThrow(RangeError)
  expect(limiter.getMBPerSec()).toBe(1)
  await expect(limiter.pause(-1)).rejects.toThrow(RangeError)
  await expect(limiter.pause(1, { signal: {} as AbortSignal })).rejects.toThrow(TypeError)
  await expect(limiter.pause(1, { sginal: undefined } as never)).rejects.toThrow("should be 'signal'")
})

/** Notes what is asked of it, and never waits. */
class Noting extends RateLimiter {
  readonly pauses: number[] = []
  least = 100

  setMBPerSec(): void {}
  getMBPerSec(): number {
    return 1
  }
  getMinPauseCheckBytes(): number {
    return this.least
  }
  async pause(bytes: number): Promise<number> {
    this.pauses.push(bytes)
    return bytes
  }
}

it('lets the writer of an output wait for what was written, once it is enough', async () => {
  const directory = new ByteBuffersDirectory()
  const limiter = new Noting()
  const inner = directory.createOutput('file')
  inner.writeBytes(pattern(1_000))
  const output = new RateLimitedIndexOutput(limiter, inner)
  expect(await output.pauseIfNeeded()).toBe(0)
  output.writeBytes(pattern(92))
  output.writeLong(1n)
  expect(await output.pauseIfNeeded()).toBe(0)
  output.writeByte(1)
  expect(await output.pauseIfNeeded()).toBe(101)
  expect(await output.pauseIfNeeded()).toBe(0)
  limiter.least = 200
  output.writeBytes(pattern(200))
  expect(await output.pauseIfNeeded()).toBe(0)
  output.writeBytes(pattern(100_000))
  expect(await output.pauseIfNeeded()).toBe(100_200)
  expect(limiter.pauses).toEqual([101, 100_200])
  output.close()
  await expect(output.pauseIfNeeded()).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  const bytes = contentOf(directory, 'file')
  expect(difference(bytes.subarray(bytes.length - 100_000), pattern(100_000))).toBeUndefined()
})

it('keeps an output to the rate, and ends with the signal', async () => {
  const output = new RateLimitedIndexOutput(
    new SimpleRateLimiter(1),
    new ByteBuffersDirectory().createOutput('file'),
  )
  output.writeBytes(new Uint8Array(MB))
  expect(await timed(output.pauseIfNeeded())).toEqual({ time: 1000, value: 1000 })
  output.writeBytes(new Uint8Array(MB))
  const controller = new AbortController()
  const paused = output.pauseIfNeeded({ signal: controller.signal })
  const failure = failureOf(paused)
  controller.abort()
  expect(await failure).toMatchObject({ name: 'AbortError' })
  await expect(output.pauseIfNeeded({ signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(() => new RateLimitedIndexOutput({} as RateLimiter, output)).toThrow(TypeError)
})
