import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

/** Somebody else's native code. */
export interface NativeReader {
  /** A copy of the bytes at an address, read by this thread or by one that Node.js does not know. */
  read(address: bigint, length: number, inThread?: boolean): Buffer
}

/** Compiles the addon into a folder; the path of its file. */
export function buildNativeReader(folder: string): string {
  return buildAddon(fileURLToPath(new URL('reader.c', import.meta.url)), folder)
}

export function loadNativeReader(file: string): NativeReader {
  return require(file) as NativeReader
}

/** Compiles an addon of one C file. */
export function buildAddon(source: string, folder: string): string {
  const file = join(folder, basename(source, '.c') + '.node')
  const { include_dir: headers } = require('node-api-headers') as { include_dir: string }
  const flags = ['-std=gnu11', '-O1', '-Wall', '-I', headers, '-pthread']
  const link =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup', '-lobjc']
      : ['-shared', '-fPIC']
  execFileSync(process.env['CC'] ?? 'cc', [...flags, ...link, source, '-o', file])
  return file
}
