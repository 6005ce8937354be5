import { existsSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

import { FileNotFoundError } from '../store/errors.js'
import { withStorageErrors } from './fs-errors.js'

// Windows refuses to remove a file that is open or mapped; elsewhere only a file that is in use as
// something else than a file (a mount point) is busy.
const BUSY = new Set(process.platform === 'win32' ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY'])

/**
 * Files that were deleted but are still there because the system has not let go of them. They are
 * tried again as other operations come along, at the latest when there have been as many as there
 * are files waiting.
 */
export class PendingDeletions {
  readonly #directory: string
  readonly #names = new Set<string>()
  #operations = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  names(): ReadonlySet<string> {
    return new Set(this.#names)
  }

  /** Removes the file, now or later. Throws FileNotFoundError, and what the system says otherwise. */
  delete(name: string): void {
    this.refuse(name)
    const path = join(this.#directory, name)
    try {
      unlinkSync(path)
    } catch (error) {
      if (!BUSY.has((error as NodeJS.ErrnoException).code ?? '') || !existsSync(path)) {
        withStorageErrors('delete', path, () => {
          throw error
        })
      }
      this.#names.add(name)
    }
  }

  /** Throws FileNotFoundError for a name that is as good as deleted. */
  refuse(name: string): void {
    if (!this.#names.has(name)) return
    const path = join(this.#directory, name)
    throw new FileNotFoundError(`File is pending deletion: ${path}`, { path })
  }

  /** Makes way for a new file of this name, if that can be done. */
  release(name: string): void {
    if (this.#names.has(name)) this.#retry(name)
  }

  /** To be called by every operation that changes the directory. */
  tick(): void {
    if (this.#names.size > 0 && ++this.#operations >= this.#names.size) this.retryAll()
  }

  retryAll(): void {
    this.#operations = 0
    for (const name of this.#names) this.#retry(name)
  }

  #retry(name: string): void {
    try {
      unlinkSync(join(this.#directory, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return
    }
    this.#names.delete(name)
  }
}
