// Tells of snapshots that were collected without having been released: a warning with the stack
// of the call that took it. Only for stores in debug mode, whose first snapshot makes the registry.
let registry: FinalizationRegistry<string> | undefined

/** `taker` is the function that was called; the stack begins with its caller. */
export function watch(snapshot: object, taker: (...args: never) => unknown): void {
  registry ??= new FinalizationRegistry(warn)
  const taken: { stack?: string } = {}
  Error.captureStackTrace(taken, taker)
  registry.register(snapshot, taken.stack ?? '', snapshot)
}

export function unwatch(snapshot: object): void {
  registry?.unregister(snapshot)
}

function warn(stack: string): void {
  process.emitWarning('A snapshot was collected without having been released: its value stays open.', {
    type: 'SnapshotNotReleasedWarning',
    code: 'ERR_SNAPSHOT_NOT_RELEASED',
    detail: `It was taken here:\n${stack.slice(stack.indexOf('\n') + 1)}`,
  })
}
