import { inPool } from '../fs/pool-queue.js'

interface Read {
  readonly position: number
  readonly length: number
  readonly signal: AbortSignal | undefined
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Reads that wait for the device, in groups: a thread of the pool asks the device for all of a
 * group, so that it has many requests to choose from, and then waits for them. One thread for one
 * read would leave the device idle and cost the event loop two switches a read.
 */
export class ReadGroups {
  readonly #bringIn: (ranges: Float64Array) => Promise<void>
  #waiting: Read[] = []
  #turns = 0 // asked of the pool, and not come yet

  /** `bringIn` waits for ranges, offsets and lengths in turn, off the event loop. */
  constructor(bringIn: (ranges: Float64Array) => Promise<void>) {
    this.#bringIn = bringIn
  }

  /** Resolves when the range is in memory. */
  wait(position: number, length: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ position, length, signal, resolve, reject })
      if (this.#waiting.length <= this.#turns * GROUP) return
      this.#turns++
      void inPool('read', () => this.#turn())
    })
  }

  async #turn(): Promise<void> {
    await undefined // who asks for many reads does so at once: let them come together
    this.#turns--
    const group = this.#waiting.splice(0, GROUP).filter((read) => {
      if (read.signal?.aborted) read.reject(read.signal.reason)
      return !read.signal?.aborted
    })
    if (group.length > 0) await this.#settle(group)
  }

  async #settle(group: readonly Read[]): Promise<void> {
    try {
      await this.#bringIn(Float64Array.from(group.flatMap(({ position, length }) => [position, length])))
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error)
      else for (const read of group) await this.#settle([read]) // who of them is to blame?
    }
  }
}

/** Two groups at a time: a device's queue has 128 places or more, and is not this program's alone. */
const GROUP = 32
