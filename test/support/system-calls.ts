import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

type SystemCalls = Partial<typeof fs>

const before: SystemCalls = {}

/**
 * Puts functions of a test's in the place of some of node:fs, for the library as well, until restoreCalls().
 * What it returns takes back just these.
 */
export function replaceCalls(calls: SystemCalls): () => void {
  const own = Object.fromEntries(Object.keys(calls).map((name) => [name, fs[name as keyof typeof fs]]))
  for (const name of Object.keys(calls) as (keyof typeof fs)[]) {
    if (!(name in before)) Object.assign(before, { [name]: fs[name] })
  }
  Object.assign(fs, calls)
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, own)
    syncBuiltinESMExports()
  }
}

/** For afterEach(). */
export function restoreCalls(): void {
  Object.assign(fs, before)
  for (const name of Object.keys(before) as (keyof typeof fs)[]) delete before[name]
  syncBuiltinESMExports()
}

/** What node:fs throws when the system answers with an error. */
export function systemError(code: string, syscall: string, errno = -5): Error {
  return Object.assign(new Error(`${code}: as a test wants it, ${syscall}`), { code, syscall, errno })
}

/** Keeps count of descriptors: those that were opened from now on and not closed, until restoreCalls(). */
export function openDescriptors(): ReadonlySet<number> {
  const open = new Set<number>()
  const { openSync, closeSync } = fs
  replaceCalls({
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
