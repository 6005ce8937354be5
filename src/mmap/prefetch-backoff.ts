/**
 * Tells which prefetches are not worth their system call, because those before them have found
 * everything in memory. All are tried until so many in a row were hits; then one in sixteen, and
 * after each further hit half as many, down to one in 256. A miss starts over. One for an opened
 * input and all of its clones and slices: what one of them has learnt holds for the next.
 */
export class PrefetchBackoff {
  #hits = 0
  #interval = 1
  #skipped = 0

  /** Whether this prefetch is to be passed over. */
  passOver(): boolean {
    if (this.#skipped + 1 < this.#interval) {
      this.#skipped++
      return true
    }
    this.#skipped = 0
    return false
  }

  /** Everything was in memory. */
  hit(): void {
    if (++this.#hits < PATIENCE) return
    this.#interval = Math.min(Math.max(this.#interval * 2, SHORTEST), LONGEST)
  }

  miss(): void {
    this.#hits = 0
    this.#interval = 1
  }
}

const PATIENCE = 1024
const SHORTEST = 16
const LONGEST = 256
