import { checkSize, invalidType, outOfRange } from './arguments.js'
import type { IOContext, ReadAdvice } from './io-context.js'
import type { FileFaultError, MapFailedError } from './errors.js'
import type { ExportedChunk } from './exported-chunk.js'
import type { SharedSource } from './shared-input.js'
import {
  bufferOf,
  byteOffsetOf,
  checkPart,
  lengthOfKind,
  loadWord,
  newBytes,
  privateView,
} from './intrinsics.js'
import type { WindowTable } from './window-table.js'

/** For memory that nothing can happen to. */
const HEALTHY = new Int32Array([1])

/**
 * A run of bytes of a file that is addressable now. Inputs read from one window at a time and ask
 * their source for another when they leave it.
 */
export class Window {
  /** The bytes; those from `length` on do not count. */
  readonly bytes: Uint8Array
  /** The same memory as `bytes`, both as one and as its buffer. */
  readonly data: DataView
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  /**
   * One word, 0 once bytes of the window may be zeros in place of what could not be read: all from
   * some place on.
   */
  readonly health: Int32Array
  /** Where in the file the first byte is. */
  start = 0
  /** How many bytes count. */
  length = 0
  /** Several inputs may be reading here: a source must not fill this window with other bytes. */
  shared = false

  /** `bytes` are at most 2^30 + 8: V8 is slow at indices from 2^31 on. */
  constructor(start: number, bytes: Uint8Array, length?: number, health: Int32Array = HEALTHY) {
    const available = lengthOfKind(bytes, 'Uint8Array')
    if (available === undefined) throw invalidType('bytes', 'a Uint8Array', bytes)
    if (available > LONGEST) throw outOfRange('bytes.length', `at most ${LONGEST}`, available)
    checkSize('start', start)
    checkPart(0, length ?? available, available)
    this.bytes = available === 0 ? newBytes(0) : bytes // a detached array has no memory to look at
    this.buffer = bufferOf(this.bytes)
    this.byteOffset = byteOffsetOf(this.bytes)
    this.data = privateView(this.buffer, this.byteOffset, available)
    this.start = start
    this.length = length ?? available
    this.health = health
  }
}

/**
 * Whether a window has lost bytes. Asked after a load, and only when what was loaded looks like
 * the zeros that take the place of lost pages: a check before the load would be one value late.
 *
 * A function declaration, as hasZeroByte is: TypeScript assigns the export of a `const` twice, and
 * V8 then compares it with what it compiled at every read.
 */
export function isLost(window: Window): boolean {
  return LOADS_IN_ORDER ? window.health[0] === 0 : loadWord(window.health, 0) === 0
}

/** Whether one of a word's four bytes is 0, as every byte is that was lost. */
export function hasZeroByte(word: number): boolean {
  return ((word - 0x0101_0101) & ~word & 0x8080_8080) !== 0
}

/** Other processors may reorder the two loads. */
const LOADS_IN_ORDER = process.arch === 'x64' || process.arch === 'ia32'

const LONGEST = 2 ** 30 + 8

/** The window of an input that has not read yet. */
export const NOTHING = new Window(0, new Uint8Array(0))
NOTHING.shared = true

/**
 * Where an IndexInput gets its windows from: a mapping, a file that is read, memory, or whatever
 * a program brings along. One source serves the opened input and all of its clones and slices, in
 * one thread. Offsets and lengths are checked before a source sees them, and it is not asked for
 * anything after close().
 */
export interface WindowSource {
  /** Bytes in the file. Does not change. */
  readonly length: number

  /**
   * A window that holds at least the `need` bytes from `position` on (1..8, all of them in the
   * file). `spent`, when given, is the window that the asking input leaves; nobody else reads it,
   * so that the source may fill it anew and return it.
   */
  window(position: number, need: number, spent: Window | undefined): Window

  /** Windows that were made and will stay: who comes back to one need not ask window() again. */
  readonly windows?: WindowTable

  /**
   * Reads `length` bytes straight into `target`, past the windows; only asked for reads of at
   * least `directLength` bytes. Without it, long reads are copied window by window.
   */
  read?(position: number, target: Uint8Array, offset: number, length: number): void
  readonly directLength?: number

  /**
   * The bytes themselves, without copying, which the caller may even change without effect on
   * anyone else; undefined where only a copy can be had. Throws MapFailedError where the system
   * refuses.
   */
  view?(offset: number, length: number): Uint8Array<ArrayBuffer> | undefined

  /**
   * Continues the CRC-32 `checksum` with the bytes of a range without copying them; undefined where
   * it cannot. Without it, the bytes are read.
   */
  checksum?(offset: number, length: number, checksum: number): number | undefined

  /** Whether it is mapped, and if mapping was tried in vain, why. */
  readonly mapped?: boolean
  readonly mapFailure?: MapFailedError | undefined

  /**
   * What has been lost of the file, if anything: pages that could not be read or, when asked to
   * look `closely` (a system call), an end that was cut off. Asked after reads, see Window.health.
   */
  fault?(closely: boolean): FileFaultError | undefined

  /** The advice in force for a range; advise() may change it at any time. */
  advice?(offset: number, length: number): ReadAdvice
  advise?(offset: number, length: number, context: IOContext): void

  /**
   * Gets at most 2^20 bytes without keeping the event loop waiting: resolves with exactly these, in
   * an array that nobody else uses, or with undefined when windows over them can be read at once
   * now. Without it, readAsync() reads windows.
   */
  fetch?(
    position: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> | undefined

  prefetch?(offset: number, length: number): void
  /** Offsets and lengths in turn. Without it, prefetch() is called for each of them. */
  prefetchRanges?(ranges: Float64Array): void

  isLoaded?(offset: number, length: number): boolean | undefined
  /** How many of the bytes are in memory now; undefined where the system does not tell. */
  residentBytes?(offset: number, length: number): number | undefined
  load?(offset: number, length: number, options: LoadOptions): Promise<void>

  /** Where the bytes of a range are in memory, which stays so until the last of these is released. */
  exportChunks?(offset: number, length: number): ExportedChunk[]

  /** Keeps the source for another thread, which will read this part of it. */
  share?(start: number, length: number): SharedSource

  /** Resolves when the loading that opening the file began is done. */
  readonly loaded?: Promise<void> | undefined

  /** Ends the source and everything read from it. Called once. */
  close(): void
}

export interface LoadOptions {
  /** Ends the load early: its promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called between pieces, with the bytes that are loaded and those that were asked for. */
  readonly onProgress?: ((loaded: number, total: number) => void) | undefined
}
