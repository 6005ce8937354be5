import { DirectFileSink } from '../fs/direct-file-sink.js'
import { DirectFileSource } from '../fs/direct-file-source.js'
import { createWith, openWith } from '../fs/direct-io.js'
import { FSDirectory } from '../fs/fs-directory.js'
import { checkOptions, checkSize, invalidType } from '../store/arguments.js'
import { StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { FilterDirectory } from './filter-directory.js'

export interface DirectIODirectoryOptions {
  /** Smaller merges, and smaller files of them, go through the cache. In bytes; by default 10 MiB. */
  readonly minBytesDirect?: number
}

export interface DirectIODirectoryStats {
  /** Files that were opened and made past the system's cache, so far. */
  readonly inputs: number
  readonly outputs: number
  /** Those that went through it because the system did not allow otherwise, and what it said of the first one. */
  readonly refused: number
  readonly refusal: StorageError | undefined
}

/**
 * Reads and writes the files of large merges past the system's cache (O_DIRECT), so that a merge does
 * not push out what searches need. All else is left to the directory behind it.
 *
 * Where the system does not allow it, those files, too, are the business of the directory behind: a
 * warning says so once, and stats(). It is allowed on Linux by most file systems; a tmpfs is nothing but
 * cache. node:fs knows no way on macOS, and none that was tried on Windows. It takes memory of
 * WebAssembly's, for which some 10 GiB of addresses are reserved.
 *
 * An input past the cache is for reading from its start to its end: each clone and slice reads 256 KiB
 * at a time into memory of its own, and nothing is kept. It cannot be shared with another thread.
 *
 * copyFrom() passes its context on for the new file alone, as every directory's does: the one that is
 * copied is read through the cache. To copy past it, open that with the merge's context, and copyBytes().
 */
export class DirectIODirectory extends FilterDirectory {
  readonly #delegate: FSDirectory
  readonly #minBytesDirect: number
  #inputs = 0
  #outputs = 0
  #refused = 0
  #refusal: StorageError | undefined

  constructor(delegate: FSDirectory, options: DirectIODirectoryOptions = {}) {
    super(delegate)
    if (!(delegate instanceof FSDirectory)) throw invalidType('delegate', 'an FSDirectory', delegate)
    checkOptions('DirectIODirectory', options, ['minBytesDirect'])
    const { minBytesDirect = DEFAULT_MIN_BYTES_DIRECT } = options
    checkSize('option minBytesDirect', minBytesDirect)
    this.#delegate = delegate
    this.#minBytesDirect = minBytesDirect
  }

  override openInput(name: string, context: IOContext = IOContext.DEFAULT): IndexInput {
    this.ensureOpen()
    checkContext(context)
    const length = this.#delegate.fileLength(name)
    if (!this.useDirectIO(name, context, length)) return super.openInput(name, context)
    const input = this.#delegate[openWith](name, (path) => {
      const source = DirectFileSource.open(path)
      if (!(source instanceof StorageError)) return source
      this.#noteRefusal(source)
      return undefined
    })
    if (input === undefined) return super.openInput(name, context)
    this.#inputs++
    return input
  }

  /** Temporary files are always made by the directory behind, as in Lucene. */
  override createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    this.ensureOpen()
    checkContext(context)
    if (!this.useDirectIO(name, context)) return super.createOutput(name, context)
    const output = this.#delegate[createWith](name, context, (path) =>
      DirectFileSink.create(path, (refusal) => {
        this.#outputs--
        this.#noteRefusal(refusal)
      }),
    )
    this.#outputs++
    return output
  }

  /** Counts the files of this directory. */
  stats(): DirectIODirectoryStats {
    return {
      inputs: this.#inputs,
      outputs: this.#outputs,
      refused: this.#refused,
      refusal: this.#refusal,
    }
  }

  /**
   * For subclasses: whether a file is to go past the cache; `fileLength` is missing for a new one. Here:
   * one of a merge that is estimated to write at least `minBytesDirect`, unless it is shorter itself.
   */
  protected useDirectIO(_name: string, context: IOContext, fileLength?: number): boolean {
    const bytes = context.kind === 'merge' ? context.mergeInfo?.estimatedMergeBytes : undefined
    if (bytes === undefined || bytes < this.#minBytesDirect) return false
    return fileLength === undefined || fileLength >= this.#minBytesDirect
  }

  #noteRefusal(refusal: StorageError): void {
    if (this.#refused++ > 0) return
    this.#refusal = refusal
    process.emitWarning(`${refusal.message}. So do others of this directory.`, {
      type: 'DirectIOWarning',
      code: refusal.code,
    })
  }
}

const DEFAULT_MIN_BYTES_DIRECT = 10 * 1024 * 1024
