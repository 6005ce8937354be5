import { constants, fstatSync, openSync, readSync } from 'node:fs'
import { hostname } from 'node:os'

import { closeQuietly } from './close-file.js'
import { O_NOFOLLOW, O_NONBLOCK, refuseLink } from './system.js'

const FLAGS = constants.O_RDONLY | O_NONBLOCK | O_NOFOLLOW

/** What a lock file says of who made it, for people. Never throws: anyone may have written the file. */
export function describeHolder(path: string): string {
  const holder = readHolder(path)
  if (holder === undefined) {
    return 'the file does not say by whom; if no program uses the index, remove it'
  }
  const { pid, host } = holder
  if (host !== hostname()) return `by process ${pid} on ${host}, as the file says`
  if (pid === process.pid) return 'by this process'
  if (runs(pid)) return `by process ${pid} on this host`
  return `by process ${pid} on this host, which does not run any more: if no program uses the index, remove the file`
}

interface Holder {
  readonly pid: number
  readonly host: string
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(readStart(path)) as { pid?: unknown; host?: unknown }
    const known = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string'
    return known && /^[\w.-]{1,255}$/.test(host) ? { pid, host } : undefined
  } catch {
    return undefined
  }
}

function readStart(path: string): string {
  refuseLink(path)
  const fd = openSync(path, FLAGS)
  try {
    if (!fstatSync(fd).isFile()) return ''
    const bytes = Buffer.alloc(1024)
    return bytes.toString('utf8', 0, readSync(fd, bytes))
  } finally {
    closeQuietly(fd)
  }
}

/** Whether there is such a process: signal 0 only asks. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
