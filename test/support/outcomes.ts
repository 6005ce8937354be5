export { type Attempts, each, errorsOf } from '../../src/testing/outcomes.js'

/** What a promise is rejected with, caught from now on. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`no error, but ${String(value)}`),
    (error: unknown) => error,
  )
}
