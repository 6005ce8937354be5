/** The command line was not understood. main.ts prints the message and where to find help. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The one positional argument that a command takes. Throws UsageError for none or several. */
export function onlyArgument(what: string, positionals: readonly string[]): string {
  const [value, ...others] = positionals
  if (value === undefined) throw new UsageError(`${what} is missing`)
  if (others.length > 0) throw new UsageError(`one ${what} is expected, got ${positionals.length}`)
  return value
}

/** The value of an option that takes one of a few words. Throws UsageError for another. */
export function oneOf<T extends string>(option: string, choices: readonly T[], value: string): T {
  const chosen = choices.find((choice) => choice === value)
  if (chosen === undefined) {
    throw new UsageError(`--${option} must be ${choices.join(' or ')}, got '${value}'`)
  }
  return chosen
}
