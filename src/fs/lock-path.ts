import { join } from 'node:path'

import { invalidType } from '../store/arguments.js'
import type { Directory } from '../store/directory.js'
import { checkFileName } from '../store/file-names.js'
import type { FSDirectory } from './fs-directory.js'

/** Where a lock file of a directory is. Throws a TypeError unless it is a directory of the file system. */
export function lockPath(directory: Directory, name: string): string {
  // Not by its class, which depends on the factories of locks.
  const parent = (directory as FSDirectory | undefined)?.path
  if (typeof parent !== 'string') throw invalidType('directory', 'an FSDirectory', directory)
  checkFileName(name)
  return join(parent, name)
}
