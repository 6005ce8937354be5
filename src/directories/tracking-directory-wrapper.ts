import type { Directory } from '../store/directory.js'
import type { IndexOutput } from '../store/index-output.js'
import type { IOContext } from '../store/io-context.js'
import { FilterDirectory } from './filter-directory.js'

/** Remembers the names of the files that were made through it and are still there. */
export class TrackingDirectoryWrapper extends FilterDirectory {
  readonly #created = new Set<string>()

  override createOutput(name: string, context?: IOContext): IndexOutput {
    const output = super.createOutput(name, context)
    this.#created.add(name)
    return output
  }

  override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    const output = super.createTempOutput(prefix, suffix, context)
    this.#created.add(output.getName())
    return output
  }

  /** Leaves copying to the directory behind it, which may have a faster way. */
  override copyFrom(from: Directory, source: string, destination: string, context?: IOContext): void {
    this.ensureOpen()
    this.getDelegate().copyFrom(from, source, destination, context)
    this.#created.add(destination)
  }

  /** A file that was renamed counts as made here, wherever it came from. */
  override rename(source: string, destination: string): void {
    super.rename(source, destination)
    this.#created.delete(source)
    this.#created.add(destination)
  }

  override deleteFile(name: string): void {
    super.deleteFile(name)
    this.#created.delete(name)
  }

  /** The names, as they are now. */
  getCreatedFiles(): Set<string> {
    return new Set(this.#created)
  }

  /** Begins anew. The files stay. */
  clearCreatedFiles(): void {
    this.#created.clear()
  }
}
