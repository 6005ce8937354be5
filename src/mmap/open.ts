import { basename } from 'node:path'

import { FS_OPTIONS, FSDirectory } from '../fs/fs-directory.js'
import { invalidType } from '../store/arguments.js'
import type { MapFailedError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { checkMappingOptions, type MappingOptions, mappingSettings } from './mapping-options.js'
import { MMapDirectory, type MMapDirectoryOptions, warnOfFallback } from './mmap-directory.js'
import { mappingUnavailable } from './map-failure.js'
import { openMapped } from './open-mapped.js'

export interface OpenFileOptions extends MappingOptions {
  /** What the file is opened for; by default IOContext.DEFAULT. */
  readonly context?: IOContext
}

/**
 * Opens one file, without a directory: for whoever only wants to map a file. Its directory's rules
 * for names do not apply. Throws what MMapDirectory.openInput() throws.
 */
export function openFile(path: string, options: OpenFileOptions = {}): IndexInput {
  if (typeof path !== 'string') throw invalidType('path', 'a string', path)
  checkMappingOptions('openFile', options, ['context'])
  const { context = IOContext.DEFAULT } = options
  checkContext(context)
  return openMapped({
    path,
    name: basename(path),
    context,
    settings: mappingSettings('openFile', options),
    opener: 'openFile',
    onFallback: warnOnce,
  })
}

let warned = false

function warnOnce(failure: MapFailedError): void {
  if (warned) return
  warned = true
  warnOfFallback(failure)
}

/**
 * Opens a directory the best way that works on this system: an MMapDirectory where files can be
 * mapped, else an FSDirectory, and a warning says so once. With `fallback: false` it is an
 * MMapDirectory in any case. Throws what MMapDirectory.open() throws.
 */
export function openDirectory(path: string, options: MMapDirectoryOptions = {}): FSDirectory {
  const unavailable = mappingUnavailable(path)
  if (unavailable === undefined || options?.fallback === false) return MMapDirectory.open(path, options)
  checkMappingOptions('openDirectory', options, FS_OPTIONS)
  mappingSettings('openDirectory', options)
  const { create = false, lockFactory } = options
  warnOnce(unavailable)
  return FSDirectory.open(path, lockFactory === undefined ? { create } : { create, lockFactory })
}
