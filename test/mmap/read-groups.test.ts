import { describe, expect, it } from 'vitest'

import { inPool } from '../../src/fs/pool-queue.js'
import { ReadGroups } from '../../src/mmap/read-groups.js'
import { settled } from '../support/mappings.js'
import { failureOf } from '../support/outcomes.js'

/** Groups that say what was brought in; of which `fails` says what cannot be. */
function gathered(fails: (positions: number[]) => Error | undefined = () => undefined): {
  groups: ReadGroups
  asked: number[][]
} {
  const asked: number[][] = []
  const groups = new ReadGroups(async (ranges) => {
    asked.push(Array.from(ranges))
    const error = fails(asked.at(-1)!.filter((_, i) => i % 2 === 0))
    if (error !== undefined) throw error
  })
  return { groups, asked }
}

function waitFor(groups: ReadGroups, count: number): Promise<void>[] {
  return Array.from({ length: count }, (_, i) => groups.wait(i * 100, i + 1, undefined))
}

describe('reads that wait for the device', () => {
  it('go together, up to 32 at a time, in the order they came', async () => {
    const { groups, asked } = gathered()
    await Promise.all(waitFor(groups, 100))
    expect(asked.map(({ length }) => length / 2)).toEqual([32, 32, 32, 4])
    expect(asked.flat()).toEqual(Array.from({ length: 100 }, (_, i) => [i * 100, i + 1]).flat())
  })

  it('go by themselves when they come one after the other', async () => {
    const { groups, asked } = gathered()
    await groups.wait(5, 10, undefined)
    await groups.wait(7, 20, undefined)
    expect(asked).toEqual([
      [5, 10],
      [7, 20],
    ])
  })

  it('are not done for whom the signal has spoken, with the reason of the signal', async () => {
    const { groups, asked } = gathered()
    const controller = new AbortController()
    const reason = new Error('not needed any more')
    const given = failureOf(groups.wait(0, 1, controller.signal))
    const kept = groups.wait(100, 2, new AbortController().signal)
    controller.abort(reason)
    expect(await given).toBe(reason)
    await kept
    expect(asked).toEqual([[100, 2]])
    expect(await failureOf(groups.wait(0, 1, controller.signal))).toBe(reason)
    await settled()
    expect(asked).toEqual([[100, 2]])
  })

  it('fail each for itself, and the others are done', async () => {
    const error = new Error('the page at 200')
    const { groups, asked } = gathered((positions) => (positions.includes(200) ? error : undefined))
    const outcomes = await Promise.allSettled(waitFor(groups, 4))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[2]).toMatchObject({ reason: error })
    expect(asked).toEqual([
      [0, 1, 100, 2, 200, 3, 300, 4],
      [0, 1],
      [100, 2],
      [200, 3],
      [300, 4],
    ])
  })

  it('go before loads, when the pool has no room for both', async () => {
    const order: string[] = []
    const { groups } = gathered(() => void order.push('read'))
    const ends: (() => void)[] = []
    const occupied: Promise<void>[] = []
    for (let started = 0; ends.length === started; started++)
      occupied.push(inPool('load', () => new Promise((resolve) => ends.push(resolve))))
    const load = inPool('load', async () => void order.push('load'))
    const read = groups.wait(0, 1, undefined)
    while (ends.length > 0) {
      ends.pop()!()
      await settled()
    }
    await Promise.all([...occupied, load, read])
    expect(order).toEqual(['read', 'load'])
  })
})
