// What a process holds at a moment, and what its collections took.
import { readFileSync, readdirSync } from 'node:fs'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/**
 * Collects all garbage; what belonged to it ends in later turns of the event loop. Not more often than
 * it takes: code that several collections find unused has to be compiled again.
 */
export async function collect() {
  for (let turn = 0; turn < 2; turn++) {
    globalThis.gc()
    for (let rest = 0; rest < 3; rest++) await setImmediate()
  }
}

/** Bytes, and numbers; mappings are those of files in a folder. What only Linux tells is missing elsewhere. */
export function usage(folder) {
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, resident: rss, ...ofLinux(folder) }
}

function ofLinux(folder) {
  if (process.platform !== 'linux') return {}
  const status = readFileSync('/proc/self/status', 'latin1')
  const bytes = (name) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)[1]) * 1024
  return {
    own: bytes('RssAnon'),
    ofFiles: bytes('RssFile'),
    pageTables: bytes('VmPTE'),
    mappings: readFileSync('/proc/self/maps', 'latin1').split(` ${folder}/`).length - 1,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}

/** How much more of each there is than before. */
export function growth(before, now) {
  return Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - before[name]]))
}

/** Counts the collections that V8 begins by itself, in milliseconds and by kind. */
export class Collections {
  #observer
  #young = 0
  #old = 0
  #milliseconds = 0

  constructor() {
    this.#observer = new PerformanceObserver((list) => this.#count(list.getEntries()))
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  #count(entries) {
    for (const { duration, detail } of entries) {
      if (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) continue
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#old++
      else if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) this.#young++
      this.#milliseconds += duration
    }
  }

  /** Since the last time. What is still to be told of is told in a later turn of the event loop. */
  async take() {
    await setImmediate()
    await setImmediate()
    this.#count(this.#observer.takeRecords())
    const taken = { young: this.#young, old: this.#old, milliseconds: this.#milliseconds }
    this.#young = this.#old = this.#milliseconds = 0
    return taken
  }
}
