import { checkOptions, invalidType } from '../store/arguments.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkSignal } from '../store/sleep.js'
import { FilterIndexOutput } from './filter-index-output.js'
import { type PauseOptions, RateLimiter } from './rate-limiter.js'

/**
 * An output whose writer keeps to a rate. Writes do not wait, and cost nothing more: it is
 * pauseIfNeeded() that waits for what was written, and the writer awaits it between writes, say
 * once a document or a block. What was written since the last pause and then closed is not waited
 * for.
 */
export class RateLimitedIndexOutput extends FilterIndexOutput {
  readonly #limiter: RateLimiter
  #paused: number

  constructor(limiter: RateLimiter, delegate: IndexOutput) {
    super(delegate)
    if (!(limiter instanceof RateLimiter)) throw invalidType('limiter', 'a RateLimiter', limiter)
    this.#limiter = limiter
    this.#paused = delegate.getFilePointer()
  }

  /**
   * Waits as long as the limiter wants for the bytes that were written since the last time, once
   * there are more than its getMinPauseCheckBytes(). Resolves with the milliseconds that it took.
   * Rejected with AlreadyClosedError after close().
   */
  async pauseIfNeeded(options: PauseOptions = {}): Promise<number> {
    checkOptions('pauseIfNeeded', options, ['signal'])
    checkSignal(options.signal)
    options.signal?.throwIfAborted()
    const position = this.getFilePointer()
    const bytes = position - this.#paused
    if (bytes <= this.#limiter.getMinPauseCheckBytes()) return 0
    this.#paused = position
    return this.#limiter.pause(bytes, options)
  }
}
