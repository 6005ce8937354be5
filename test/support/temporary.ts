import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { WINDOWS } from './systems.js'

/** A file system in memory, where the machine has one. */
export const TMPFS = !WINDOWS && writable('/dev/shm') ? '/dev/shm' : undefined

const made = new Set<string>()

/** A new directory, by default on the disk. Removed at the end of the process at the latest. */
export function temporaryDirectory(root: string = tmpdir()): string {
  const path = mkdtempSync(join(realpathSync(root), 'mmap-directory-test-'))
  made.add(path)
  return path
}

/** Windows does not remove a file while there is a view of it: such a directory is tried again at the end. */
export function removeDirectory(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
    made.delete(path)
  } catch (error) {
    if (!WINDOWS) throw error
  }
}

process.once('exit', () => {
  for (const path of made) removeDirectory(path)
})

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
