import { checkIterable, checkOptions, invalidType, outOfRange } from '../store/arguments.js'
import { BufferedIndexOutput } from '../store/buffered-index-output.js'
import type { Directory } from '../store/directory.js'
import { FileAlreadyExistsError, FileNotFoundError, NotAFileError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { ByteBuffersDirectory } from '../memory/byte-buffers-directory.js'
import { CachedFileSink } from './cached-file-sink.js'
import { FilterDirectory } from './filter-directory.js'

export interface NRTCachingDirectoryOptions {
  /** Files of flushes and merges that are estimated to be larger are not kept in memory. In MiB. */
  readonly maxMergeSizeMB: number
  /** How much is kept in memory in all. In MiB. */
  readonly maxCachedMB: number
}

/**
 * Keeps small new files in memory, so that an index that is opened again soon after each flush
 * seldom waits for the disk. Files are written to the directory behind it when they are synced or
 * renamed, and all of them when this directory is closed; until then they are lost with the process.
 *
 * Inputs that are open on a file in memory stay readable when it moves to the disk.
 */
export class NRTCachingDirectory extends FilterDirectory {
  readonly #cache = new ByteBuffersDirectory()
  /** The files in memory that are still being written. */
  readonly #writing = new Map<string, CachedFileSink>()
  readonly #maxMergeSize: number
  readonly #maxCached: number
  #tempCounter = 0

  constructor(delegate: Directory, options: NRTCachingDirectoryOptions) {
    super(delegate)
    checkOptions('NRTCachingDirectory', options, ['maxMergeSizeMB', 'maxCachedMB'])
    this.#maxMergeSize = bytesOf('maxMergeSizeMB', options.maxMergeSizeMB)
    this.#maxCached = bytesOf('maxCachedMB', options.maxCachedMB)
  }

  override listAll(): string[] {
    this.ensureOpen()
    return [...this.#cache.listAll(), ...super.listAll()].sort()
  }

  override fileLength(name: string): number {
    return this.#isCached(name) ? this.#cache.fileLength(name) : super.fileLength(name)
  }

  override openInput(name: string, context?: IOContext): IndexInput {
    return this.#isCached(name) ? this.#cache.openInput(name, context) : super.openInput(name, context)
  }

  override createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    checkContext(context)
    if (this.#isCached(name)) throw nameTaken(name)
    if (!this.doCacheWrite(name, context)) return super.createOutput(name, context)
    if (exists(this.getDelegate(), name)) throw nameTaken(name)
    const sink: CachedFileSink = new CachedFileSink(this.#cache, name, () => {
      if (this.#writing.get(name) === sink) this.#writing.delete(name) // not that of a later file
    })
    this.#writing.set(name, sink)
    return new BufferedIndexOutput(sink, name, `NRTCachingDirectoryOutput(name="${name}")`)
  }

  /** The name is free both in memory and in the directory behind. */
  override createTempOutput(
    prefix: string,
    suffix: string,
    context: IOContext = IOContext.DEFAULT,
  ): IndexOutput {
    for (;;) {
      const name = FilterDirectory.getTempFileName(prefix, suffix, this.#tempCounter++)
      try {
        return this.createOutput(name, context)
      } catch (error) {
        if (!(error instanceof FileAlreadyExistsError)) throw error
      }
    }
  }

  override deleteFile(name: string): void {
    if (!this.#isCached(name)) {
      super.deleteFile(name)
      return
    }
    this.#cache.deleteFile(name)
    this.#writing.delete(name)
  }

  /** A file in memory is written to the directory behind first. */
  override rename(source: string, destination: string): void {
    if (this.#isCached(destination)) throw nameTaken(destination)
    this.#unCache(source)
    super.rename(source, destination)
  }

  /** Files in memory are written to the directory behind first, which blocks for each of them. */
  override async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    checkIterable('names', names)
    const all = [...names]
    for (const name of all) this.#unCache(name)
    await super.sync(all)
  }

  /**
   * Writes everything that is in memory to the directory behind and closes that, even where
   * writing fails: the first error is thrown in the end. Outputs that are open stay writable: what
   * they have goes to the directory behind, too, and the rest will.
   */
  override close(): void {
    if (!this.isOpen) return
    let failure: { readonly error: unknown } | undefined
    for (const name of this.#cache.listAll()) {
      try {
        this.#unCache(name)
      } catch (error) {
        failure ??= { error }
      }
    }
    this.#cache.close()
    super.close()
    if (failure !== undefined) throw failure.error
  }

  /** The names of the files that are in memory, sorted. */
  listCachedFiles(): string[] {
    this.ensureOpen()
    return this.#cache.listAll()
  }

  /** Bytes of the files in memory, those that are still being written included. */
  ramBytesUsed(): number {
    this.ensureOpen()
    let sum = 0
    for (const name of this.#cache.listAll()) {
      sum += this.#writing.get(name)?.length ?? this.#cache.fileLength(name)
    }
    return sum
  }

  /**
   * For subclasses: whether a new file is kept in memory. Here: one of a flush or merge whose
   * estimated size is within both limits. `name` is not used, nor looked at.
   */
  protected doCacheWrite(_name: string, context: IOContext): boolean {
    const bytes = context.mergeInfo?.estimatedMergeBytes ?? context.flushInfo?.estimatedSegmentSize
    if (bytes === undefined || bytes > this.#maxMergeSize) return false
    return bytes + this.ramBytesUsed() <= this.#maxCached
  }

  #isCached(name: string): boolean {
    this.ensureOpen()
    return this.#cache.fileExists(name)
  }

  /** Moves a file from memory to the directory behind; one that is being written goes on there. */
  #unCache(name: string): void {
    if (!this.#isCached(name)) return
    const delegate = this.getDelegate()
    const sink = this.#writing.get(name)
    if (sink === undefined) {
      delegate.copyFrom(this.#cache, name, name)
      this.#cache.deleteFile(name)
      return
    }
    try {
      sink.moveTo(delegate)
    } finally {
      this.#writing.delete(name)
      this.#cache.deleteFile(name)
    }
  }
}

function bytesOf(option: string, megabytes: number): number {
  if (typeof megabytes !== 'number') throw invalidType(`option ${option}`, 'a number', megabytes)
  if (!(megabytes >= 0 && megabytes < Infinity)) {
    throw outOfRange(`option ${option}`, 'a finite number from 0', megabytes)
  }
  return megabytes * 1024 * 1024
}

function exists(directory: Directory, name: string): boolean {
  try {
    directory.fileLength(name)
    return true
  } catch (error) {
    if (error instanceof FileNotFoundError) return false
    if (error instanceof NotAFileError) return true
    throw error
  }
}

function nameTaken(name: string): FileAlreadyExistsError {
  return new FileAlreadyExistsError(`The name is taken: ${name}`, { path: name })
}
