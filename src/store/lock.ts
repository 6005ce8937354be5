import { invalidType } from './arguments.js'
import type { Directory } from './directory.js'

/** The right to write to a directory, until it is closed. */
export interface Lock extends Disposable {
  readonly name: string

  /**
   * Throws AlreadyClosedError when the lock was released, or a StorageError when something outside
   * has taken it away (the lock file was removed, replaced or written to). Costs a few system calls.
   */
  ensureValid(): void

  /** Releases the lock. Doing so again does nothing. */
  close(): void
}

/**
 * Makes the locks of a directory. May be shared by directories. A factory belongs to the thread that
 * made it; whether its locks keep other threads and processes out is said by each kind.
 */
export interface LockFactory {
  /** Takes the lock at once or throws LockObtainFailedError; never waits: see waitForLock(). */
  obtainLock(directory: Directory, name: string): Lock
}

export function checkLockFactory(factory: LockFactory): LockFactory {
  if (typeof factory?.obtainLock !== 'function') {
    throw invalidType('lockFactory', 'a LockFactory', factory)
  }
  return factory
}
