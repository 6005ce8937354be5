import { FileSource, type SharedFile } from '../fs/file-source.js'
import { nativeAddon } from '../native.js'
import { invalidValue } from '../store/arguments.js'
import type { IndexInput } from '../store/index-input.js'
import { adviceFor, type ReadAdvice } from '../store/io-context.js'
import type { SharedInput, SharedInputData } from '../store/shared-input.js'
import type { WindowSource } from '../store/window.js'
import { WindowedInput } from '../store/windowed-input.js'
import { mappingUnavailable } from './map-failure.js'
import { type FileOwner, MappedSource } from './mapped-source.js'
import { DEFAULT_WINDOW_POWER } from './open-mapped.js'

/**
 * Makes an input of what IndexInput.share() has made in another thread of this process, over the
 * same mapping. It is at the position that the shared input had, and has to be closed like an
 * opened one. Each share of a mapping can be attached once; a file that is not mapped is opened anew.
 *
 * Throws a TypeError (ERR_INVALID_ARG_VALUE) for what is no such object, was changed, was attached
 * or released before, comes from another process or from a thread that has ended; FileNotFoundError
 * when a file that is not mapped has been changed or replaced; MapFailedError (ERR_MAP_FAILED) where this
 * thread cannot load the native part, and the share is left as it was.
 */
export function attachInput(input: SharedInput): IndexInput {
  let shared: unknown
  try {
    shared = structuredClone(input?.shared) // plain data from here on: no getter gets a second say
  } catch (cause) {
    throw Object.assign(notShared('is not plain data'), { cause })
  }
  if (!isShared(shared)) throw notShared('is not what share() has made')
  const source = attachSource(shared)
  if (shared.start + shared.length > source.length) {
    source.close()
    throw notShared('covers more than the file')
  }
  return WindowedInput.attach(source, shared)
}

function attachSource({ kind, source, start, length }: SharedInputData): WindowSource {
  if (kind === 'file') {
    if (!isSharedFile(source)) throw notShared('was changed, or comes from another process')
    return FileSource.attach(source)
  }
  if (!isSharedMapping(source)) throw notShared('was changed')
  const unavailable = mappingUnavailable(source.path)
  if (unavailable !== undefined) throw unavailable
  const attached = MappedSource.attach(nativeAddon()!, source, start, length, {
    ...source,
    length,
    windowPower: DEFAULT_WINDOW_POWER,
    adviceOf: adviceFor,
    hugePages: false,
  })
  if (attached === undefined) {
    throw notShared(
      'was attached or released before, was changed, or comes from another process or a thread that has ended',
    )
  }
  return attached
}

type Source = SharedInputData['source']

interface SharedMapping {
  readonly id: number
  readonly key: string
  readonly path: string
  readonly chunkPower: number
  readonly owner: FileOwner
  readonly advice: ReadAdvice
}

function isShared(shared: unknown): shared is SharedInputData {
  if (!isObject(shared) || !isObject(shared.source)) return false
  const { kind, description, start, length, position } = shared
  return (
    (kind === 'mapping' || kind === 'file') &&
    typeof description === 'string' &&
    isSize(start) &&
    isSize(length) &&
    isSize(position) &&
    position <= length
  )
}

function isSharedFile(source: Source): source is Source & SharedFile {
  const { pid, path, identity, size, advice } = source
  return (
    pid === process.pid &&
    typeof path === 'string' &&
    typeof identity === 'string' &&
    isSize(size) &&
    isAdvice(advice)
  )
}

function isSharedMapping(source: Source): source is Source & SharedMapping {
  const { id, key, path, chunkPower, owner, advice } = source
  return (
    isSize(id) &&
    typeof key === 'string' &&
    typeof path === 'string' &&
    isSize(chunkPower) &&
    isObject(owner) &&
    isSize(owner.uid) &&
    isSize(owner.gid) &&
    isSize(owner.mode) &&
    isAdvice(advice)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isAdvice(value: unknown): value is ReadAdvice {
  return value === 'normal' || value === 'random' || value === 'sequential'
}

function notShared(why: string): TypeError {
  return invalidValue(`Not a shared input of this process: it ${why}`)
}
