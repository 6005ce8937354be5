// What the tests use of vitest, on mocha: its runner loads everything once and runs it for one mutant
// after the other, where vitest loads the modules anew each time.
import { format } from 'node:util'

import * as fakeTimers from '@sinonjs/fake-timers'
import * as matchers from '@vitest/expect'
import * as spies from '@vitest/spy'
import * as chai from 'chai'

chai.use(matchers.JestExtend)
chai.use(matchers.JestChaiExpect)
chai.use(matchers.JestAsymmetricMatchers)

export const expect = Object.assign((value, message) => {
  matchers.setState({ assertionCalls: matchers.getState(expect).assertionCalls + 1 }, expect)
  return chai.expect(value, message)
}, chai.expect)
Object.assign(expect, globalThis[matchers.ASYMMETRIC_MATCHERS_OBJECT])
matchers.setState({ assertionCalls: 0, isExpectingAssertions: false }, expect)
globalThis[matchers.GLOBAL_EXPECT] = expect

/** What a file declares at its top, which mocha would take to be for all files. */
let declared

/** Declares what a file has, in a suite of its own. */
export async function declareFile(name, load) {
  const declarations = (declared = [])
  await load()
  declared = undefined
  globalThis.describe(name, () => {
    globalThis.afterEach(() => over('beforeEach'))
    globalThis.after(() => over('before'))
    for (const declare of declarations) declare()
  })
}

function later(declare) {
  if (declared === undefined) declare()
  else declared.push(declare)
}

// vitest gives the same name to tests that mocha's runner would take for one.
const named = new Map()
function unique(name) {
  const times = (named.get(name) ?? 0) + 1
  named.set(name, times)
  return times === 1 ? name : `${name} (${times})`
}

function declarer(kind) {
  const plain = (name, body) => {
    later(() => {
      const own = typeof name === 'function' ? name.name : name
      // A parameter would be the callback that mocha waits for.
      globalThis[kind](unique(own), body && (() => body({})))
    })
  }
  const skipped = (name) => {
    later(() => globalThis[kind].skip(name, () => {}))
  }
  skipped.each = () => skipped
  const each = (cases) => (name, body) => {
    for (const one of cases) {
      const values = Array.isArray(one) ? one : [one]
      plain(titled(name, one, values), () => body(...values))
    }
  }
  return Object.assign(plain, {
    each,
    skip: skipped,
    skipIf: (condition) => (condition ? skipped : declare[kind]),
    runIf: (condition) => (condition ? declare[kind] : skipped),
  })
}

/** `%s`, and `$name` of a case that is an object. */
function titled(name, one, values) {
  const wanted = name.match(/%[a-z]/g)?.length ?? 0
  const title = format(name, ...values.slice(0, wanted))
  return title.replaceAll(/\$([\w.]+)/g, (_, path) =>
    String(path.split('.').reduce((value, key) => value?.[key], one)),
  )
}

const declare = {}
declare.it = declarer('it')
declare.describe = declarer('describe')
export const { it, describe } = declare

/** What hooks that come before returned: it is called when what they were for is over. */
const ends = { before: [], beforeEach: [] }
const over = async (kind) => {
  for (const end of ends[kind].splice(0).toReversed()) await end()
}

const hook = (kind) => (body) =>
  later(() =>
    globalThis[kind](async () => {
      const end = await body({})
      if (typeof end === 'function') ends[kind]?.push(end)
    }),
  )
export const beforeAll = hook('before')
export const afterAll = hook('after')
export const beforeEach = hook('beforeEach')
export const afterEach = hook('afterEach')

let clock
export const vi = {
  fn: spies.fn,
  spyOn: spies.spyOn,
  useFakeTimers: ({ toFake }) => {
    clock = fakeTimers.install({ toFake })
  },
  useRealTimers: () => clock?.uninstall(),
  getTimerCount: () => clock.countTimers(),
  advanceTimersByTimeAsync: (milliseconds) => clock.tickAsync(milliseconds),
  advanceTimersToNextTimerAsync: () => clock.nextAsync(),
  async waitFor(check, timeout) {
    for (const end = performance.now() + timeout; ;) {
      try {
        return await check()
      } catch (error) {
        if (performance.now() > end) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  },
}
