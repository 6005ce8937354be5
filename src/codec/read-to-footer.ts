import { checkInstance, invalidType } from '../store/arguments.js'
import type { ChecksumIndexInput } from '../store/checksum-index-input.js'
import { Directory } from '../store/directory.js'
import { CorruptIndexError } from '../store/errors.js'
import { checkFooter } from './footer.js'

/**
 * Opens a small file, reads it up to its footer by `read`, checks the footer, closes the file in any
 * case and returns what `read` has returned. When `read` fails, the checksum tells whether the file is
 * to blame, which is a CorruptIndexError then: see checkFooter(). Throws CorruptIndexError for a file
 * of more than 32 MiB: it is none of those that describe others. Blocks.
 */
export function readToFooter<T>(
  directory: Directory,
  fileName: string,
  read: (input: ChecksumIndexInput) => T,
): T {
  checkInstance('directory', directory, Directory)
  if (typeof read !== 'function') throw invalidType('read', 'a function', read)
  const input = directory.openChecksumInput(fileName)
  try {
    const length = input.length()
    if (length > LONGEST) {
      throw new CorruptIndexError(
        `a file of ${length} bytes where ${LONGEST} are the most: ${String(input)}`,
        { path: fileName },
      )
    }
    let result: T
    try {
      result = read(input)
    } catch (error) {
      checkFooter(input, error)
      throw error
    }
    checkFooter(input)
    return result
  } finally {
    input.close()
  }
}

// Far more than any real one, and few enough strings for one Set or Map.
const LONGEST = 32 * 1024 * 1024
