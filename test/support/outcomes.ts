export type Attempts = Readonly<Record<string, () => unknown>>

/** What each attempt throws, or what its promise is rejected with: the name of the error's class. */
export async function errorsOf(attempts: Attempts): Promise<Record<string, string>> {
  const names: Record<string, string> = {}
  for (const [what, attempt] of Object.entries(attempts)) {
    try {
      await attempt()
      names[what] = 'no error'
    } catch (error) {
      names[what] = error instanceof Error ? error.constructor.name : String(error)
    }
  }
  return names
}

/** The same outcome for every attempt: what errorsOf() is compared with. */
export function each(attempts: Attempts, outcome: string): Record<string, string> {
  return Object.fromEntries(Object.keys(attempts).map((what) => [what, outcome]))
}

/** What a promise is rejected with, caught from now on. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`no error, but ${String(value)}`),
    (error: unknown) => error,
  )
}
