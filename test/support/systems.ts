import { mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// What a system has that tests may need. Names of tests that are skipped where it is missing say so.

export const WINDOWS = process.platform === 'win32'

/**
 * Whether Node.js is emulated by qemu's user mode: it takes all advice and passes none on, has fewer
 * addresses, and is itself what limits on a process limit.
 */
export const EMULATED = process.env['QEMU_LD_PREFIX'] !== undefined

/**
 * Whether a mapped file can be truncated. Windows refuses; under wine a program of the Unix beneath does
 * it: see truncate-mapped.cjs.
 */
export const CUTTABLE = !WINDOWS || process.env['MMAP_DIRECTORY_TRUNCATER'] !== undefined

/** Whether this process may make symbolic links; on Windows that takes a privilege, and wine 8 makes none. */
export const SYMBOLIC_LINKS = makesLinks()

function makesLinks(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'mmap-directory-links-'))
  try {
    symlinkSync(path, join(path, 'link'))
    return readlinkSync(join(path, 'link')) === path
  } catch {
    return false
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}
