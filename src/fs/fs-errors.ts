import {
  AccessDeniedError,
  FileAlreadyExistsError,
  FileNotFoundError,
  NotADirectoryError,
  NotAFileError,
  StorageError,
} from '../store/errors.js'
import { HINTS as HINTS_OF_THE_SYSTEM, MORE_FILES } from './system.js'

const HINTS: Readonly<Record<string, readonly string[]>> = {
  ...HINTS_OF_THE_SYSTEM,
  ENOSPC: ['the disk is full'],
  EDQUOT: ["the user's disk quota is used up"],
  EROFS: ['the file system is mounted read-only'],
  ELOOP: ['too many symbolic links, or one where none is followed: by what writes, locks or deletes'],
}

/** What to try when the system refuses something with this code. */
export function hintsOf(code: string | undefined): readonly string[] | undefined {
  if (code !== 'EMFILE') return HINTS[code ?? '']
  const limit = descriptorLimit()
  const number = limit === undefined ? '' : `, ${limit}`
  return [`this process has as many files open as it may${number}: ${MORE_FILES}`]
}

let knownLimit: number | string | undefined

/** Asked once: a report takes milliseconds. /proc/self/limits cannot be read without a descriptor. */
function descriptorLimit(): number | string | undefined {
  if (knownLimit === undefined) {
    const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
    knownLimit = report?.userLimits?.open_files?.soft
  }
  return knownLimit
}

/** An error of node:fs as a StorageError. The one place that reads its codes. */
export function storageError(cause: unknown, action: string, path: string): StorageError {
  if (cause instanceof StorageError) return cause
  const { code = 'ERR_STORAGE', syscall, errno, message } = cause as NodeJS.ErrnoException
  const text = `${action} failed: ${message ?? String(cause)}`
  const details = { path, syscall, errno, cause, hints: hintsOf(code) }
  switch (code) {
    case 'ENOENT':
      return new FileNotFoundError(text, details)
    case 'EEXIST':
      return new FileAlreadyExistsError(text, details)
    case 'EACCES':
    case 'EPERM':
      return new AccessDeniedError(text, details)
    case 'ERR_ACCESS_DENIED':
      return new AccessDeniedError(text, {
        ...details,
        hints: [
          / API is disabled /.test(text)
            ? "Node's permission model has this switched off: files cannot be made durable under it"
            : "Node's permission model refuses it: see --allow-fs-read and --allow-fs-write",
        ],
      })
    case 'EISDIR':
      return new NotAFileError('EISDIR', text, details)
    case 'ENOTDIR':
      return new NotADirectoryError(text, details)
    default:
      return new StorageError(code, text, details)
  }
}

/** Runs an action of node:fs; what it throws becomes a StorageError. */
export function withStorageErrors<T>(action: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storageError(error, action, path)
  }
}
