import { closeSync } from 'node:fs'

import { ignoringErrors } from '../store/ignoring-errors.js'
import { withStorageErrors } from './fs-errors.js'

/**
 * Closes a file. The number is free afterwards even where that fails (close(2)), and may be another
 * file's by the next call: nobody may close it again.
 */
export function closeFile(fd: number, path: string): void {
  withStorageErrors('close', path, () => closeSync(fd))
}

/** Closes a file to which nothing was written, where nobody is left to tell, or there is worse to tell. */
export function closeQuietly(fd: number): void {
  ignoringErrors(() => closeSync(fd))
}
