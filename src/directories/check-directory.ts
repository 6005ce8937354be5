import { invalidType } from '../store/arguments.js'
import { Directory } from '../store/directory.js'

/** An argument that has to be a directory. */
export function checkDirectory(name: string, directory: Directory): Directory {
  if (!(directory instanceof Directory)) throw invalidType(name, 'a Directory', directory)
  return directory
}
