/**
 * Lets only so many pieces be loaded at a time in this thread: libuv's pool has four threads by
 * default, and the rest of the program needs some of them.
 */
export class LoadQueue {
  static readonly #waiting: (() => void)[] = []
  static #running = 0

  static async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next() // takes over this one's place
    }
  }
}

const MOST_AT_ONCE = 2
