import { type BigIntStats, fstatSync, lstatSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'

import type { Directory } from '../store/directory.js'
import {
  AlreadyClosedError,
  LockObtainFailedError,
  LockReleaseFailedError,
  StorageError,
} from '../store/errors.js'
import type { Lock, LockFactory } from '../store/lock.js'
import { closeQuietly } from './close-file.js'
import { storageError } from './fs-errors.js'
import { describeHolder } from './lock-holder.js'
import { lockPath } from './lock-path.js'

/**
 * Locks that are held as long as their file exists, as Lucene's SimpleFSLockFactory takes them: for
 * file systems without locks of their own, and where there is no native part. They keep out every
 * thread and process that uses this kind, and nobody who uses another.
 *
 * A file that a crashed program has left stays, and with it the lock: nobody can know from here
 * whether its holder lives, perhaps on another machine. The error names the holder if it is known,
 * and whether it still runs here; removing the file is for people to do.
 */
export class SimpleFSLockFactory implements LockFactory {
  static readonly INSTANCE = new SimpleFSLockFactory()

  private constructor() {}

  obtainLock(directory: Directory, name: string): Lock {
    const path = lockPath(directory, name)
    let fd: number
    try {
      fd = openSync(path, 'wx')
    } catch (cause) {
      const { code, message, syscall, errno, hints } = storageError(cause, 'create lock file', path)
      const held = code === 'EEXIST'
      throw new LockObtainFailedError(held ? `Lock held elsewhere: ${path}` : message, {
        path,
        syscall,
        errno,
        cause,
        hints: held ? [describeHolder(path)] : hints,
      })
    }
    try {
      writeSync(fd, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`)
      return new SimpleFSLock(name, path, fstatSync(fd, { bigint: true }))
    } catch (cause) {
      unlinkSync(path)
      const { message, syscall, errno, hints } = storageError(cause, 'write lock file', path)
      throw new LockObtainFailedError(message, { path, syscall, errno, hints, cause })
    } finally {
      closeQuietly(fd)
    }
  }
}

class SimpleFSLock implements Lock {
  readonly name: string
  readonly #path: string
  readonly #status: BigIntStats
  #closed = false

  constructor(name: string, path: string, status: BigIntStats) {
    this.name = name
    this.#path = path
    this.#status = status
  }

  ensureValid(): void {
    const path = this.#path
    if (this.#closed) throw new AlreadyClosedError(`Lock was released: ${path}`, { path })
    let now: BigIntStats
    try {
      now = lstatSync(path, { bigint: true })
    } catch (error) {
      throw storageError(error, 'check lock', path)
    }
    if (
      now.ino !== this.#status.ino ||
      now.dev !== this.#status.dev ||
      now.birthtimeNs !== this.#status.birthtimeNs
    ) {
      throw new StorageError('ERR_LOCK_LOST', `The lock file was replaced by something else: ${path}`, {
        path,
      })
    }
  }

  /** Removes the file, unless it is no longer the one that was made. */
  close(): void {
    if (this.#closed) return
    const path = this.#path
    try {
      this.ensureValid()
    } catch (cause) {
      throw new LockReleaseFailedError(`The lock file cannot be safely removed: ${path}`, {
        path,
        cause,
        hints: ['someone has interfered with the lock: look who uses the index'],
      })
    } finally {
      this.#closed = true
    }
    try {
      unlinkSync(path)
    } catch (cause) {
      const { syscall, errno } = cause as NodeJS.ErrnoException
      throw new LockReleaseFailedError(`The lock file could not be removed: ${path}`, {
        path,
        syscall,
        errno,
        cause,
        hints: ['remove it by hand'],
      })
    }
  }

  toString(): string {
    return `SimpleFSLock(path="${this.#path}")`
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
