import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { DIST } from './child.js'
import { EMULATED } from './systems.js'

/** The one that the library takes, here and in this process. */
const BINARY = process.env['PREBUILDS_ONLY']
  ? `prebuilds/linux-${process.arch}/mmap-directory.glibc.node`
  : 'build/Release/mmap_directory.node'

const ASKS = 'napi_create_external_arraybuffer'
/** As long as the other, for that it takes the other's place in the binary. */
const REFUSES = 'napi_refuse_external_arraybuffer'

/**
 * The environment of processes that have buffers over foreign memory refused, as Electron does: the native
 * part, but for one name in it, and a library that answers under this name. Both go into `folder`.
 */
export function refusedBuffers(folder: string): NodeJS.ProcessEnv {
  const binary = readFileSync(join(DIST, '..', BINARY), 'latin1')
  if (!binary.includes(ASKS)) throw new Error(`The binary does not name ${ASKS}`)
  const native = join(folder, 'refused.node')
  writeFileSync(native, binary.replaceAll(ASKS, REFUSES), 'latin1')
  const library = join(folder, 'refuse.so')
  const NO_EXTERNAL_BUFFERS_ALLOWED = 22
  execFileSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-o', library, '-x', 'c', '-'], {
    input: `int ${REFUSES}(void) { return ${NO_EXTERNAL_BUFFERS_ALLOWED}; }`,
  })
  // What starts qemu is a program of this machine's own, which cannot load such a library.
  const preload = EMULATED ? { QEMU_SET_ENV: `LD_PRELOAD=${library}` } : { LD_PRELOAD: library }
  return { ...preload, MMAP_DIRECTORY_NATIVE: native }
}
