import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'

import { NotAFileError } from '../store/errors.js'
import { withStorageErrors } from './fs-errors.js'

// A pipe that nobody writes to would otherwise keep open() waiting for ever.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

export interface OpenedFile {
  readonly fd: number
  readonly stats: Stats
}

/** Opens a regular file for reading through node:fs, so that Node's permission model has its say. */
export function openRegularFile(path: string): OpenedFile {
  return withStorageErrors('open', path, () => {
    const fd = openSync(path, FLAGS)
    try {
      const stats = fstatSync(fd)
      if (stats.isDirectory()) throw new NotAFileError('EISDIR', `Is a directory: ${path}`, { path })
      if (!stats.isFile()) throw new NotAFileError('ERR_NOT_A_FILE', `Not a regular file: ${path}`, { path })
      return { fd, stats }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  })
}
