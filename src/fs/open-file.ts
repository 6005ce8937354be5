import { constants, fstatSync, openSync, type Stats } from 'node:fs'

import { NotAFileError } from '../store/errors.js'
import type { ReadAdvice } from '../store/io-context.js'
import { closeQuietly } from './close-file.js'
import { withStorageErrors } from './fs-errors.js'
import { O_NONBLOCK, OPEN_ADVICE } from './system.js'

// A pipe that nobody writes to would otherwise keep open() waiting for ever.
const FLAGS = constants.O_RDONLY | O_NONBLOCK

export interface OpenedFile {
  readonly fd: number
  readonly stats: Stats
}

/**
 * Opens a regular file for reading through node:fs, so that Node's permission model has its say, and
 * on Windows so that others may write, rename and delete it meanwhile.
 */
export function openRegularFile(path: string, advice: ReadAdvice): OpenedFile {
  return withStorageErrors('open', path, () => {
    const fd = openSync(path, FLAGS | OPEN_ADVICE[advice])
    try {
      const stats = fstatSync(fd)
      if (stats.isDirectory()) throw new NotAFileError('EISDIR', `Is a directory: ${path}`, { path })
      if (!stats.isFile()) throw new NotAFileError('ERR_NOT_A_FILE', `Not a regular file: ${path}`, { path })
      return { fd, stats }
    } catch (error) {
      closeQuietly(fd)
      throw error
    }
  })
}
