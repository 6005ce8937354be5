import { linkSync, lstatSync, unlinkSync } from 'node:fs'

import { withStorageErrors } from './fs-errors.js'

/** The key of FSDirectory's method for those who copy by linking. */
export const linkFile = Symbol('mmap-directory:linkFile')

/**
 * Gives a regular file a second name. False where the two paths or the file system do not allow
 * that and the file has to be copied. Throws FileNotFoundError and FileAlreadyExistsError.
 */
export function hardLink(from: string, to: string): boolean {
  const before = withStorageErrors('stat', from, () => lstatSync(from, { bigint: true }))
  if (!before.isFile()) return false // link(2) follows symbolic links on some systems, on others not
  try {
    linkSync(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') return false
    withStorageErrors('link', code === 'ENOENT' ? from : to, () => {
      throw error
    })
  }
  const linked = lstatSync(to, { bigint: true, throwIfNoEntry: false })
  if (linked?.ino === before.ino && linked.dev === before.dev) return true
  if (linked !== undefined) unlinkSync(to) // someone has put something else in the file's place
  return false
}
