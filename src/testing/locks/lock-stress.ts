import { setTimeout } from 'node:timers/promises'

import { checkOptions, checkSize, checkString, invalidType } from '../../store/arguments.js'
import type { Directory } from '../../store/directory.js'
import { LockObtainFailedError, StorageError } from '../../store/errors.js'
import { Random } from '../random.js'
import { type VerifiedLock, VerifyingLockFactory } from './verifying-lock-factory.js'

export interface LockStressOptions {
  /** Connected to the server of all the clients. */
  readonly factory: VerifyingLockFactory
  /** The directory, with locks of the kind that is to be tried. */
  readonly directory: Directory
  /** The lock's name; by default `test.lock`. */
  readonly name?: string
  /** How often to try to take it. */
  readonly rounds: number
  /** What the pauses follow from; 0 by default. */
  readonly seed?: number
}

/**
 * Takes a lock again and again and holds it for up to two milliseconds, as other processes do at the
 * same time. Now and then tries to take it while it holds it, which must not succeed. Resolves with how
 * often it had the lock. Rejected as soon as anything is not as it has to be: see LockVerifyServer for
 * what. Lucene's LockStressTest.
 */
export async function stressLocks(options: LockStressOptions): Promise<number> {
  checkOptions('stressLocks', options, ['factory', 'directory', 'name', 'rounds', 'seed'])
  const { factory, directory, name = 'test.lock', rounds, seed = 0 } = options
  if (!(factory instanceof VerifyingLockFactory))
    throw invalidType('option factory', 'a VerifyingLockFactory', factory)
  checkString('option name', name)
  checkSize('option rounds', rounds)
  checkSize('option seed', seed)
  const random = new Random(seed)
  let obtained = 0
  for (let round = 0; round < rounds; round++) {
    try {
      const lock = await factory.obtainLock(directory, name)
      obtained++
      if (random.below(10) === 0) tryAgain(directory, name, lock)
      if (random.below(2) === 0) await setTimeout(random.below(3))
      await lock.release()
    } catch (error) {
      if (!(error instanceof LockObtainFailedError)) throw error
    }
    await setTimeout(random.below(3))
  }
  return obtained
}

function tryAgain(directory: Directory, name: string, held: VerifiedLock): void {
  try {
    directory.obtainLock(name).close()
  } catch (error) {
    if (error instanceof LockObtainFailedError) return
    held.lock.close()
    throw error
  }
  held.lock.close()
  throw new StorageError('ERR_LOCK_NOT_EXCLUSIVE', `A lock was obtained twice in one process: ${name}`)
}
