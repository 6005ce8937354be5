import { StorageError } from './errors.js'

/** A buffer, all 0. Throws a StorageError (ERR_MEMORY_ALLOCATION_FAILED) where there is no memory for it. */
export function memoryFor(length: number, what: string): ArrayBuffer {
  try {
    return new ArrayBuffer(length)
  } catch (cause) {
    throw new StorageError('ERR_MEMORY_ALLOCATION_FAILED', `No memory for ${length} bytes: ${what}`, {
      cause,
    })
  }
}
