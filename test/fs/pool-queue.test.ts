import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'

import { inPool } from '../../src/fs/pool-queue.js'

/** Half of libuv's threads. */
const MOST = Math.max(Math.trunc((Number(process.env['UV_THREADPOOL_SIZE']) || 4) / 2), 1)

interface Work {
  readonly name: string
  end(error?: Error): void
}

/** Begins work that lasts until it is told to end; `running` has what is being done, in its order. */
function beginner(running: Work[]): (kind: 'read' | 'load', name: string) => Promise<string> {
  return (kind, name) =>
    inPool(
      kind,
      () =>
        new Promise((resolve, reject) => {
          running.push({ name, end: (error) => (error ? reject(error) : resolve(name)) })
        }),
    )
}

describe('the work of a thread in the pool', () => {
  it('is half of what the pool can do, and reads go before loads', async () => {
    const running: Work[] = []
    const begin = beginner(running)
    const names = Array.from({ length: MOST }, (_, i) => `first ${i}`)
    const all = names.map((name) => begin('load', name))
    all.push(
      begin('load', 'a load'),
      begin('read', 'a read'),
      begin('load', 'other load'),
      begin('read', 'other read'),
    )
    await setImmediate()
    expect(running.map(({ name }) => name)).toEqual(names)
    for (let i = 0; i < MOST + 4; i++) {
      running[i]!.end()
      await setImmediate()
      expect(running).toHaveLength(Math.min(i + 1 + MOST, MOST + 4))
    }
    const order = ['a read', 'other read', 'a load', 'other load']
    expect(running.slice(MOST).map(({ name }) => name)).toEqual(order)
    expect(await Promise.all(all)).toEqual([...names, 'a load', 'a read', 'other load', 'other read'])
  })

  it('makes room when it fails', async () => {
    const running: Work[] = []
    const begin = beginner(running)
    const failing = Array.from({ length: MOST }, (_, i) =>
      begin('read', `${i}`).catch((error: Error) => error.message),
    )
    const last = begin('read', 'last')
    await setImmediate()
    for (const work of running.splice(0)) work.end(new Error('failed'))
    expect(await Promise.all(failing)).toEqual(failing.map(() => 'failed'))
    await setImmediate()
    running[0]!.end()
    expect(await last).toBe('last')
  })
})
