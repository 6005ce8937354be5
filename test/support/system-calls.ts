import fs from 'node:fs'

import { replace } from './replaced.js'

/** What node:fs throws when the system answers with an error. */
export function systemError(code: string, syscall: string, errno = -5): Error {
  return Object.assign(new Error(`${code}: as a test wants it, ${syscall}`), { code, syscall, errno })
}

/** Keeps count of descriptors: those that were opened from now on and not closed, until restoreReplaced(). */
export function openDescriptors(): ReadonlySet<number> {
  const open = new Set<number>()
  const { openSync, closeSync } = fs
  replace(fs, {
    openSync: (...given) => {
      const fd = openSync(...given)
      open.add(fd)
      return fd
    },
    closeSync: (fd) => {
      closeSync(fd)
      open.delete(fd)
    },
  })
  return open
}

/** Lets closing a file fail as Linux does, which takes the descriptor all the same. Gives those that were closed. */
export function failingCloses(): readonly number[] {
  const closed: number[] = []
  const { closeSync } = fs
  replace(fs, {
    closeSync: (fd) => {
      closed.push(fd)
      closeSync(fd)
      throw systemError('EIO', 'close')
    },
  })
  return closed
}
