import { readFileSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'

import { hintsOf } from '../fs/fs-errors.js'
import {
  type NativeAddon,
  type NativeError,
  nativePart,
  nativePartHints,
  whyNoNativePart,
} from '../native.js'
import { lacksDescriptors } from '../native-file.js'
import { MapFailedError, StorageError } from '../store/errors.js'

/** Failures with which a file can still be read, but not mapped. */
const UNMAPPABLE = new Set([
  'ENOMEM',
  'ENODEV',
  'ENOTSUP',
  'EAGAIN',
  'EOVERFLOW',
  // Reading a file may be allowed where mapping it is not: by SELinux, by a sandbox.
  'EACCES',
  'EPERM',
  'ENOSYS',
])

/** What GetLastError() says when memory and page file are promised to others. */
const COMMITMENT_LIMIT = 1455

/** `fallback` says whether reading the file instead makes sense. */
export type MapFailure =
  | { readonly error: MapFailedError; readonly fallback: true }
  | { readonly error: StorageError; readonly fallback: false }

/**
 * What native code threw while mapping, as the error to report: what happened, the numbers, what
 * to try.
 */
export function mapFailure(
  error: NativeError,
  path: string,
  length: number,
  chunkPower: number,
  addon: NativeAddon,
): MapFailure {
  const name = errorName(error)
  if (lacksDescriptors(name)) {
    // No matter of mapping: opening the file fails with it just as well.
    const { syscall, errno } = error
    const details = { path, syscall, errno, cause: error, hints: hintsOf(name) }
    return { error: new StorageError(name, `open failed: ${name}: ${path}`, details), fallback: false }
  }
  const why =
    error.limit === undefined
      ? `${error.syscall ?? error.message}: ${codeOf(name, error)}`
      : 'too many mappings'
  const message = `Map failed: ${path}: ${why}; length ${bytes(length)}, chunks of 2^${chunkPower} bytes`
  const failed = new MapFailedError(message, {
    path,
    syscall: error.syscall,
    errno: error.errno,
    cause: error,
    hints: hints(error, name, addon),
  })
  // There is no name where the library's own limit was hit.
  return { error: failed, fallback: name === undefined || UNMAPPABLE.has(name) }
}

/** Why nothing can be mapped in this process, if that is so. */
export function mappingUnavailable(path: string): MapFailedError | undefined {
  const { addon, failure } = nativePart()
  if (addon === undefined) {
    const message = `Map failed: ${path}: the native part of mmap-directory could not be loaded: ${whyNoNativePart(failure)}`
    return new MapFailedError(message, { path, cause: failure, hints: nativePartHints(failure) })
  }
  if (addon.externalBuffersAllowed) return undefined
  const message = `Map failed: ${path}: this JavaScript engine does not allow buffers over mapped memory`
  return new MapFailedError(message, { path })
}

function codeOf(name: string | undefined, { systemCode }: NativeError): string {
  return `${name ?? 'failed'}${systemCode === undefined ? '' : ` (Windows error ${systemCode})`}`
}

function errorName({ errno }: NativeError): string | undefined {
  return errno === undefined || errno >= 0 ? undefined : getSystemErrorName(errno)
}

function hints(
  error: NativeError,
  name: string | undefined,
  addon: NativeAddon,
): readonly string[] | undefined {
  const held = addon.mappingTotals()
  if (error.limit !== undefined) {
    return [
      `this library maps at most ${error.limit} files and views at a time and holds ${held.mappings}: close inputs that are done`,
    ]
  }
  if (name === 'ENODEV' || name === 'ENOTSUP')
    return ['this file system does not support mapping: open with FSDirectory']
  if (name !== 'ENOMEM') return hintsOf(name)
  const found = [`this library holds ${held.mappings} mappings of ${bytes(held.bytes)} in all`]
  if (error.systemCode === COMMITMENT_LIMIT) {
    found.push(
      'all of a view counts as memory that may be written to: close programs, or enlarge the page file',
    )
  }
  const limit = firstMatch('/proc/self/limits', /^Max address space\s+(\d+)/m)
  if (limit !== undefined) {
    const used = firstMatch('/proc/self/status', /^VmSize:\s+(\d+) kB/m)
    const now = used === undefined ? '' : `, ${bytes(used * 1024)} of it in use`
    found.push(`the address space is limited to ${bytes(limit)}${now}: raise ulimit -v`)
  }
  const data = firstMatch('/proc/self/limits', /^Max data size\s+(\d+)/m)
  if (data !== undefined) found.push(`data, views included, is limited to ${bytes(data)}: raise ulimit -d`)
  if (firstMatch('/proc/sys/vm/overcommit_memory', /^(\d)/) === 2) {
    found.push(
      'vm.overcommit_memory is 2, so that views take of vm.overcommit_ratio what they could be written to',
    )
  }
  const maximum = firstMatch('/proc/sys/vm/max_map_count', /^(\d+)/)
  const count = lines('/proc/self/maps')
  if (maximum !== undefined && count !== undefined) {
    found.push(
      `the process has ${count} mappings, and vm.max_map_count allows ${maximum}: raise it with sysctl`,
    )
  }
  if (['ia32', 'arm'].includes(process.arch)) {
    found.push(
      'a 32-bit process has no more than 4 GiB of addresses: use a 64-bit Node.js, or smaller chunks',
    )
  }
  return found
}

function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`
  const power = Math.min(Math.floor(Math.log2(count) / 10), 5)
  return `${Number((count / 1024 ** power).toFixed(2))} ${'KMGTP'[power - 1]}iB (${count} bytes)`
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined // no /proc here, or not for this process: a hint less
  }
}

function firstMatch(path: string, pattern: RegExp): number | undefined {
  const found = text(path)?.match(pattern)?.[1]
  return found === undefined ? undefined : Number(found)
}

function lines(path: string): number | undefined {
  const found = text(path)
  return found === undefined ? undefined : found.split('\n').length - 1
}
