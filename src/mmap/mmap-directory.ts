import { join } from 'node:path'

import { FSDirectory, FS_OPTIONS, type FSDirectoryOptions } from '../fs/fs-directory.js'
import { inPool } from '../fs/pool-queue.js'
import { type NativeError, nativeAddon } from '../native.js'
import { checkOptions, invalidType, invalidValue } from '../store/arguments.js'
import type { MapFailedError, StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { IOContext } from '../store/io-context.js'
import { windowPower, type WindowPowerOption } from '../store/window-power.js'
import {
  checkMappingOptions,
  type MappingOptions,
  type MappingSettings,
  mappingSettings,
} from './mapping-options.js'
import { nativeStorageError } from './native-storage-error.js'
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

export interface ReleaseOptions {
  /** Which of the open files to give back; by default all of them. */
  readonly files?: (name: string) => boolean
  /** 'cold' (the default): they are the first to go when memory is short. 'drop': they go now. */
  readonly how?: 'cold' | 'drop'
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
  /** The names of the files that are mapped, by their mappings' numbers. */
  readonly #names = new Map<number, string>()
  #mapped = 0
  #mappedBytes = 0
  #fallbacks = 0
  #refused = false

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
      onHugePagesRefused: (refusal) => {
        if (!this.#refused) warnOfHugePages(refusal)
        this.#refused = true
      },
      onMap: (length, id) => {
        this.#names.set(id, name)
        this.#mapped++
        this.#mappedBytes += length
      },
      onUnmap: (length, id) => {
        this.#names.delete(id)
        this.#mapped--
        this.#mappedBytes -= length
      },
      windowPower: this.#internal[windowPower],
      sideBySide: this.#internal[sideBySide],
    })
  }

  /**
   * Gives the memory of files that are open through this directory back to the system, on a thread
   * of libuv's pool. Inputs, in all threads, stay as they are: what they read again comes from the disk
   * again. Views keep what was written into them, and their memory. With 'drop', other programs
   * that read the same files lose what was in the cache, too, unless they map it.
   *
   * Rejected with AlreadyClosedError, or a StorageError where the system refuses.
   */
  async release(options: ReleaseOptions = {}): Promise<void> {
    this.ensureOpen()
    checkOptions('release', options, ['files', 'how'])
    const { files = () => true, how = 'cold' } = options
    if (typeof files !== 'function') throw invalidType('option files', 'a function', files)
    if (how !== 'cold' && how !== 'drop')
      throw invalidValue(`release: how must be 'cold' or 'drop', got '${String(how)}'`)
    for (const [id, name] of Array.from(this.#names)) {
      if (!files(name)) continue
      try {
        await inPool('load', () => nativeAddon()!.releaseMapping(id, how === 'drop'))
      } catch (error) {
        throw nativeStorageError('release', error as NativeError, join(this.path, name))
      }
    }
  }

  /** Counts what was opened through this directory; the process's counts are mappingStats(). */
  stats(): MMapDirectoryStats {
    return { mapped: this.#mapped, mappedBytes: this.#mappedBytes, fallbacks: this.#fallbacks }
  }
}

function warnOfHugePages(refusal: StorageError): void {
  process.emitWarning(`${refusal.message}. The file is mapped without them, and so are others.`, {
    type: 'HugePagesWarning',
    code: refusal.code,
  })
}

export function warnOfFallback(failure: MapFailedError): void {
  process.emitWarning(`${failure.message}. The file is read instead, and so are others of its kind.`, {
    type: 'MapFailedWarning',
    code: failure.code,
  })
}
