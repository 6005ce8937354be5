/**
 * What a storage operation throws. `code` is part of the API and stays; the message is for people
 * and may change. Mistakes of the caller (a negative position, a bad option) are RangeError and
 * TypeError with Node's codes instead.
 */
export interface StorageErrorDetails {
  readonly path?: string | undefined
  readonly syscall?: string | undefined
  readonly errno?: number | undefined
  readonly hints?: readonly string[] | undefined
  readonly cause?: unknown
}

export class StorageError extends Error {
  override readonly name: string = 'StorageError'
  readonly code: string
  /** The file or directory concerned, where there is one. */
  readonly path: string | undefined
  readonly syscall: string | undefined
  /** As in Node's own errors: the negative of the system's errno. */
  readonly errno: number | undefined
  /** What to try, one sentence each. */
  readonly hints: readonly string[]

  constructor(code: string, message: string, details: StorageErrorDetails = {}) {
    const hints = details.hints ?? []
    const text = hints.length === 0 ? message : `${message} (${hints.join('; ')})`
    super(text, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.path = details.path
    this.syscall = details.syscall
    this.errno = details.errno
    this.hints = hints
  }
}

/** A file or directory does not exist. */
export class FileNotFoundError extends StorageError {
  override readonly name = 'FileNotFoundError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ENOENT', message, details)
  }
}

/** Files are written once: the name is taken. */
export class FileAlreadyExistsError extends StorageError {
  override readonly name = 'FileAlreadyExistsError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('EEXIST', message, details)
  }
}

/** The system refuses access. */
export class AccessDeniedError extends StorageError {
  override readonly name = 'AccessDeniedError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('EACCES', message, details)
  }
}

/** A file was expected and something else is there: a directory (`EISDIR`), a pipe or a device (`ERR_NOT_A_FILE`). */
export class NotAFileError extends StorageError {
  override readonly name = 'NotAFileError'
}

/** A directory was expected and something else is there. */
export class NotADirectoryError extends StorageError {
  override readonly name = 'NotADirectoryError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ENOTDIR', message, details)
  }
}

/** A name that could leave the directory, or that some system would not store as it is. */
export class InvalidFileNameError extends StorageError {
  override readonly name = 'InvalidFileNameError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_INVALID_FILE_NAME', message, details)
  }
}

/** A read or a seek went past the end. The position is where it was before the call. */
export class EndOfFileError extends StorageError {
  override readonly name = 'EndOfFileError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_END_OF_FILE', message, details)
  }
}

/** Something was used after it was closed. */
export class AlreadyClosedError extends StorageError {
  override readonly name = 'AlreadyClosedError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_ALREADY_CLOSED', message, details)
  }
}

/** A file could not be mapped; `hints` name the limit that was hit and its value now. */
export class MapFailedError extends StorageError {
  override readonly name = 'MapFailedError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_MAP_FAILED', message, details)
  }
}

/**
 * A page of a mapped file could not be read: the file was truncated or the device failed. The
 * input and all that belongs to it throw this from then on; close() still works.
 */
export class FileFaultError extends StorageError {
  override readonly name = 'FileFaultError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_FILE_FAULT', message, details)
  }
}

/** A lock is held by someone else, or locking does not work here. */
export class LockObtainFailedError extends StorageError {
  override readonly name = 'LockObtainFailedError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_LOCK_OBTAIN_FAILED', message, details)
  }
}

/** A lock could not be given back safely. */
export class LockReleaseFailedError extends StorageError {
  override readonly name = 'LockReleaseFailedError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_LOCK_RELEASE_FAILED', message, details)
  }
}

/** The bytes are not what was written. */
export class CorruptIndexError extends StorageError {
  override readonly name = 'CorruptIndexError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_CORRUPT_INDEX', message, details)
  }
}

/** The file is of a format version that is no longer read. */
export class IndexFormatTooOldError extends StorageError {
  override readonly name = 'IndexFormatTooOldError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_INDEX_FORMAT_TOO_OLD', message, details)
  }
}

/** The file is of a format version that is not read yet. */
export class IndexFormatTooNewError extends StorageError {
  override readonly name = 'IndexFormatTooNewError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_INDEX_FORMAT_TOO_NEW', message, details)
  }
}
