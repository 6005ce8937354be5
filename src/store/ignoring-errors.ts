/** Does what can be done after a failure; the first error is the one to report. */
export function ignoringErrors(action: () => void): void {
  try {
    action()
  } catch {
    // See above.
  }
}
