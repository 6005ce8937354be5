import { constants, lstatSync } from 'node:fs'

import type { ReadAdvice } from '../store/io-context.js'

// What node:fs does not hide of the differences between systems, and the one place that asks on
// which one this is. What native code does differently, it says itself: see NativeAddon.

const WINDOWS = process.platform === 'win32'

/** Do not follow a symbolic link; 0 where there is no such flag (Windows): see refuseLink(). */
export const O_NOFOLLOW: number = constants.O_NOFOLLOW ?? 0

/**
 * Throws what open(2) with O_NOFOLLOW does for a symbolic link, where there is no such flag. Between
 * this and the opening someone could still make one: on Windows that takes a privilege. `flag` is for tests.
 */
export function refuseLink(path: string, flag: number = O_NOFOLLOW): void {
  if (flag !== 0 || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return
  throw Object.assign(new Error(`ELOOP: too many symbolic links encountered, open '${path}'`), {
    code: 'ELOOP',
    syscall: 'open',
    path,
  })
}

/** Do not wait for the other end of a pipe. */
export const O_NONBLOCK: number = constants.O_NONBLOCK ?? 0

/**
 * Go past the system's cache; 0 where node:fs knows no way: macOS has fcntl(F_NOCACHE). Windows has
 * FILE_FLAG_NO_BUFFERING, which libuv has a number for (UV_FS_O_DIRECT in uv/win.h); nobody has tried it
 * on a Windows, so that it is not used.
 */
export const O_DIRECT: number = constants.O_DIRECT ?? 0

/**
 * What to open a file with for the system to know how it will be read: on Windows
 * FILE_FLAG_RANDOM_ACCESS and FILE_FLAG_SEQUENTIAL_SCAN, for which libuv has these numbers
 * (UV_FS_O_RANDOM, UV_FS_O_SEQUENTIAL in uv/win.h). Elsewhere it is told later.
 */
export const OPEN_ADVICE: Readonly<Record<ReadAdvice, number>> = WINDOWS
  ? { normal: 0, random: 0x10, sequential: 0x20 }
  : { normal: 0, random: 0, sequential: 0 }

/** Whether fsync of a directory works. Windows does not flush one; NTFS keeps its metadata in a journal. */
export const DIRECTORIES_ARE_FLUSHED = !WINDOWS

/**
 * With what the system refuses to remove a file that may be removed later. Windows does so while the
 * file is mapped, or open without having been shared for that; elsewhere only a file that is in use
 * as something else (a mount point) is busy.
 */
export const BUSY: ReadonlySet<string> = new Set(WINDOWS ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY'])

/**
 * Whether a file that was removed may keep its name until nobody has it open any more, as on Windows
 * where the file system or libuv does not know POSIX's way of removing (NTFS does from Windows 10
 * 1809 on, libuv from 1.49).
 */
export const REMOVED_NAMES_STAY = WINDOWS

const IN_USE = 'another program may have the file open and not share it, or it is mapped'

/** What to try, where the code alone does not say it. */
export const HINTS: Readonly<Record<string, readonly string[]>> = WINDOWS
  ? {
      ENFILE: ['the system has as many files open as it may'],
      EBUSY: [IN_USE],
      EACCES: ['the file may be read-only or about to be deleted', IN_USE],
      EPERM: ['the file may be read-only or about to be deleted', IN_USE],
    }
  : { ENFILE: ['the system has as many files open as it may: see sysctl fs.file-max'] }

/** What to do when a process has too many files open. */
export const MORE_FILES = WINDOWS ? 'close what is done' : 'close what is done, or raise ulimit -n'
