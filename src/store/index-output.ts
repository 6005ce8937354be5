import { checkSize, outOfRange } from './arguments.js'
import type { OutputSink } from './buffered-index-output.js'
import { DataOutput } from './data-output.js'

/**
 * A file that is being written, from its start to its end, once. It is whole when close() has
 * returned and safe from a power cut when Directory.sync() has; a failed write ends it: all that
 * can be done then is to close and delete it. Belongs to the thread that made it.
 *
 * After close(), every method but close(), getName() and toString() throws AlreadyClosedError.
 */
export abstract class IndexOutput extends DataOutput implements Disposable {
  /**
   * An output to a storage of one's own, buffered and summed up like that of every directory. It
   * owns the sink and closes it. `name` is the file's, `description` what error messages call it.
   * Throws InvalidFileNameError for a bad name.
   */
  static from: (sink: OutputSink, name: string, description: string) => IndexOutput

  /** The file's name in its directory. */
  abstract getName(): string

  /** Bytes written so far. */
  abstract getFilePointer(): number

  /** CRC-32 (as zlib's) of everything written so far, 0..2^32 − 1. */
  abstract getChecksum(): number

  /** Ends the file. Doing so again does nothing. */
  abstract close(): void

  abstract override toString(): string

  /** Writes zeros up to the next multiple of `alignment`, a power of two, and returns the position then. */
  alignFilePointer(alignment: number): number {
    const position = this.getFilePointer()
    const aligned = alignOffset(position, alignment)
    for (let i = position; i < aligned; i++) this.writeByte(0)
    return aligned
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** The next multiple of `alignment`, a power of two, from `offset` on. */
export function alignOffset(offset: number, alignment: number): number {
  checkSize('offset', offset)
  if (
    !Number.isSafeInteger(alignment) ||
    alignment < 1 ||
    2 ** Math.round(Math.log2(alignment)) !== alignment
  ) {
    throw outOfRange('alignment', 'a power of two', alignment)
  }
  const aligned = Math.ceil(offset / alignment) * alignment
  checkSize('the aligned offset', aligned)
  return aligned
}
