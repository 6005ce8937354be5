import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AlreadyClosedError, type Snapshot, SnapshotStore } from '../../src/index.js'
import { examples } from '../support/brief.js'
import { NODES } from '../support/child.js'
import { runs, survives } from '../support/safety.js'

/** A value that counts how often it is closed, and does something then. */
class Value implements Disposable {
  closed = 0
  readonly name: string
  readonly onClose: () => void

  constructor(name = 'value', onClose: () => void = () => {}) {
    this.name = name
    this.onClose = onClose
  }

  [Symbol.dispose](): void {
    this.closed++
    this.onClose()
  }
}

function throwing(message: string): () => void {
  return () => {
    throw new Error(message)
  }
}

describe('SnapshotStore', () => {
  it('keeps a value open as long as a reader has it', () => {
    const [first, second] = [new Value(), new Value()]
    const store = new SnapshotStore(first)
    const early = store.snapshot()
    store.swap(second)
    const late = store.snapshot()
    expect([early.value, late.value, first.closed]).toEqual([first, second, 0])
    early.release()
    expect([first.closed, second.closed]).toEqual([1, 0])
    late.release()
    expect(second.closed).toBe(0)
    store.close()
    expect([first.closed, second.closed]).toEqual([1, 1])
  })

  it('closes a value that nobody reads when it is exchanged', () => {
    const value = new Value()
    const store = new SnapshotStore(value)
    store.snapshot().release()
    expect(value.closed).toBe(0)
    store.swap(new Value())
    expect(value.closed).toBe(1)
  })

  it('counts a snapshot once, however often it is released, and gives no value after that', () => {
    const value = new Value()
    const store = new SnapshotStore(value)
    const [one, other] = [store.snapshot(), store.snapshot()]
    store.close()
    one.release()
    one.release()
    one[Symbol.dispose]()
    expect(value.closed).toBe(0)
    expect(() => one.value).toThrow(AlreadyClosedError)
    expect(other.value).toBe(value)
    other.release()
    expect(value.closed).toBe(1)
  })

  it('releases at the end of a block', () => {
    const value = new Value()
    using store = new SnapshotStore(value)
    {
      using snapshot = store.snapshot()
      store.close()
      expect(snapshot.value.closed).toBe(0)
    }
    expect(value.closed).toBe(1)
  })

  it('has snapshots that outlive it', () => {
    const value = new Value()
    const store = new SnapshotStore(value)
    const snapshot = store.snapshot()
    store.close()
    store.close()
    expect([snapshot.value, value.closed]).toEqual([value, 0])
    const next = new Value()
    expect(() => store.snapshot()).toThrow(AlreadyClosedError)
    expect(() => store.swap(next)).toThrow(AlreadyClosedError)
    expect(next.closed).toBe(0)
    snapshot.release()
    expect(value.closed).toBe(1)
  })

  it('does nothing when its value is swapped in', () => {
    const value = new Value()
    const store = new SnapshotStore(value)
    store.swap(value)
    store.swap(value)
    expect([store.snapshot().value, value.closed]).toEqual([value, 0])
    store.swap(new Value())
    expect(value.closed).toBe(0) // the snapshot above
  })

  it('takes a value back that readers keep open, and closes it once', () => {
    const [first, second] = [new Value('first'), new Value('second')]
    const store = new SnapshotStore(first)
    const reader = store.snapshot()
    store.swap(second)
    store.swap(first)
    expect([first.closed, second.closed]).toEqual([0, 1])
    reader.release()
    expect(first.closed).toBe(0)
    expect(() => store.swap(second)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
    expect(store.snapshot().value).toBe(first)
  })

  it('has the new value in place when closing the old one throws', () => {
    const [first, second] = [new Value('first', throwing('first')), new Value('second')]
    const store = new SnapshotStore(first)
    expect(() => store.swap(second)).toThrow('first')
    const snapshot = store.snapshot()
    expect(snapshot.value).toBe(second)
    expect(first.closed).toBe(1)
    snapshot.release()
    store.close()
    expect(second.closed).toBe(1)
  })

  it('gives what closing throws to the last who lets go, once', () => {
    const value = new Value('value', throwing('closing'))
    const store = new SnapshotStore(value)
    const [one, last] = [store.snapshot(), store.snapshot()]
    store.swap(new Value())
    one.release()
    expect(() => last.release()).toThrow('closing')
    last.release()
    expect(value.closed).toBe(1)
    const failing = new SnapshotStore(new Value('value', throwing('store')))
    expect(() => failing.close()).toThrow('store')
    failing.close()
    expect(() => failing.snapshot()).toThrow(AlreadyClosedError)
  })

  it('can be used by a value that is being closed', () => {
    const [second, third] = [new Value('second'), new Value('third')]
    const seen: string[] = []
    const first: Value = new Value('first', () => {
      seen.push(store.snapshot().value.name)
      store.swap(third)
      seen.push(store.snapshot().value.name)
    })
    const store = new SnapshotStore(first)
    store.swap(second)
    expect(seen).toEqual(['second', 'third'])
    expect(store.snapshot().value).toBe(third)
    expect([first.closed, second.closed]).toEqual([1, 0]) // a snapshot of the second was not released

    const closing: Value = new Value('closing', () => other.close())
    const last = new Value('last')
    const other = new SnapshotStore(closing)
    other.swap(last)
    expect([closing.closed, last.closed]).toEqual([1, 1])
  })

  it('closes each value once and never under a reader, whatever the order', () => {
    const anyStep = fc.oneof(
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('release' as const), which: fc.nat(20) }),
      fc.record({ do: fc.constant('swap' as const), which: fc.nat(5) }),
      fc.record({ do: fc.constant('new' as const) }),
    )
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const values = [new Value()]
        const store = new SnapshotStore(values[0]!)
        let current = values[0]!
        let taken: { snapshot: Snapshot<Value>; value: Value }[] = []
        for (const step of steps) {
          if (step.do === 'take') taken.push({ snapshot: store.snapshot(), value: current })
          else if (step.do === 'release') {
            const [one] = taken.splice(step.which % Math.max(taken.length, 1), 1)
            one?.snapshot.release()
          } else {
            const next = step.do === 'new' ? new Value() : values[step.which % values.length]!
            if (step.do === 'new') values.push(next)
            if (next.closed === 0) {
              store.swap(next)
              current = next
            }
          }
          const open = new Set([current, ...taken.map(({ value }) => value)])
          for (const value of values) expect(value.closed).toBe(open.has(value) ? 0 : 1)
          for (const { snapshot, value } of taken) expect(snapshot.value).toBe(value)
        }
        store.close()
        for (const { snapshot } of taken.splice(0)) snapshot.release()
        for (const value of values) expect(value.closed).toBe(1)
      }),
      { numRuns: examples(200) },
    )
  })

  it('refuses values that cannot be closed, and options that are none', () => {
    for (const wrong of [undefined, null, {}, 5, () => {}]) {
      expect(() => new SnapshotStore(wrong as never)).toThrow(TypeError)
      expect(() => new SnapshotStore(new Value()).swap(wrong as never)).toThrow(TypeError)
    }
    expect(() => new SnapshotStore(new Value(), { debugs: true } as never)).toThrow(/Misspelt option/)
    expect(() => new SnapshotStore(new Value(), { debug: 1 } as never)).toThrow(TypeError)
  })
})

/** A program that forgets one of four snapshots, and is told of it only in debug mode. */
const forgetting = (debug: boolean): string => `
  let closed = 0
  const store = new lib.SnapshotStore({ [Symbol.dispose]() { closed++ } }, { debug: ${debug} })
  function forgetful() { store.snapshot() }
  function careful() { store.snapshot().release() }
  for (let i = 0; i < 3; i++) careful()
  forgetful()
  const warnings = []
  process.on('warning', ({ name, code, detail }) => warnings.push({ name, code, detail: detail.split('\\n')[1] }))
  const run = async () => {
    ${debug ? 'await collected(() => warnings.length > 0)' : 'for (let i = 0; i < 20; i++) { gc(); await turns() }'}
    await turns()
    store.close()
    say({ warnings, closed })
  }
  run().catch(fail)
`

describe.each(NODES)('SnapshotStore, %s', (node) => {
  it('allocates nothing for a snapshot but the snapshot', async () => {
    const bytes = await survives(
      `
      const store = new lib.SnapshotStore({ [Symbol.dispose]() {} })
      const COUNT = 100_000
      const kept = new Array(COUNT).fill(undefined)
      const take = () => { for (let i = 0; i < COUNT; i++) kept[i] = store.snapshot() }
      const drop = () => { for (let i = 0; i < COUNT; i++) kept[i] = kept[i].release() }
      for (let i = 0; i < 5; i++) { take(); drop() }
      gc()
      const before = process.memoryUsage().heapUsed
      take()
      const taken = process.memoryUsage().heapUsed
      drop()
      say({ snapshot: (taken - before) / COUNT, release: (process.memoryUsage().heapUsed - taken) / COUNT })
      `,
      // No collection in between: the young generation has room for all of them.
      { node, nodeOptions: ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'] },
    )
    // An object with one field: map, properties, elements and the field are 32 bytes at most.
    expect(bytes).toEqual({ snapshot: expect.closeTo(32, -1), release: expect.closeTo(0, 0) })
  })

  it('in debug mode tells of a snapshot that was forgotten, and where it was taken', async () => {
    const options = { node, nodeOptions: ['--expose-gc'] }
    const { stdout, code } = await runs(forgetting(true), options)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      warnings: [
        {
          name: 'SnapshotNotReleasedWarning',
          code: 'ERR_SNAPSHOT_NOT_RELEASED',
          detail: expect.stringContaining('forgetful') as string,
        },
      ],
      closed: 0,
    })
    expect(await survives(forgetting(false), options)).toEqual({ warnings: [], closed: 0 })
  })
})

/** The value behind a getter that does something when it is first asked how to close it. */
function asking(value: Value, act: () => void): Value & { asked: number } {
  let asked = 0
  return new Proxy(value, {
    get(target, key) {
      if (key === 'asked') return asked
      if (key === Symbol.dispose && asked++ === 0) act()
      return Reflect.get(target, key, target) as unknown
    },
  }) as Value & { asked: number }
}

describe('a value whose [Symbol.dispose] is a getter that uses the store', () => {
  it('comes after what it swaps in itself, and every value is closed once', () => {
    const [first, between, last] = [new Value('first'), new Value('between'), new Value('last')]
    const store = new SnapshotStore(first)
    const reader = store.snapshot()
    const next = asking(last, () => store.swap(between))
    store.swap(next)
    expect([first.closed, between.closed, last.closed]).toEqual([0, 1, 0])
    expect(reader.value).toBe(first)
    reader.release()
    expect(first.closed).toBe(1)
    store.close()
    expect([first.closed, between.closed, last.closed]).toEqual([1, 1, 1])
    expect(next.asked).toBe(1)
  })

  it('remains the caller’s when it closes the store', () => {
    const [first, last] = [new Value('first'), new Value('last')]
    const store = new SnapshotStore(first)
    expect(() => store.swap(asking(last, () => store.close()))).toThrow(AlreadyClosedError)
    expect([first.closed, last.closed]).toEqual([1, 0])
    expect(() => store.snapshot()).toThrow(AlreadyClosedError)
  })

  it('is closed by the function that it had when it was taken over', () => {
    const value = new Value()
    const store = new SnapshotStore<Disposable>(value)
    Object.defineProperty(value, Symbol.dispose, { value: undefined })
    store.close()
    expect(value.closed).toBe(1)
  })
})
