import { type BigIntStats, lstatSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

import { FileNotFoundError } from '../store/errors.js'
import { withStorageErrors } from './fs-errors.js'
import { BUSY, REMOVED_NAMES_STAY } from './system.js'

/**
 * Files that were deleted but are still there because the system has not let go of them. They are
 * tried again as other operations come along, at the latest when there have been as many as there
 * are files waiting.
 *
 * It is the file that is to go, not whatever has its name: once there is another file of that name,
 * made by another program, it is left alone and the deletion is over.
 */
export class PendingDeletions {
  readonly #directory: string
  readonly #files = new Map<string, string>() // names, and what tells the files from others
  readonly #namesStay: boolean
  #operations = 0

  /** Tests try in one process what systems do: see REMOVED_NAMES_STAY. */
  constructor(directory: string, namesStay: boolean = REMOVED_NAMES_STAY) {
    this.#directory = directory
    this.#namesStay = namesStay
  }

  /** Whether the file of this name is as good as deleted. */
  has(name: string): boolean {
    const identity = this.#files.get(name)
    if (identity === undefined) return false
    const now = this.#identify(name)
    if (now === identity || now === 'unknown') return true
    this.#files.delete(name)
    return false
  }

  names(): ReadonlySet<string> {
    return new Set(this.#files.keys())
  }

  /** Removes the file, now or later. Throws FileNotFoundError, and what the system says otherwise. */
  delete(name: string): void {
    this.refuse(name)
    const path = join(this.#directory, name)
    const identity = this.#identify(name)
    try {
      unlinkSync(path)
    } catch (error) {
      if (!BUSY.has((error as NodeJS.ErrnoException).code ?? '') || identity === 'unknown') {
        withStorageErrors('delete', path, () => {
          throw error
        })
      }
      this.#files.set(name, identity)
      return
    }
    if (this.#stays(name, identity)) this.#files.set(name, identity)
  }

  /** Whether a file that was just removed is there nevertheless. */
  #stays(name: string, identity: string): boolean {
    if (!this.#namesStay) return false
    const now = this.#identify(name)
    return now === identity || now === 'unknown'
  }

  /** Throws FileNotFoundError for a name that is as good as deleted. */
  refuse(name: string): void {
    if (!this.has(name)) return
    const path = join(this.#directory, name)
    throw new FileNotFoundError(`File is pending deletion: ${path}`, { path })
  }

  /** To be called by every operation that changes the directory. */
  tick(): void {
    if (++this.#operations >= this.#files.size) this.retryAll()
  }

  retryAll(): void {
    this.#operations = 0
    for (const name of this.#files.keys()) this.release(name)
  }

  /** Tries again to remove the file of this name, if one waits, which makes way for a new one. */
  release(name: string): void {
    if (!this.has(name)) return
    const identity = this.#files.get(name)!
    try {
      unlinkSync(join(this.#directory, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return
    }
    if (!this.#stays(name, identity)) this.#files.delete(name)
  }

  /** What a file has and no later one of its name; 'missing', or 'unknown' where the system does not tell. */
  #identify(name: string): string {
    let status: BigIntStats | undefined
    try {
      status = lstatSync(join(this.#directory, name), { bigint: true, throwIfNoEntry: false })
    } catch {
      return 'unknown' // as Windows does for a file that goes when its last user lets go
    }
    return status === undefined ? 'missing' : `${status.dev} ${status.ino} ${status.birthtimeNs}`
  }
}
