import { checkOptions, invalidType, outOfRange } from './arguments.js'
import { Directory } from './directory.js'
import { LockObtainFailedError } from './errors.js'
import type { Lock } from './lock.js'
import { checkSignal, sleep } from './sleep.js'

export interface WaitForLockOptions {
  /** How long to wait at the most, in milliseconds; Infinity is for ever, 0 is one attempt. */
  readonly timeout: number
  /** Milliseconds between two attempts, more than 0; by default 1000. */
  readonly pollInterval?: number
  /** Ends the wait: the promise is rejected with the signal's reason, and nothing is held. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes a lock as soon as whoever holds it lets go. Tries at once, then at intervals, and once more
 * when the time is up: a lock does not tell anyone that it is free. Who waits longest does not come
 * first.
 *
 * Rejected with LockObtainFailedError, whose cause is the first failure, when the time is up; with
 * any other error of Directory.obtainLock() at once.
 */
export async function waitForLock(
  directory: Directory,
  name: string,
  options: WaitForLockOptions,
): Promise<Lock> {
  if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
  checkOptions('waitForLock', options, ['timeout', 'pollInterval', 'signal'])
  const { timeout, pollInterval = DEFAULT_POLL_INTERVAL, signal } = options
  if (typeof timeout !== 'number') throw invalidType('option timeout', 'a number', timeout)
  if (!(timeout >= 0)) throw outOfRange('option timeout', '0 or more milliseconds', timeout)
  if (typeof pollInterval !== 'number') throw invalidType('option pollInterval', 'a number', pollInterval)
  if (!(pollInterval > 0)) throw outOfRange('option pollInterval', 'more than 0 milliseconds', pollInterval)
  checkSignal(signal)

  const end = performance.now() + timeout
  let first: LockObtainFailedError | undefined
  for (let attempts = 1; ; attempts++) {
    signal?.throwIfAborted()
    const left = end - performance.now()
    try {
      return directory.obtainLock(name)
    } catch (error) {
      if (!(error instanceof LockObtainFailedError)) throw error
      first ??= error
    }
    if (left <= 0) {
      throw new LockObtainFailedError(
        `Lock obtain timed out: ${name} in ${directory.toString()}, ${attempts} attempts in ${timeout} ms`,
        { path: first.path, cause: first, hints: first.hints },
      )
    }
    await sleep(Math.min(pollInterval, left), signal)
  }
}

const DEFAULT_POLL_INTERVAL = 1000
