import { checkSize, checkString, invalidType } from './arguments.js'
import type { ChecksumIndexInput } from './checksum-index-input.js'
import { AlreadyClosedError } from './errors.js'
import { BufferedChecksumIndexInput } from './buffered-checksum-index-input.js'
import { ignoringErrors } from './ignoring-errors.js'
import { IOContext } from './io-context.js'
import type { IndexInput } from './index-input.js'
import type { IndexOutput } from './index-output.js'
import type { Lock } from './lock.js'

/**
 * A flat set of files that are written once and then only read.
 *
 * Names are checked by every method: InvalidFileNameError for one that could leave the directory.
 * After close(), every method but close(), getPendingDeletions() and toString() throws
 * AlreadyClosedError. Inputs that are open then stay readable, outputs writable and locks held:
 * each has its own end. Belongs to the thread that made it; other threads open their own.
 *
 * Who writes one calls ensureOpen() first in each method, then checkFileName() for each name and
 * checkContext() for a context.
 */
export abstract class Directory implements Disposable {
  #open = true

  /** The names of all entries, in UTF-16 order, without those whose deletion is pending. */
  abstract listAll(): string[]

  /**
   * The length of a file in bytes. Throws FileNotFoundError. While a file is being written, what
   * it says is unspecified.
   */
  abstract fileLength(name: string): number

  /**
   * Opens a file for reading. Throws FileNotFoundError, AccessDeniedError, NotAFileError, and
   * AccessDeniedError for a file in memory that is still being written.
   */
  abstract openInput(name: string, context?: IOContext): IndexInput

  /** Opens a file to be read once, from its start, with its checksum. */
  openChecksumInput(name: string): ChecksumIndexInput {
    return new BufferedChecksumIndexInput(this.openInput(name, IOContext.READONCE))
  }

  /** Makes a file, which is there at once and empty. Throws FileAlreadyExistsError. */
  abstract createOutput(name: string, context?: IOContext): IndexOutput

  /** Makes a file with a name that is still free, `prefix_suffix_N.tmp`: see IndexOutput.getName(). */
  abstract createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput

  /**
   * Copies a file of any directory into this one; `context` is for the new file. Where that fails,
   * the new file is removed.
   */
  copyFrom(
    from: Directory,
    source: string,
    destination: string,
    context: IOContext = IOContext.DEFAULT,
  ): void {
    if (!(from instanceof Directory)) throw invalidType('from', 'a Directory', from)
    const input = from.openInput(source, IOContext.READONCE)
    let output: IndexOutput | undefined
    try {
      output = this.createOutput(destination, context)
      output.copyBytes(input, input.length())
      input.close() // tells of a source that was cut meanwhile
      output.close()
    } catch (error) {
      ignoringErrors(() => input.close())
      if (output !== undefined) {
        ignoringErrors(() => output?.close())
        ignoringErrors(() => this.deleteFile(destination))
      }
      throw error
    }
  }

  /**
   * Removes a file. Throws FileNotFoundError. Inputs that are open stay readable. Where the system
   * does not let go of a file in use (Windows), the name is gone from this directory at once and
   * the file later: see getPendingDeletions().
   */
  abstract deleteFile(name: string): void

  /**
   * Gives a file another name, at once and whole. Throws FileNotFoundError, or
   * FileAlreadyExistsError when the new name is taken. Inputs that are open stay readable.
   */
  abstract rename(source: string, destination: string): void

  /**
   * Resolves when the files' contents would survive a power cut. Throws FileNotFoundError. A file
   * for which it fails is lost: this directory refuses it with the same error from then on.
   */
  abstract sync(names: Iterable<string>): Promise<void>

  /** Resolves when new names, renames and deletions would survive a power cut. */
  abstract syncMetaData(): Promise<void>

  /** Takes a lock at once or throws LockObtainFailedError; never waits: see waitForLock(). */
  abstract obtainLock(name: string): Lock

  /** Names that were deleted while their files could not be removed yet. Tries again first. */
  abstract getPendingDeletions(): ReadonlySet<string>

  /** Ends this directory, not what was opened through it. Doing so again does nothing. */
  close(): void {
    this.#open = false
  }

  abstract toString(): string

  [Symbol.dispose](): void {
    this.close()
  }

  /** For subclasses: the name of a temporary file, `prefix_suffix_N.tmp` with the counter in base 36. */
  protected static getTempFileName(prefix: string, suffix: string, counter: number): string {
    checkString('prefix', prefix)
    checkString('suffix', suffix)
    checkSize('counter', counter)
    return `${prefix}_${suffix}_${counter.toString(36)}.tmp`
  }

  /** For subclasses: whether close() has not been called. */
  protected get isOpen(): boolean {
    return this.#open
  }

  /** For subclasses: throws AlreadyClosedError after close(). */
  protected ensureOpen(): void {
    if (!this.#open) throw new AlreadyClosedError(`This directory is closed: ${this.toString()}`)
  }
}
