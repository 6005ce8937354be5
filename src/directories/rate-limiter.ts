/** Options of what waits. */
export interface PauseOptions {
  /** Ends the wait early: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Says how long who moves bytes has to wait so that all who share this limiter stay within a rate.
 * Nothing here blocks: pause() has to be awaited. Belongs to one thread.
 */
export abstract class RateLimiter {
  /** Changes the rate, in MiB per second, from the next pause on. */
  abstract setMBPerSec(mbPerSec: number): void

  /** The rate, in MiB per second. */
  abstract getMBPerSec(): number

  /**
   * Resolves when `bytes` more may have been moved, with the milliseconds that it took: 0 when
   * there was no need to wait.
   */
  abstract pause(bytes: number, options?: PauseOptions): Promise<number>

  /** How many bytes to let come together before it is worth while to call pause(). */
  abstract getMinPauseCheckBytes(): number
}
