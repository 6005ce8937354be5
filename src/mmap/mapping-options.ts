import { checkOptions, invalidType, invalidValue, outOfRange } from '../store/arguments.js'
import { adviceFor, type IOContext, type ReadAdvice } from '../store/io-context.js'

/** How files are mapped. */
export interface MappingOptions {
  /** Files are mapped in chunks of 2^chunkPower bytes, 20..40. By default 34, on 32-bit systems 28. */
  readonly chunkPower?: number
  /** Which files to load when they are opened, in the background: see IndexInput.loaded. */
  readonly preload?: boolean | ((name: string, context: IOContext) => boolean)
  /** Overrides the read advice of some files; for others, undefined leaves it to the context. */
  readonly readAdvice?: (name: string, context: IOContext) => ReadAdvice | undefined
  /**
   * For which files to ask for huge pages (none by default): fewer page faults and a quicker close, for
   * files of many MiB that are read all over. A fault then reads 2 MiB from the disk. Where the system
   * refuses, the files are mapped as ever; a warning is emitted once per directory, and each file
   * is told of on the diagnostics channel `mmap-directory:huge-pages-refused`.
   */
  readonly hugePages?: boolean | ((name: string, context: IOContext) => boolean)
  /**
   * Whether files that the system refuses to map are read instead (true by default): when memory,
   * addresses or the number of mappings do not suffice, on file systems that cannot map, where mapping is
   * not permitted, where the native part cannot be loaded, and where the engine does not allow buffers
   * over mapped memory. A warning is emitted once per directory, and IndexInput.mapFailure tells why.
   * Other failures always throw.
   */
  readonly fallback?: boolean
}

export const MAPPING_OPTIONS = ['chunkPower', 'preload', 'readAdvice', 'hugePages', 'fallback'] as const

/** The options with their defaults. */
export interface MappingSettings {
  readonly chunkPower: number
  readonly preload: (name: string, context: IOContext) => boolean
  readonly adviceOf: (name: string, context: IOContext) => ReadAdvice
  readonly hugePages: (name: string, context: IOContext) => boolean
  readonly fallback: boolean
}

export function mappingSettings(what: string, options: MappingOptions): MappingSettings {
  const {
    chunkPower = DEFAULT_CHUNK_POWER,
    preload = false,
    readAdvice,
    hugePages = false,
    fallback = true,
  } = options
  if (!Number.isInteger(chunkPower) || chunkPower < 20 || chunkPower > 40) {
    throw outOfRange(`${what} option chunkPower`, 'a whole number from 20 to 40', chunkPower)
  }
  if (typeof preload !== 'boolean' && typeof preload !== 'function') {
    throw invalidType(`${what} option preload`, 'a boolean or a function', preload)
  }
  if (readAdvice !== undefined && typeof readAdvice !== 'function') {
    throw invalidType(`${what} option readAdvice`, 'a function', readAdvice)
  }
  if (typeof hugePages !== 'boolean' && typeof hugePages !== 'function') {
    throw invalidType(`${what} option hugePages`, 'a boolean or a function', hugePages)
  }
  if (typeof fallback !== 'boolean') throw invalidType(`${what} option fallback`, 'a boolean', fallback)
  return {
    chunkPower,
    preload: typeof preload === 'boolean' ? () => preload : preload,
    adviceOf: (name, context) => checkAdvice(readAdvice?.(name, context) ?? adviceFor(context)),
    hugePages: typeof hugePages === 'boolean' ? () => hugePages : hugePages,
    fallback,
  }
}

export function checkMappingOptions(what: string, options: object, others: readonly string[]): void {
  checkOptions(what, options, [...MAPPING_OPTIONS, ...others])
}

function checkAdvice(advice: ReadAdvice): ReadAdvice {
  if (advice === 'normal' || advice === 'random' || advice === 'sequential') return advice
  throw invalidValue(
    `readAdvice must return 'normal', 'random', 'sequential' or undefined, got '${String(advice)}'`,
  )
}

const DEFAULT_CHUNK_POWER = ['ia32', 'arm', 'mips', 'mipsel', 'ppc'].includes(process.arch) ? 28 : 34
