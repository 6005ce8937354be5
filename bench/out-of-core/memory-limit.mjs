// Processes that may use so much memory and no more, the system's cache for them included: a control
// group of Linux, which takes root's rights.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Both versions of control groups: where the groups for memory are, and what their files are called. */
const VERSIONS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
]

/**
 * A group for processes that may use `bytes` together, until the program ends: what to put before a
 * command so that it runs in the group; or the reason why there is none.
 */
export function memoryLimit(bytes) {
  if (process.platform !== 'linux') return { reason: `no memory control groups on ${process.platform}` }
  const version = VERSIONS.find(({ root }) => existsSync(join(root, 'cgroup.procs')))
  if (version === undefined) return { reason: 'no memory control groups under /sys/fs/cgroup' }
  const group = join(version.root, `mmap-directory-bench-${process.pid}`)
  try {
    mkdirSync(group)
    process.once('exit', () => rmdirSync(group))
    writeFileSync(join(group, version.limit), String(bytes))
  } catch ({ message }) {
    return { reason: message }
  }
  return { wrapper: ['sh', '-c', 'echo $$ >"$0" && exec "$@"', join(group, 'cgroup.procs')] }
}
