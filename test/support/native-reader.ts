import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

/** Somebody else's native code. */
export interface NativeReader {
  /** A copy of the bytes at an address, read by this thread or by one that Node.js does not know. */
  read(address: bigint, length: number, inThread?: boolean): Buffer
}

/** Compiles the addon into a folder; the path of its file. */
export function buildNativeReader(folder: string): string {
  const file = join(folder, 'reader.node')
  const { include_dir: headers } = require('node-api-headers') as { include_dir: string }
  const link =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-fPIC']
  const source = fileURLToPath(new URL('reader.c', import.meta.url))
  execFileSync(process.env['CC'] ?? 'cc', [
    ...link,
    '-O1',
    '-Wall',
    '-I',
    headers,
    '-pthread',
    source,
    '-o',
    file,
  ])
  return file
}

export function loadNativeReader(file: string): NativeReader {
  return require(file) as NativeReader
}
