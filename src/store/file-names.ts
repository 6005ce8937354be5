import { InvalidFileNameError } from './errors.js'

/**
 * Throws InvalidFileNameError for a name that would leave the directory or that one of the
 * systems on which an index may be read does not store as it is. The rules are the same
 * everywhere, so that a directory can be copied from one system to another. For who writes a
 * Directory: each of its methods that takes a name calls this first.
 * https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
export function checkFileName(name: string): void {
  const complaint = complaintAbout(name)
  if (complaint !== undefined) {
    throw new InvalidFileNameError(
      `Not a file name: ${typeof name === 'string' ? JSON.stringify(name) : typeof name} ${complaint}`,
      {
        path: typeof name === 'string' ? name : undefined,
      },
    )
  }
}

// With an extension or without: CON.txt is the console, too.
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i

function complaintAbout(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string'
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'is a directory'
  if (/[/\\]/.test(name)) return 'has a separator'
  if (name.includes(':')) return 'has a colon'
  if (name.includes('\0')) return 'has a NUL'
  if (/[. ]$/.test(name)) return 'ends with a dot or a space'
  if (DEVICE.test(name)) return 'is the name of a device on Windows'
  if (/\p{Surrogate}/u.test(name)) return 'has half of a surrogate pair'
  return undefined
}
