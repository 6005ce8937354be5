import { checkOptions, checkSize, invalidType, outOfRange } from '../../store/arguments.js'

/** What can be made to fail. `read` is every read of an input, `write` what an output passes on. */
export type MockOperation =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'sync'
  | 'syncMetaData'
  | 'delete'
  | 'rename'
  | 'lock'

const OPERATIONS: readonly MockOperation[] = [
  'open',
  'create',
  'read',
  'write',
  'sync',
  'syncMetaData',
  'delete',
  'rename',
  'lock',
]

/** What goes wrong in a MockDirectory; nothing by default. */
export interface MockFaults {
  /** The bytes that all files together may take. Writes beyond it fail with ENOSPC, as full disks do. */
  readonly diskSize?: number
  /** How likely an operation fails with EIO, from 0 to 1. */
  readonly errorRates?: Readonly<Partial<Record<MockOperation, number>>>
  /** Asked before every operation; the error that it returns is thrown. */
  readonly failure?: (operation: MockOperation, name: string) => Error | undefined
  /** Deletions wait as long as this holds: of every file, or of those that are open, as on Windows. */
  readonly refuseDeletes?: boolean | 'open'
}

/** Throws for faults that do not exist. */
export function checkFaults(faults: MockFaults): void {
  checkOptions('faults', faults, ['diskSize', 'errorRates', 'failure', 'refuseDeletes'])
  const { diskSize, errorRates = {}, failure, refuseDeletes = false } = faults
  if (diskSize !== undefined) checkSize('diskSize', diskSize)
  checkOptions('errorRates', errorRates, OPERATIONS)
  for (const [operation, rate] of Object.entries(errorRates)) {
    if (!(rate >= 0 && rate <= 1)) throw outOfRange(`errorRates.${operation}`, 'from 0 to 1', rate)
  }
  if (failure !== undefined && typeof failure !== 'function') {
    throw invalidType('failure', 'a function', failure)
  }
  if (typeof refuseDeletes !== 'boolean' && refuseDeletes !== 'open') {
    throw invalidType('refuseDeletes', "a boolean or 'open'", refuseDeletes)
  }
}
