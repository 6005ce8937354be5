import type { ChunkFile } from '../mmap/mapped-chunk.js'
import { mapFailure } from '../mmap/map-failure.js'
import type { NativeAddon, NativeError, PinnedBuffer } from '../native.js'
import { checkRange, checkSize, outOfRange } from '../store/arguments.js'
import { AlreadyClosedError } from '../store/errors.js'
import { LONGEST_ARRAY } from '../store/intrinsics.js'

/**
 * A part of a file as a Metal buffer, with storage that processor and GPU share. Made by exportToMetal().
 *
 * The buffer, and the mapping below it, stay until release(), whatever is closed before; without it,
 * until the thread that made the export ends. Being collected does not end it, since nobody here knows
 * what native code still uses. mappingStats().pins counts those that are left.
 */
export interface MetalExport extends Disposable {
  /**
   * The id<MTLBuffer>, for another native addon. It is this export's own: who needs it beyond release() has
   * to retain it, but even then must not use it, since the pages are gone by then. A program for the
   * GPU must not write into it where `zeroCopy` is true: the pages are read-only.
   */
  readonly handle: bigint
  /** Where the data is in the file, whatever slice was exported. */
  readonly fileOffset: number
  /** Where the data is in the buffer: what a kernel's argument is bound with. */
  readonly offset: number
  /** Bytes of data. */
  readonly length: number
  /** Bytes of the buffer: whole pages; of a copy, `length`. */
  readonly alignedLength: number
  /** Whether the buffer is the mapped pages themselves. */
  readonly zeroCopy: boolean
  /** Why it is a copy. */
  readonly reason: string | undefined

  /**
   * The data, or a part of it, as an array of the caller's own, as IndexInput.view() makes them: from the
   * file, not from the buffer, so that nothing that is done with it reaches the GPU. It outlives
   * release().
   *
   * Throws a RangeError when the part is not within the data or longer than the engine's longest array,
   * AlreadyClosedError after release(), MapFailedError when the system refuses.
   */
  contents(offset?: number, length?: number): Uint8Array<ArrayBuffer>

  /**
   * Gives back first the buffer, then the pages, unless someone else holds them. The GPU must be done with
   * it. Doing so again does nothing. Belongs to the thread that made the export.
   */
  release(): void
}

export class BufferExport implements MetalExport {
  readonly handle: bigint
  readonly fileOffset: number
  readonly offset: number
  readonly length: number
  readonly alignedLength: number
  readonly zeroCopy: boolean
  readonly reason: string | undefined
  readonly #addon: NativeAddon
  readonly #id: number
  readonly #file: ChunkFile
  #released = false

  constructor(addon: NativeAddon, buffer: PinnedBuffer, file: ChunkFile) {
    this.handle = buffer.handle
    this.fileOffset = buffer.fileOffset
    this.offset = buffer.offset
    this.length = buffer.length
    this.alignedLength = buffer.alignedLength
    this.zeroCopy = buffer.reason === undefined
    this.reason = buffer.reason
    this.#addon = addon
    this.#id = buffer.id
    this.#file = file
  }

  contents(offset = 0, length?: number): Uint8Array<ArrayBuffer> {
    const { path, chunkPower } = this.#file
    if (this.#released) throw new AlreadyClosedError(`Already released: the Metal buffer of ${path}`)
    checkSize('offset', offset)
    const count = length ?? Math.max(this.length - offset, 0)
    checkRange('contents()', offset, count, this.length)
    if (count === 0) return new Uint8Array(0)
    const lead = (this.fileOffset + offset) % this.#addon.mappingGranularity
    if (lead + count > LONGEST_ARRAY) {
      throw outOfRange('contents(): length', `at most ${LONGEST_ARRAY - lead} here`, count)
    }
    try {
      return new Uint8Array(this.#addon.viewPin(this.#id, offset, count), lead, count)
    } catch (error) {
      throw mapFailure(error as NativeError, path, count, chunkPower, this.#addon).error
    }
  }

  release(): void {
    this.#released = true
    this.#addon.releasePin(this.#id)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
