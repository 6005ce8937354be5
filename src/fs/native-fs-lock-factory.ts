import { type BigIntStats, constants, fstatSync, openSync, statSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'

import {
  type LockHandle,
  type NativeAddon,
  type NativeError,
  nativePart,
  nativePartHints,
} from '../native.js'
import type { Directory } from '../store/directory.js'
import {
  AlreadyClosedError,
  LockObtainFailedError,
  LockReleaseFailedError,
  NotAFileError,
  StorageError,
} from '../store/errors.js'
import type { Lock, LockFactory } from '../store/lock.js'
import { closeQuietly } from './close-file.js'
import { hintsOf, storageError } from './fs-errors.js'
import { lockPath } from './lock-path.js'
import { O_NOFOLLOW, O_NONBLOCK, refuseLink } from './system.js'

const FLAGS = constants.O_RDWR | constants.O_CREAT | O_NONBLOCK | O_NOFOLLOW

/**
 * Locks of the operating system, the kind that Lucene's NativeFSLockFactory takes, so that a JVM
 * on the same index is kept out as well. They end with the process, however it ends. The lock file
 * is never removed: someone may be waiting to lock it. Not reliable on every network file system.
 */
export class NativeFSLockFactory implements LockFactory {
  static readonly INSTANCE = new NativeFSLockFactory()

  private constructor() {}

  obtainLock(directory: Directory, name: string): Lock {
    const path = lockPath(directory, name)
    const { addon, failure } = nativePart()
    if (addon === undefined) {
      throw new LockObtainFailedError(`No lock without the native part of mmap-directory: ${path}`, {
        path,
        cause: failure,
        hints: [
          ...nativePartHints(failure),
          'or open with lockFactory: SimpleFSLockFactory.INSTANCE, in every program',
        ],
      })
    }
    const handle = addon.reserveLock(path)
    if (handle === undefined) throw new LockObtainFailedError(`Lock held by this process: ${path}`, { path })
    try {
      const lock = new NativeFSLock(addon, handle, name, path, lockFile(addon, handle, path))
      held.add(lock)
      return lock
    } catch (error) {
      addon.releaseLock(handle)
      throw error
    }
  }
}

/** Locks of this thread: one that nobody refers to any more is still held. */
const held = new Set<Lock>()

function lockFile(addon: NativeAddon, handle: LockHandle, path: string): BigIntStats {
  let fd: number
  try {
    refuseLink(path)
    fd = openSync(path, FLAGS, 0o666)
  } catch (cause) {
    const { message, syscall, errno, hints } = storageError(cause, 'open lock file', path)
    throw new LockObtainFailedError(message, { path, syscall, errno, hints, cause })
  }
  // Closed before the lock is taken: see FileLock::reserve in native/core/file_lock.h.
  let status: BigIntStats
  let holder: number
  try {
    status = fstatSync(fd, { bigint: true })
    // Windows opens a directory, too.
    if (!status.isFile()) {
      throw new NotAFileError(status.isDirectory() ? 'EISDIR' : 'ERR_NOT_A_FILE', 'not a regular file', {
        path,
      })
    }
    holder = addon.acquireLock(handle, fd)
  } catch (error) {
    const { errno, syscall } = error as NativeError
    throw new LockObtainFailedError(`Locking failed: ${path}: ${(error as Error).message}`, {
      path,
      syscall,
      errno,
      cause: error,
      hints: hintsOf(errno === undefined ? undefined : getSystemErrorName(errno)) ?? [
        'the file system may not support locks',
      ],
    })
  } finally {
    closeQuietly(fd)
  }
  if (holder !== 0) {
    const who = holder > 0 ? `another program (process ${holder})` : 'another program'
    throw new LockObtainFailedError(`Lock held by ${who}: ${path}`, { path })
  }
  return status
}

class NativeFSLock implements Lock {
  readonly name: string
  readonly #addon: NativeAddon
  readonly #handle: LockHandle
  readonly #path: string
  readonly #status: BigIntStats
  #closed = false

  constructor(addon: NativeAddon, handle: LockHandle, name: string, path: string, status: BigIntStats) {
    this.#addon = addon
    this.#handle = handle
    this.name = name
    this.#path = path
    this.#status = status
  }

  ensureValid(): void {
    const path = this.#path
    if (this.#closed) throw new AlreadyClosedError(`Lock was released: ${path}`, { path })
    let now: BigIntStats
    try {
      now = statSync(path, { bigint: true })
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
    if (now.size !== 0n) {
      throw new StorageError(
        'ERR_LOCK_LOST',
        `The lock file is not empty, as it has to be: ${path} (${now.size} bytes)`,
        { path },
      )
    }
    if (!this.#addon.lockHeld(this.#handle)) {
      throw new StorageError('ERR_LOCK_LOST', `The system has given the lock to someone else: ${path}`, {
        path,
      })
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    held.delete(this)
    try {
      this.#addon.releaseLock(this.#handle)
    } catch (error) {
      throw new LockReleaseFailedError(`The lock could not be released: ${this.#path}`, {
        path: this.#path,
        cause: error,
      })
    }
  }

  toString(): string {
    return `NativeFSLock(path="${this.#path}")`
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
