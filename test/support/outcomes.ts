export { type Attempts, each, errorsOf } from '../../src/testing/outcomes.js'

/** What an attempt throws; that it throws nothing is an error. */
export function thrownBy(attempt: () => unknown): Error & { code?: string; hints?: readonly string[] } {
  try {
    attempt()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** What a promise is rejected with, caught from now on. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`no error, but ${String(value)}`),
    (error: unknown) => error,
  )
}
