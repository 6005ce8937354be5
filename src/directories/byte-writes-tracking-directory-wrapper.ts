import { checkOptions, invalidType } from '../store/arguments.js'
import type { Directory } from '../store/directory.js'
import type { IndexOutput } from '../store/index-output.js'
import { IOContext } from '../store/io-context.js'
import { FilterDirectory } from './filter-directory.js'
import { FilterIndexOutput } from './filter-index-output.js'

export interface ByteWritesTrackingOptions {
  /** Count temporary files as well; by default they are left out. */
  readonly trackTempOutput?: boolean
}

/**
 * Counts the bytes of files that were written for flushes and for merges, as their contexts say;
 * files of other contexts are not counted. A file counts when it has been closed without an error,
 * once, whatever happens to it then.
 */
export class ByteWritesTrackingDirectoryWrapper extends FilterDirectory {
  readonly #trackTempOutput: boolean
  readonly #bytes = { flush: 0, merge: 0 }

  constructor(delegate: Directory, options: ByteWritesTrackingOptions = {}) {
    super(delegate)
    checkOptions('ByteWritesTrackingDirectoryWrapper', options, ['trackTempOutput'])
    const { trackTempOutput = false } = options
    if (typeof trackTempOutput !== 'boolean') {
      throw invalidType('option trackTempOutput', 'a boolean', trackTempOutput)
    }
    this.#trackTempOutput = trackTempOutput
  }

  override createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    return this.#counted(super.createOutput(name, context), context)
  }

  override createTempOutput(
    prefix: string,
    suffix: string,
    context: IOContext = IOContext.DEFAULT,
  ): IndexOutput {
    const output = super.createTempOutput(prefix, suffix, context)
    return this.#trackTempOutput ? this.#counted(output, context) : output
  }

  getFlushedBytes(): number {
    return this.#bytes.flush
  }

  getMergedBytes(): number {
    return this.#bytes.merge
  }

  #counted(output: IndexOutput, { kind }: IOContext): IndexOutput {
    if (kind !== 'flush' && kind !== 'merge') return output
    return new CountedOutput(output, (bytes) => {
      this.#bytes[kind] += bytes
    })
  }
}

class CountedOutput extends FilterIndexOutput {
  readonly #count: (bytes: number) => void
  #closed = false

  constructor(delegate: IndexOutput, count: (bytes: number) => void) {
    super(delegate)
    this.#count = count
  }

  override close(): void {
    if (this.#closed) return
    this.#closed = true
    let bytes = 0
    try {
      bytes = this.getFilePointer()
    } catch {
      // Writing has failed: what there is of the file does not count.
    }
    super.close()
    this.#count(bytes)
  }
}
