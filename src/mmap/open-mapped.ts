import { closeQuietly } from '../fs/close-file.js'
import { type OpenedFile, openRegularFile } from '../fs/open-file.js'
import { FileSource } from '../fs/file-source.js'
import { type NativeError, nativeAddon } from '../native.js'
import { MapFailedError, type StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import { WindowedInput } from '../store/windowed-input.js'
import { isInstance } from '../store/intrinsics.js'
import type { IOContext, ReadAdvice } from '../store/io-context.js'
import { report } from './diagnostics.js'
import { mapFailure, mappingUnavailable } from './map-failure.js'
import { MappedSource } from './mapped-source.js'
import type { MappingSettings } from './mapping-options.js'
import { countFallback } from './mapping-stats.js'

/** Less than the 64 MiB of new foreign memory from which on V8 starts to collect garbage. */
export const DEFAULT_WINDOW_POWER = 25

export interface MapOptions {
  readonly path: string
  readonly settings: MappingSettings
  readonly windowPower?: number | undefined
  /** Is told about each mapping that begins, with its length and number, and when it ends. */
  readonly onMap?: ((length: number, id: number) => void) | undefined
  readonly onUnmap?: ((length: number, id: number) => void) | undefined
  /** False by default. */
  readonly hugePages?: boolean | undefined
  /** Is told about each file for which the system refuses huge pages. */
  readonly onHugePagesRefused?: ((refusal: StorageError) => void) | undefined
  /** False maps every chunk wherever the system likes, as it must be where addresses are scarce. */
  readonly sideBySide?: boolean | undefined
}

/** The advice to begin with, and that for other contexts. */
export interface Advised {
  readonly advice: ReadAdvice
  readonly adviceOf: (context: IOContext) => ReadAdvice
}

export interface OpenMappedOptions extends MapOptions {
  readonly name: string
  readonly context: IOContext
  /** What error messages call the opener. */
  readonly opener: string
  /** Is told about each file that is read instead of mapped. */
  readonly onFallback: (failure: MapFailedError) => void
}

/** Opens a file and maps it; reads it where it cannot be mapped and the settings allow that. */
export function openMapped(options: OpenMappedOptions): IndexInput {
  const { path, opener, settings, name, context } = options
  // What the program has to say comes first: once the file is open, nothing may throw.
  const adviceOf = (asked: IOContext) => settings.adviceOf(name, asked)
  const advice = adviceOf(context)
  const preload = settings.preload(name, context)
  const hugePages = settings.hugePages(name, context)
  const file = openRegularFile(path, advice)
  report('open', { path, length: file.stats.size })
  let mapped: MappedSource | MapFailedError | undefined
  try {
    mapped = tryMap(file, { ...options, advice, adviceOf, hugePages })
  } finally {
    if (!isInstance(MapFailedError, mapped)) closeQuietly(file.fd)
  }
  if (mapped instanceof MappedSource) {
    if (preload) mapped.preload()
    return WindowedInput.over(mapped, `${opener}(path="${path}")`)
  }
  const reader = new FileSource(file.fd, path, file.stats.size, {
    advice,
    adviceOf,
    mapFailure: mapped,
    windowLength: options.windowPower === undefined ? undefined : 2 ** options.windowPower,
  })
  countFallback()
  report('fallback', { path, length: file.stats.size, error: mapped })
  options.onFallback(mapped)
  if (preload) reader.preload()
  return WindowedInput.over(reader, `${opener}(path="${path}", not mapped)`)
}

/** Maps an opened file, which stays the caller's; or says why not, where reading it instead is in order. */
export function tryMap(file: OpenedFile, options: MapOptions & Advised): MappedSource | MapFailedError {
  const { path, settings, advice, adviceOf } = options
  const unavailable = mappingUnavailable(path)
  if (unavailable !== undefined) {
    if (!settings.fallback) throw unavailable
    return unavailable
  }
  const addon = nativeAddon()! // asked before, it might not have been there yet
  const { chunkPower } = settings
  // By themselves: closures keep what they name alive for as long as the input is open.
  const { onMap, onUnmap } = options
  const { size: length, uid, gid, mode } = file.stats
  let source: MappedSource
  try {
    source = MappedSource.open(addon, file.fd, {
      path,
      length,
      owner: { uid, gid, mode },
      chunkPower,
      windowPower: options.windowPower ?? DEFAULT_WINDOW_POWER,
      sideBySide: options.sideBySide ?? true,
      advice,
      adviceOf,
      hugePages: options.hugePages ?? false,
      onHugePagesRefused: options.onHugePagesRefused,
      onClose: () => onUnmap?.(length, source.id),
    })
  } catch (error) {
    const failure = mapFailure(error as NativeError, path, length, chunkPower, addon)
    if (settings.fallback && failure.fallback) return failure.error
    throw failure.error
  }
  onMap?.(length, source.id)
  return source
}
