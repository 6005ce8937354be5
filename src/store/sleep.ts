import { invalidType } from './arguments.js'

/**
 * Resolves after at least `milliseconds`. Rejected with the signal's reason when that is aborted,
 * now or meanwhile.
 */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const end = performance.now() + milliseconds
  // Timers may fire a little early, and take no more than 2^31 − 1 milliseconds.
  for (let left = milliseconds; left > 0; left = end - performance.now()) {
    await timeout(Math.min(Math.ceil(left), 2 ** 31 - 1), signal)
  }
}

function timeout(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Throws a TypeError for what is no AbortSignal, where there is one. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType('option signal', 'an AbortSignal', signal)
  }
}
