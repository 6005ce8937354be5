import { constants, promises } from 'node:fs'

import type { StorageError } from '../store/errors.js'
import { storageError } from './fs-errors.js'
import { syncHandle } from './sync-handle.js'
import { O_NOFOLLOW, refuseLink } from './system.js'

// Windows flushes only what was opened for writing.
const FLAGS = constants.O_RDWR | O_NOFOLLOW

/**
 * Flushes files. One that could not be flushed never can: Linux reports a failed write-back once,
 * takes the pages for written, and the next fsync succeeds although they are lost
 * (https://lwn.net/Articles/752063/).
 */
export class FileFlusher {
  readonly #failures = new Map<string, StorageError>()

  async flush(path: string): Promise<void> {
    try {
      refuseLink(path)
      const file = await promises.open(path, FLAGS)
      try {
        const failure = this.#failures.size === 0 ? undefined : this.#failures.get(await identity(file))
        if (failure !== undefined) throw failure
        await this.#sync(file, path)
      } finally {
        await file.close()
      }
    } catch (error) {
      throw storageError(error, 'sync', path)
    }
  }

  async #sync(file: promises.FileHandle, path: string): Promise<void> {
    try {
      await syncHandle(file)
    } catch (error) {
      const failure = storageError(error, 'sync', path)
      this.#failures.set(await identity(file), failure)
      throw failure
    }
  }
}

/** Tells a file from others, under whatever name, and from a later one in its place. */
async function identity(file: promises.FileHandle): Promise<string> {
  const { dev, ino, birthtimeNs } = await file.stat({ bigint: true })
  return `${dev} ${ino} ${birthtimeNs}`
}
