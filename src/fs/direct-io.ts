import { fstatSync, openSync } from 'node:fs'

import { StorageError } from '../store/errors.js'
import { PIECE, takeAligned } from './aligned-memory.js'
import { closeQuietly } from './close-file.js'
import { storageError } from './fs-errors.js'
import { O_DIRECT } from './system.js'

/** The keys of FSDirectory's methods for those who write and read its files in another way. */
export const createWith = Symbol('mmap-directory:createWith')
export const openWith = Symbol('mmap-directory:openWith')

/** A file past the system's cache. */
export interface DirectFile {
  readonly fd: number
  /** What offsets and lengths have to be multiples of. */
  readonly block: number
  /** A piece of aligned memory. */
  readonly piece: Uint8Array
}

/** Opens a file past the system's cache, or says why that is not possible. Other failures are thrown. */
export function openDirect(path: string, flags: number): DirectFile | StorageError {
  if (O_DIRECT === 0) return refused(`node:fs knows no way past the cache of ${process.platform}`, path)
  let fd: number
  try {
    fd = openSync(path, flags | O_DIRECT)
  } catch (cause) {
    if (isRefusal(cause)) return notAllowed(path, cause)
    throw storageError(cause, 'open', path)
  }
  let block: number
  try {
    block = fstatSync(fd).blksize
  } catch (error) {
    closeQuietly(fd)
    throw storageError(error, 'stat', path)
  }
  // A window has to have the 8 bytes of a value that lies across the border of two blocks.
  const fits = block <= PIECE / 2 && PIECE % block === 0
  const piece = fits ? takeAligned() : undefined
  if (piece !== undefined) return { fd, block, piece }
  closeQuietly(fd)
  return refused(fits ? NO_MEMORY : `blocks of ${block} bytes`, path)
}

const NO_MEMORY = 'no aligned memory: WebAssembly is switched off, or addresses are limited (ulimit -v)'

/** Whether the system has refused to go past its cache, rather than failed. Some do at the first read or write. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.has((error as NodeJS.ErrnoException).code ?? '')
}

const REFUSALS = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

export function notAllowed(path: string, cause: unknown): StorageError {
  return refused('the file system does not allow it', path, cause)
}

export function refused(why: string, path: string, cause?: unknown): StorageError {
  return new StorageError('ERR_NO_DIRECT_IO', `The file goes through the system's cache: ${why}: ${path}`, {
    path,
    cause,
  })
}
