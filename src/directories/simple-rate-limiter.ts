import { checkOptions, checkSize, invalidType, outOfRange } from '../store/arguments.js'
import { checkSignal, sleep } from '../store/sleep.js'
import { type PauseOptions, RateLimiter } from './rate-limiter.js'

/**
 * Keeps to a rate from one pause to the next: who has been slower than the rate gets no credit for
 * it. Those who pause at the same time wait one after the other.
 */
export class SimpleRateLimiter extends RateLimiter {
  #mbPerSec = 0
  /** When everything that was announced so far may have been moved; as performance.now(). */
  #next = performance.now()

  /** `mbPerSec` is more than 0; Infinity does not limit. */
  constructor(mbPerSec: number) {
    super()
    this.setMBPerSec(mbPerSec)
  }

  setMBPerSec(mbPerSec: number): void {
    if (typeof mbPerSec !== 'number') throw invalidType('mbPerSec', 'a number', mbPerSec)
    if (!(mbPerSec > 0)) throw outOfRange('mbPerSec', 'more than 0', mbPerSec)
    this.#mbPerSec = mbPerSec
  }

  getMBPerSec(): number {
    return this.#mbPerSec
  }

  /** What takes 5 ms. */
  getMinPauseCheckBytes(): number {
    return Math.trunc(0.005 * this.#mbPerSec * MB)
  }

  /** A pause that is aborted counts all the same: the bytes have been moved. */
  async pause(bytes: number, options: PauseOptions = {}): Promise<number> {
    checkSize('bytes', bytes)
    checkOptions('pause', options, ['signal'])
    const { signal } = options
    checkSignal(signal)
    signal?.throwIfAborted()
    const start = performance.now()
    const target = this.#next + (1000 * (bytes / MB)) / this.#mbPerSec
    this.#next = Math.max(start, target)
    if (target <= start) return 0
    await sleep(target - start, signal)
    return performance.now() - start
  }
}

const MB = 1024 * 1024
