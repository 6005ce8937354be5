import { invalidType } from '../store/arguments.js'
import type { Directory } from '../store/directory.js'
import type { IndexOutput } from '../store/index-output.js'
import type { IOContext } from '../store/io-context.js'
import type { Lock } from '../store/lock.js'
import { FilterDirectory } from './filter-directory.js'

/**
 * Asks a lock whether it is still held before anything is changed: what Lock.ensureValid() throws,
 * every method throws that makes, removes, renames or syncs files, and nothing happens. Reading
 * needs no lock. The lock is not closed with the directory.
 *
 * Temporary files are among what is checked, unlike in Lucene: a writer that has lost its lock
 * would put them among those of the lock's new holder.
 */
export class LockValidatingDirectoryWrapper extends FilterDirectory {
  readonly #lock: Lock

  constructor(delegate: Directory, lock: Lock) {
    super(delegate)
    if (typeof lock?.ensureValid !== 'function') throw invalidType('lock', 'a Lock', lock)
    this.#lock = lock
  }

  override createOutput(name: string, context?: IOContext): IndexOutput {
    this.#ensureValid()
    return super.createOutput(name, context)
  }

  override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    this.#ensureValid()
    return super.createTempOutput(prefix, suffix, context)
  }

  /** Leaves copying to the directory behind it, which may have a faster way. */
  override copyFrom(from: Directory, source: string, destination: string, context?: IOContext): void {
    this.#ensureValid()
    this.getDelegate().copyFrom(from, source, destination, context)
  }

  override deleteFile(name: string): void {
    this.#ensureValid()
    super.deleteFile(name)
  }

  override rename(source: string, destination: string): void {
    this.#ensureValid()
    super.rename(source, destination)
  }

  override async sync(names: Iterable<string>): Promise<void> {
    this.#ensureValid()
    await super.sync(names)
  }

  override async syncMetaData(): Promise<void> {
    this.#ensureValid()
    await super.syncMetaData()
  }

  #ensureValid(): void {
    this.ensureOpen()
    this.#lock.ensureValid()
  }
}
