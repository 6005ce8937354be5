import { Directory } from '../store/directory.js'
import type { IndexInput } from '../store/index-input.js'
import type { IndexOutput } from '../store/index-output.js'
import type { IOContext } from '../store/io-context.js'
import type { Lock } from '../store/lock.js'
import { checkDirectory } from './check-directory.js'

/**
 * Another directory, to be changed in some of its methods by subclasses. Everything goes to that
 * directory, and what it returns comes back as it is, so that an input that was opened through
 * filters is the very input of the innermost directory.
 *
 * copyFrom() and openChecksumInput() are the exceptions: they go through this directory's own
 * createOutput() and openInput(), which a subclass may have changed. Closing the filter closes the
 * directory behind it.
 */
export abstract class FilterDirectory extends Directory {
  readonly #delegate: Directory

  constructor(delegate: Directory) {
    super()
    this.#delegate = checkDirectory('delegate', delegate)
  }

  /** The innermost directory behind all filters; a directory that is no filter is its own. */
  static unwrap(directory: Directory): Directory {
    let inner = checkDirectory('directory', directory)
    while (inner instanceof FilterDirectory) inner = inner.#delegate
    return inner
  }

  /** The directory right behind this filter. */
  getDelegate(): Directory {
    return this.#delegate
  }

  listAll(): string[] {
    this.ensureOpen()
    return this.#delegate.listAll()
  }

  fileLength(name: string): number {
    this.ensureOpen()
    return this.#delegate.fileLength(name)
  }

  openInput(name: string, context?: IOContext): IndexInput {
    this.ensureOpen()
    return this.#delegate.openInput(name, context)
  }

  createOutput(name: string, context?: IOContext): IndexOutput {
    this.ensureOpen()
    return this.#delegate.createOutput(name, context)
  }

  createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    this.ensureOpen()
    return this.#delegate.createTempOutput(prefix, suffix, context)
  }

  deleteFile(name: string): void {
    this.ensureOpen()
    this.#delegate.deleteFile(name)
  }

  rename(source: string, destination: string): void {
    this.ensureOpen()
    this.#delegate.rename(source, destination)
  }

  async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    await this.#delegate.sync(names)
  }

  async syncMetaData(): Promise<void> {
    this.ensureOpen()
    await this.#delegate.syncMetaData()
  }

  obtainLock(name: string): Lock {
    this.ensureOpen()
    return this.#delegate.obtainLock(name)
  }

  getPendingDeletions(): ReadonlySet<string> {
    return this.#delegate.getPendingDeletions()
  }

  override close(): void {
    super.close()
    this.#delegate.close()
  }

  override toString(): string {
    return `${this.constructor.name}(${this.#delegate.toString()})`
  }
}
