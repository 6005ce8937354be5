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

/**
 * For a read that a truncation has overtaken: bytes up to `end` were read, and the file's length is less now.
 * Such a read finds as many bytes as it asked for, zeros among them: the kernel compares with the length and
 * copies then, while the rest of the folio in which the file was cut is cleared, up to 2 MiB of it
 * (filemap_read() and truncate_inode_partial_folio() of Linux). The length changes before that, so that
 * whoever asks afterwards knows.
 */
export function overtaken(end: number, size: number, path: string, length: number): EndOfFileError {
  // It may have grown again since.
  return shortened(path, Math.min(size, end - 1), length)
}

/** What to throw where an open file has fewer than the `length` bytes that it had; undefined where it has them. */
export function truncation(fd: number, path: string, length: number): FileFaultError | undefined {
  const size = sizeOf(fd, path)
  if (size >= length) return undefined
  return new FileFaultError(
    `A file was truncated: ${path}: it had ${length} bytes when it was opened and has ${size} now`,
    { path, hints: ['files must not be truncated while they are open'] },
  )
}

/** How long an open file is now. */
export function sizeOf(fd: number, path: string): number {
  return withStorageErrors('stat', path, () => fstatSync(fd).size)
}
