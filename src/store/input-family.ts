import {
  memoryGone,
  checkOptions,
  checkRange,
  checkWatching,
  outOfRange,
  invalidValue,
  unsupported,
} from './arguments.js'
import { AlreadyClosedError, EndOfFileError, type FileFaultError, MapFailedError } from './errors.js'
import type { ExportedChunk } from './exported-chunk.js'
import type { LoadRange, ViewOptions } from './index-input.js'
import {
  type ArrayOf,
  bytesOf,
  isInstance,
  lengthOf,
  littleEndian,
  LONGEST_ARRAY,
  setElements,
} from './intrinsics.js'
import { memoryFor } from './memory-for.js'
import { isLost, NOTHING, Window, type WindowSource } from './window.js'
import { WindowTable } from './window-table.js'

/**
 * What an opened input, its clones and its slices have in common: one source, one end. A file
 * within a file (of a compound file) is a family within a family, which ends with the outer one at
 * the latest; what is lost of the source is lost for all of them.
 */
export class InputFamily {
  /** Looked at by every read: closed by its owner, or lost. */
  closed = false
  #ended = false
  readonly source: WindowSource
  readonly description: string
  readonly #outermost: InputFamily
  #fault: FileFaultError | undefined // of the outermost
  // The families within this one, as a list: a Set's methods could have been patched to see them.
  #inner: InputFamily | undefined
  #next: InputFamily | undefined
  #previous: InputFamily | undefined
  readonly #outer: InputFamily | undefined
  readonly #windows: WindowTable | undefined // the source's

  constructor(source: WindowSource, description: string, outer?: InputFamily) {
    this.source = source
    this.description = description
    this.#outer = outer
    this.#windows = source.windows instanceof WindowTable ? source.windows : undefined
    this.#outermost = outer === undefined ? this : outer.#outermost
    if (outer === undefined) return
    this.#next = outer.#inner
    if (this.#next !== undefined) this.#next.#previous = this
    outer.#inner = this
  }

  close(): void {
    if (this.#ended) return
    // Whoever has read to the end and closes would otherwise never hear of a file that was cut.
    const heard = this.#outermost.#fault !== undefined
    this.#end()
    this.#leaveOuter()
    try {
      const fault = heard ? undefined : this.source.fault?.(true)
      if (fault !== undefined) throw fault
    } finally {
      if (this.#outer === undefined) this.source.close()
    }
  }

  #end(): void {
    this.closed = true
    this.#ended = true
    for (let inner = this.#inner; inner !== undefined; inner = inner.#next) inner.#end()
  }

  #leaveOuter(): void {
    if (this.#outer === undefined) return
    if (this.#previous !== undefined) this.#previous.#next = this.#next
    else if (this.#outer.#inner === this) this.#outer.#inner = this.#next
    if (this.#next !== undefined) this.#next.#previous = this.#previous
  }

  /** What an input that was closed for itself belongs to from then on. */
  closedTwin(): InputFamily {
    const twin = new InputFamily(this.source, this.description)
    twin.#end()
    return twin
  }

  ensureOpen(input: { toString(): string }): void {
    if (!this.closed) return
    const fault = this.#outermost.#fault
    if (fault !== undefined && !this.#ended) throw fault
    throw new AlreadyClosedError(`Already closed: ${input.toString()}`)
  }

  /** Throws FileFaultError, now and from every later call, if something of the file was lost. */
  checkFault(closely: boolean): void {
    const outermost = this.#outermost
    outermost.#fault ??= this.source.fault?.(closely)
    if (outermost.#fault === undefined) return
    outermost.#lose()
    throw outermost.#fault
  }

  #lose(): void {
    this.closed = true
    for (let inner = this.#inner; inner !== undefined; inner = inner.#next) inner.#lose()
  }

  /** To be called after a byte was read that looks lost: 0, or undefined where the memory of a program's own array is gone. */
  checkRead(byte: number | undefined): void {
    if (byte === undefined) throw memoryGone(this.description)
    this.checkFault(false)
  }

  /** To be called after `length` bytes were copied out of a window. */
  checkCopied(window: Window, length: number): void {
    if (length >= CLOSE_LOOK) this.checkFault(true)
    else if (isLost(window)) this.checkFault(false)
  }

  /** The window that holds `position`, or NOTHING where the source has to be asked for it. */
  known(position: number): Window {
    return this.#windows === undefined ? NOTHING : this.#windows.known(position)
  }

  /** A window of the source with `need` bytes from `position` on; a source of a program's own may be wrong. */
  window(position: number, need: number, spent: Window | undefined): Window {
    const known = this.known(position)
    if (position + need <= known.start + known.length) return known
    const window = this.source.window(position, need, spent)
    if (
      !isInstance(Window, window) ||
      window.length > lengthOf(window.bytes) ||
      !(window.start <= position && position + need <= window.start + window.length)
    ) {
      throw Object.assign(
        new TypeError(`The source has no window with ${need} bytes at ${position}: ${this.description}`),
        { code: 'ERR_INVALID_RETURN_VALUE' },
      )
    }
    // A value put together of several pieces may have lost other bytes than its last.
    if (isLost(window)) this.checkFault(false)
    return window
  }

  /** A copy of [offset, offset + length) of the file, or the pages themselves. */
  view(
    offset: number,
    length: number,
    copy: 'allow' | 'never',
    what: { toString(): string },
  ): Uint8Array<ArrayBuffer> {
    const lead = offset % VIEW_ALIGNMENT
    if (lead + length > LONGEST_ARRAY) {
      throw outOfRange(
        'view: length',
        `at most ${LONGEST_ARRAY - lead} here (the longest array of this engine has ${LONGEST_ARRAY} bytes)`,
        length,
      )
    }
    this.checkFault(true)
    let refused: MapFailedError | undefined
    try {
      const direct = this.source.view?.(offset, length)
      if (direct !== undefined) return direct
    } catch (error) {
      if (copy === 'never' || !(error instanceof MapFailedError)) throw error
      refused = error
    }
    if (copy === 'never')
      throw invalidValue(`view: not mapped, so that it would have to be copied: ${what.toString()}`)
    const target = new Uint8Array(
      memoryOr(refused, lead + length, `view of ${what.toString()}`),
      lead,
      length,
    )
    this.copy(offset, target, 0, length)
    return target
  }

  /** Continues a CRC-32 with bytes of the file; undefined where the source does not without copying. */
  checksum(
    offset: number,
    length: number,
    checksum: number,
    what: { toString(): string },
  ): number | undefined {
    this.ensureOpen(what)
    const next = this.source.checksum?.(offset, length, checksum)
    if (next === undefined) return undefined
    this.checkFault(false)
    if (next >>> 0 === next) return next
    throw Object.assign(new TypeError(`The source's checksum is none: ${String(next)}: ${what.toString()}`), {
      code: 'ERR_INVALID_RETURN_VALUE',
    })
  }

  /** Where a range of the file is in memory. */
  exportChunks(offset: number, length: number, what: { toString(): string }): ExportedChunk[] {
    const { source } = this
    if (source.exportChunks === undefined) {
      throw unsupported(`Not mapped, so that it has no address: ${what.toString()}`, source.mapFailure)
    }
    this.checkFault(true)
    return source.exportChunks(offset, length)
  }

  /** Reads [position, position + length) of the file past anyone's current window. */
  copy(position: number, target: Uint8Array, offset: number, length: number): void {
    const { source } = this
    if (source.read !== undefined) {
      source.read(position, target, offset, length)
      return
    }
    for (let done = 0; done < length;) {
      const window = this.window(position + done, 1, undefined)
      const at = position + done - window.start
      const count = Math.min(length - done, window.length - at)
      copyBytes(window, at, target, offset + done, count)
      this.checkCopied(window, count)
      done += count
    }
  }

  async load(
    start: number,
    available: number,
    range: LoadRange,
    what: { toString(): string },
  ): Promise<void> {
    checkOptions('load', range, ['offset', 'length', 'signal', 'onProgress'])
    const { offset = 0, length = available - offset, signal, onProgress } = range
    checkRange('load', offset, length, available)
    checkWatching(signal, onProgress)
    signal?.throwIfAborted()
    this.ensureOpen(what) // all of the above may have been the program's own
    await this.source.load?.(start + offset, length, { signal, onProgress })
    if (!this.closed) this.checkFault(true)
  }
}

/** Of inputs that are being made: see the fields of WindowedInput. */
export const NO_FAMILY = new InputFamily({ length: 0, window: () => NOTHING, close() {} }, '')

/** Reads the options of a view. They may be a program's own getters, and close what is to be read. */
export function copyOption(options: ViewOptions): 'allow' | 'never' {
  checkOptions('view', options, ['copy'])
  const { copy = 'allow' } = options
  if (copy !== 'allow' && copy !== 'never')
    throw invalidValue(`view: copy must be 'allow' or 'never', got '${String(copy)}'`)
  return copy
}

/** Memory for a copy. Where there is none, the error is why it had to be a copy. */
function memoryOr(refused: MapFailedError | undefined, length: number, what: string): ArrayBuffer {
  try {
    return memoryFor(length, what)
  } catch (error) {
    throw refused ?? error
  }
}

export function endOfFile(what: string, position: number, need: number, length: number): EndOfFileError {
  return new EndOfFileError(
    need === 0
      ? `seek past the end: position=${position}, length=${length}: ${what}`
      : `read past the end: position=${position}, bytes=${need}, length=${length}: ${what}`,
  )
}

/** Copies bytes out of a window. A loop is ahead of the engine's `set` only for a few bytes. */
export function copyBytes(
  window: Window,
  at: number,
  target: Uint8Array,
  offset: number,
  length: number,
): void {
  const { bytes } = window
  if (length > 0 && bytes[at + length - 1] === undefined) throw memoryGone('while it was read')
  if (length <= LOOP_LENGTH) {
    for (let i = 0; i < length; i++) target[offset + i] = bytes[at + i]!
  } else {
    setElements(target, bytesOf(window.buffer, window.byteOffset + at, length), offset)
  }
}

/**
 * Copies elements that are in the window as in an array of them, with one view of it; over the bytes of the
 * target there would have to be another, which costs as much as copying a KiB. False where they are not.
 */
export function copyAligned<Elements extends ArrayBufferView>(
  window: Window,
  at: number,
  elementsOf: ArrayOf<Elements>,
  target: Elements,
  offset: number,
  count: number,
  size: number,
): boolean {
  const place = window.byteOffset + at
  if (count === 0 || place % size !== 0 || !littleEndian) return false
  if (window.bytes[at + count * size - 1] === undefined) throw memoryGone('while it was read')
  setElements(target, elementsOf(window.buffer, place, count), offset)
  return true
}

const LOOP_LENGTH = 20

// A file may end within its last page: no signal tells of that, only its length does. Reads of
// this many bytes can afford to ask.
const CLOSE_LOOK = 64 * 1024

// The page of most systems, and a multiple of what any typed array asks for.
const VIEW_ALIGNMENT = 4096
