import assert from 'node:assert/strict'

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

/** Asserts that every attempt fails with an error of this class. */
export async function assertAllFail(attempts: Attempts, error: string): Promise<void> {
  assert.deepEqual(await errorsOf(attempts), each(attempts, error))
}
