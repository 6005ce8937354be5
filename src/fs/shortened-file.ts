import { fstatSync } from 'node:fs'

import { EndOfFileError, FileFaultError } from '../store/errors.js'
import { withStorageErrors } from './fs-errors.js'

/** For a read that finds the end of a file at `position`, before the `length` that it had. */
export function shortened(path: string, position: number, length: number): EndOfFileError {
  return new EndOfFileError(
    `The file has become shorter: it ends at ${position} and had ${length} bytes when it was opened: ${path}`,
    { path },
  )
}

/** What to throw where an open file has fewer than the `length` bytes that it had; undefined where it has them. */
export function truncation(fd: number, path: string, length: number): FileFaultError | undefined {
  const { size } = withStorageErrors('stat', path, () => fstatSync(fd))
  if (size >= length) return undefined
  return new FileFaultError(
    `A file was truncated: ${path}: it had ${length} bytes when it was opened and has ${size} now`,
    { path, hints: ['files must not be truncated while they are open'] },
  )
}
