import { FSDirectory, FS_OPTIONS, type FSDirectoryOptions } from '../fs/fs-directory.js'
import type { MapFailedError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { IOContext } from '../store/io-context.js'
import { windowPower, type WindowPowerOption } from '../store/window-power.js'
import {
  checkMappingOptions,
  type MappingOptions,
  type MappingSettings,
  mappingSettings,
} from './mapping-options.js'
import { openMapped } from './open-mapped.js'

export interface MMapDirectoryOptions extends FSDirectoryOptions, MappingOptions {}

export interface MMapDirectoryStats {
  /** Inputs that are mapped and were not closed yet. */
  readonly mapped: number
  /** The lengths of their files. */
  readonly mappedBytes: number
  /** Files that were read because they could not be mapped, so far. */
  readonly fallbacks: number
}

/** The key of an option for tests: map chunks apart, as where addresses are scarce. */
export const sideBySide = Symbol('mmap-directory:sideBySide')

interface InternalOptions extends WindowPowerOption {
  readonly [sideBySide]?: boolean
}

/**
 * A directory of the file system whose files are mapped into memory. Every input that is opened
 * has a mapping of its own, which ends with it; the memory belongs to the system's cache, not to
 * JavaScript's heap. Written like any FSDirectory.
 */
export class MMapDirectory extends FSDirectory {
  readonly #settings: MappingSettings
  readonly #internal: InternalOptions
  #mapped = 0
  #mappedBytes = 0
  #fallbacks = 0

  protected constructor(path: string, options: MMapDirectoryOptions & InternalOptions) {
    const settings = mappingSettings('MMapDirectory', options)
    super(path, options)
    this.#settings = settings
    this.#internal = options
  }

  /**
   * Opens the directory at `path`. Throws FileNotFoundError when there is none, NotADirectoryError
   * when something else is there, a RangeError or TypeError for an option that is wrong.
   */
  static override open(path: string, options: MMapDirectoryOptions = {}): MMapDirectory {
    checkMappingOptions('MMapDirectory', options, FS_OPTIONS)
    return new MMapDirectory(path, options)
  }

  protected override openPath(path: string, name: string, context: IOContext): IndexInput {
    return openMapped({
      path,
      name,
      context,
      settings: this.#settings,
      opener: 'MMapDirectory',
      onFallback: (failure) => {
        if (this.#fallbacks++ === 0) warnOfFallback(failure)
      },
      onMap: (length) => {
        this.#mapped++
        this.#mappedBytes += length
      },
      onUnmap: (length) => {
        this.#mapped--
        this.#mappedBytes -= length
      },
      windowPower: this.#internal[windowPower],
      sideBySide: this.#internal[sideBySide],
    })
  }

  /** Counts what was opened through this directory; the process's counts are mappingStats(). */
  stats(): MMapDirectoryStats {
    return { mapped: this.#mapped, mappedBytes: this.#mappedBytes, fallbacks: this.#fallbacks }
  }
}

export function warnOfFallback(failure: MapFailedError): void {
  process.emitWarning(`${failure.message}. The file is read instead, and so are others of its kind.`, {
    type: 'MapFailedWarning',
    code: failure.code,
  })
}
