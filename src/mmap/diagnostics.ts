import { channel } from 'node:diagnostics_channel'
import { debuglog } from 'node:util'

/**
 * What happens to files, for who wants to know: on channels of node:diagnostics_channel named
 * `mmap-directory:open`, `:map`, `:unmap`, `:fallback`, `:fault` and `:huge-pages-refused`, with such an event as the
 * message, and as lines on standard error where NODE_DEBUG names `mmap-directory`.
 */
export interface FileEvent {
  readonly path: string
  /** The file's length in bytes. */
  readonly length: number
  /** Where it is mapped, in hexadecimal; for `map` and `unmap`, unless the file is empty. */
  readonly address?: string | undefined
  /** What went wrong; for `fallback`, `fault` and `huge-pages-refused`. */
  readonly error?: Error | undefined
}

const debug = debuglog('mmap-directory')

type FileEventName = 'open' | 'map' | 'unmap' | 'fallback' | 'fault' | 'huge-pages-refused'

const channels = {
  open: channel('mmap-directory:open'),
  map: channel('mmap-directory:map'),
  unmap: channel('mmap-directory:unmap'),
  fallback: channel('mmap-directory:fallback'),
  fault: channel('mmap-directory:fault'),
  'huge-pages-refused': channel('mmap-directory:huge-pages-refused'),
}

/** Tells whoever listens. */
export function report(what: FileEventName, event: FileEvent): void {
  const target = channels[what]
  if (!target.hasSubscribers && !debug.enabled) return
  debug('%s %s: %d bytes%s%s', what, event.path, event.length, at(event.address), because(event.error))
  target.publish(event)
}

function at(address: string | undefined): string {
  return address === undefined ? '' : ` at ${address}`
}

function because(error: Error | undefined): string {
  return error === undefined ? '' : `: ${error.message}`
}
