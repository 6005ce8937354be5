import {
  AlreadyClosedError,
  CorruptIndexError,
  EndOfFileError,
  IndexFormatTooNewError,
  IndexFormatTooOldError,
  StorageError,
} from '../store/errors.js'

/** An error that a file is to blame for; any other is a mistake in a program and thrown on. */
export function caught(error: unknown): StorageError {
  if (error instanceof StorageError && !(error instanceof AlreadyClosedError)) return error
  throw error
}

/** Whether an error tells that a file's bytes are wrong rather than that they could not be read. */
export function meansDamage(error: StorageError): boolean {
  return error instanceof CorruptIndexError || error instanceof EndOfFileError
}

/** Whether an error tells that this library does not know a format that others may. */
export function meansUnknownFormat(error: StorageError): boolean {
  return error instanceof IndexFormatTooOldError || error instanceof IndexFormatTooNewError
}
