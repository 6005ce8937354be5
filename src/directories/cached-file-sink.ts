import type { OutputSink } from '../store/buffered-index-output.js'
import type { Directory } from '../store/directory.js'
import type { IndexOutput } from '../store/index-output.js'
import { setPrototypeOf } from '../store/intrinsics.js'

/**
 * A new file of one directory, which can move to another one while it is being written. The output
 * above it keeps its buffer and does not notice.
 */
export class CachedFileSink implements OutputSink {
  readonly #cache: Directory
  readonly #name: string
  readonly #onClose: () => void
  #output: IndexOutput
  #failure: unknown
  #length = 0

  constructor(cache: Directory, name: string, onClose: () => void) {
    this.#cache = cache
    this.#name = name
    this.#onClose = onClose
    this.#output = cache.createOutput(name)
  }

  /** Bytes that have arrived here. */
  get length(): number {
    return this.#length
  }

  /**
   * Copies what was written to a new file of `directory`, which takes everything else. Where that
   * fails, the new file is removed and the output above has failed with the same error.
   */
  moveTo(directory: Directory): void {
    this.#output.close()
    const input = this.#cache.openInput(this.#name)
    let output: IndexOutput | undefined
    try {
      output = directory.createOutput(this.#name)
      output.copyBytes(input, input.length())
      this.#output = output
    } catch (error) {
      this.#failure = error
      if (output !== undefined) removeQuietly(directory, output)
      throw error
    } finally {
      input.close()
    }
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#failure !== undefined) throw this.#failure
    this.#output.writeBytes(bytes, offset, length)
    this.#length += length
    return length
  }

  /** An output that has failed knows of it already. */
  close(complete: boolean): void {
    this.#onClose()
    if (this.#failure === undefined) this.#output.close()
    else if (complete) throw this.#failure
  }
}

function removeQuietly(directory: Directory, output: IndexOutput): void {
  try {
    output.close()
  } catch {
    // It has failed before.
  }
  try {
    directory.deleteFile(output.getName())
  } catch {
    // The first error is the one to report.
  }
}

setPrototypeOf(CachedFileSink.prototype, null) // see MappedSource
