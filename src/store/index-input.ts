import { DataInput } from './data-input.js'
import type { MapFailedError } from './errors.js'
import type { ExportedChunk } from './exported-chunk.js'
import type { IOContext, ReadAdvice } from './io-context.js'
import type { RandomAccessInput } from './random-access-input.js'
import type { SharedInput } from './shared-input.js'
import type { LoadOptions, WindowSource } from './window.js'

/**
 * A file, or a part of one, that is read from any position. Files do not change while they are
 * open.
 *
 * clone() and slice() are cheap and need no closing. Closing the input that a directory returned
 * ends all of its clones and slices; closing a clone or a slice ends only that one. After that,
 * every method throws AlreadyClosedError, and close() does nothing. Belongs to the thread that
 * opened it.
 */
export abstract class IndexInput extends DataInput implements Disposable {
  /**
   * An input over a storage of one's own. It owns the source and closes it. `description` is what
   * error messages call it.
   */
  static from: (source: WindowSource, description: string) => IndexInput

  /** The position of the next read, from the start of this input. */
  abstract getFilePointer(): number

  /**
   * Moves to a position from 0 to length(). Throws a RangeError for a position that is negative
   * or no whole number, EndOfFileError past the end.
   */
  abstract seek(position: number): void

  /** Bytes in this input. */
  abstract length(): number

  /** An input on the same bytes at the same position, which then moves by itself. */
  abstract clone(): IndexInput

  /**
   * An input on a part of this one, at position 0, with length() `length`. Throws a RangeError
   * when the part is not within this input. With a context, the pages that lie wholly in the part
   * get its advice.
   */
  abstract slice(description: string, offset: number, length: number, context?: IOContext): IndexInput

  /** Absolute reads of a part of this input. Throws a RangeError as slice() does. */
  abstract randomAccessSlice(offset: number, length: number): RandomAccessInput

  /**
   * A part of the file as an array, without copying it where the file is mapped. The array is the
   * caller's: it stays readable after close(), and what is written into it changes neither the
   * file nor what anyone else reads. Its byteOffset is congruent to the offset in the file modulo
   * the page, so that `new Float32Array(view.buffer, view.byteOffset, …)` works for data that is
   * aligned in the file.
   *
   * Throws a RangeError when the part is not within this input or longer than the engine's
   * longest array (4 GiB on Node 20). With `copy: 'never'`: a TypeError when the file is not mapped,
   * MapFailedError when the system refuses to map the view.
   */
  abstract view(offset: number, length: number, options?: ViewOptions): Uint8Array<ArrayBuffer>

  /**
   * Fills `target` with the bytes from `position` on, for which the event loop does not wait: what
   * is in memory is copied at once, the rest when the device has brought it. Many reads under way
   * at a time keep a device busy where one reader cannot. Moves nothing.
   *
   * Rejected with what readBytes() throws; with AlreadyClosedError when this input is closed in the
   * meantime, with the signal's reason when that is aborted, with a TypeError when the target was
   * transferred away. The target's bytes are unspecified then, but nothing is written into it from
   * then on.
   */
  abstract readAsync(position: number, target: Uint8Array, options?: ReadAsyncOptions): Promise<void>

  /**
   * Says that a range will be read soon. Never waits, never fails because of the disk. Where the
   * last thousand prefetches of this file (of any clone or slice) have found all in memory, most
   * are passed over until one misses again.
   */
  abstract prefetch(offset: number, length: number): void

  /** As prefetch(), for many ranges in one call. Throws a RangeError unless all are within this input. */
  abstract prefetchRanges(ranges: readonly ByteRange[]): void

  /**
   * Brings a range (by default everything) into memory and resolves when it is there. The event
   * loop stays free. The system may drop pages again when it needs memory. Where the file is not
   * mapped, it fills the system's cache.
   */
  abstract load(options?: LoadRange): Promise<void>

  /**
   * Resolves when the preload that the directory's options asked for is done, is rejected where
   * it failed, and is undefined where none was asked for. No unhandled rejection comes of
   * ignoring it.
   */
  abstract readonly loaded: Promise<void> | undefined

  /** Whether all of this input is in memory now; undefined where the system does not tell. */
  abstract isLoaded(): boolean | undefined

  /** How many bytes of this input are in memory now; undefined where the system does not tell. */
  abstract residentBytes(): number | undefined

  /** The read advice in force. */
  abstract readonly advice: ReadAdvice

  /** Whether reads come straight from a mapping. */
  abstract readonly mapped: boolean

  /**
   * Hands this input to another thread of the process, where attachInput() makes one of it that
   * covers the same bytes, at the same position, over the same mapping. Each of the two has an end
   * of its own. A file that is not mapped is opened anew there. Throws a TypeError where another
   * thread cannot reach the storage (memory, a source of one's own, a checksum input).
   */
  abstract share(): SharedInput

  /**
   * Says where this input's bytes are in memory, for native code: one entry for each mapped chunk (2^34
   * bytes, or as the directory's `chunkPower` says), or the part of it that this input covers, in the
   * order of the file; none for an input of length 0. Each keeps its bytes there until it is released:
   * see ExportedChunk.
   *
   * Throws a TypeError (ERR_UNSUPPORTED_OPERATION) where the bytes are not mapped, and FileFaultError where
   * some of them are lost already. A RangeError where there are more than 65,536 chunks: slices of such an
   * input can be exported.
   */
  abstract exportChunks(): ExportedChunk[]

  /**
   * Throws FileFaultError if a page of the file, or of a view of it, could not be read, or if the
   * file has become shorter. Reads do so themselves, except for this: a scalar read of the last
   * page of a file that was cut within that page sees zeros. For a view it is the only way to know.
   */
  abstract checkFault(): void

  /** Why the file is not mapped although that was wanted. */
  abstract readonly mapFailure: MapFailedError | undefined

  /** Changes the advice for the pages of this input to what the context asks for. */
  abstract updateIOContext(context: IOContext): void

  /**
   * Ends this input: see above. Of the input that was opened, it also compares the file's length
   * with the mapped one and throws FileFaultError when the file was cut and no read has said so
   * yet; throws a StorageError where the system answers closing its file with an error. The input is
   * closed all the same. Doing so again does nothing.
   */
  abstract close(): void

  /** What this is: the directory's kind, the path, the slices. Works after close, too. */
  abstract override toString(): string

  [Symbol.dispose](): void {
    this.close()
  }
}

export interface ReadAsyncOptions {
  /** Ends the read early: its promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** A part of an input. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface ViewOptions {
  /** 'never' refuses where only a copy can be had. */
  readonly copy?: 'allow' | 'never'
}

export interface LoadRange extends LoadOptions {
  /** From 0; by default the start. */
  readonly offset?: number | undefined
  /** By default up to the end. */
  readonly length?: number | undefined
}
