import { getSystemErrorName } from 'node:util'

import type { MappingHandle, MappingShare, NativeAddon, NativeError } from '../native.js'
import { NATIVE_ADVICE } from '../native.js'
import { AdvisedRanges } from '../store/advised-ranges.js'
import { outOfRange } from '../store/arguments.js'
import { AlreadyClosedError, FileFaultError, type StorageError } from '../store/errors.js'
import { bytesOf, loadWord, setPrototypeOf, wordOf } from '../store/intrinsics.js'
import type { IOContext, ReadAdvice } from '../store/io-context.js'
import type { ExportedChunk } from '../store/exported-chunk.js'
import type { SharedSource } from '../store/shared-input.js'
import { type LoadOptions, Window, type WindowSource } from '../store/window.js'
import { WindowTable } from '../store/window-table.js'
import { inPool } from '../fs/pool-queue.js'
import { type FileEvent, report } from './diagnostics.js'
import { mapFailure } from './map-failure.js'
import { mappedChunk } from './mapped-chunk.js'
import { nativeStorageError } from './native-storage-error.js'
import { PrefetchBackoff } from './prefetch-backoff.js'
import { ReadGroups } from './read-groups.js'

/** How far a window reaches into the next one: a value that begins in a window is whole there. */
const OVERLAP = 8

/** V8 is slow at indices from 2^31 on, and Node 20 has no buffer over 4 GiB. */
const WIDEST_WINDOW_POWER = 30

/** What one call brings in. Long enough to be worth a call, short enough to be stopped after. */
const LOAD_PIECE = 4 * 1024 * 1024

/**
 * What may be done in this thread, which must not be kept longer than a tenth of a millisecond:
 * looking whether 256 pages are in memory takes about 10 µs, asking the device for 16 pages 36 µs.
 */
const LOOKED_AT = 1 << 20
const ASKED_FOR = 64 * 1024

export interface MappedSourceOptions {
  readonly path: string
  readonly length: number
  readonly owner: FileOwner
  readonly chunkPower: number
  readonly windowPower: number
  readonly advice: ReadAdvice
  readonly adviceOf: (context: IOContext) => ReadAdvice
  readonly hugePages: boolean
  readonly onHugePagesRefused?: ((refusal: StorageError) => void) | undefined
  /** Is told when the source is closed. */
  readonly onClose?: (() => void) | undefined
}

/** Each costs some microseconds and some hundred bytes. */
const MOST_EXPORTED = 65_536

interface Made {
  readonly chunk: ExportedChunk
  readonly before: Made | undefined
}

/** Some huge pages; making one copies what it holds. */
const COLLAPSE_PIECE = 64 * 1024 * 1024

/** What one look at the pages covers. */
const RESIDENCY_PIECE = 16 * 1024 * 1024

/** This thread's buffer over the table of all mappings' words. */
let faultCells: ArrayBuffer | undefined

/** Of a file, whose residency the system does not tell everybody. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/**
 * Windows are buffers over the mapping: at most 2^windowPower bytes each and a few more. Nobody
 * outside the library gets hold of one.
 */
export class MappedSource implements WindowSource {
  readonly length: number
  /** The mapping's, in this process. */
  readonly id: number
  readonly mapped = true
  #loaded: Promise<void> | undefined

  readonly #addon: NativeAddon
  readonly #handle: MappingHandle
  readonly #options: MappedSourceOptions
  readonly #chunkPower: number
  readonly windows: WindowTable
  readonly #address: string | undefined
  readonly #health: Int32Array
  readonly #advised: AdvisedRanges
  readonly #backoff = new PrefetchBackoff()
  readonly #range = new Float64Array(2) // of prefetch(), for native code
  readonly #outcome = new Uint32Array(2)
  readonly #reads = new ReadGroups((ranges) => this.#bringIn(ranges, true))
  #residencyRefused = false
  #huge: boolean // whether to go on asking for huge pages
  #fault: FileFaultError | undefined
  #closed = false

  /** Maps the file behind `fd`, which stays the caller's. Throws a NativeError. */
  static open(
    addon: NativeAddon,
    fd: number,
    options: MappedSourceOptions & { sideBySide: boolean },
  ): MappedSource {
    const { length, chunkPower, sideBySide, advice } = options
    const source = new MappedSource(addon, addon.openMapping(fd, length, chunkPower, sideBySide), options)
    try {
      if (!addon.advisesRanges) source.#advised.set(0, length, advice)
      else if (advice !== 'normal') source.#advise(0, length, advice)
      source.#useHugePages()
    } catch (error) {
      report('unmap', source.#event())
      addon.closeMapping(source.#handle)
      throw error
    }
    return source
  }

  /** Takes over what another thread of this process has shared; undefined where there is no such thing. */
  static attach(
    addon: NativeAddon,
    share: MappingShare,
    start: number,
    length: number,
    options: MappedSourceOptions,
  ): MappedSource | undefined {
    const handle = addon.attachMapping(share.id, share.key, start, length)
    if (handle === undefined) return undefined
    // What the system knows, rather than what the token says.
    const source = new MappedSource(addon, handle, options)
    source.#advised.set(0, source.length, options.advice)
    return source
  }

  private constructor(addon: NativeAddon, handle: MappingHandle, options: MappedSourceOptions) {
    // What native code knows, which matters for a mapping that came from elsewhere.
    const { id, length, chunkPower, sideBySide, address } = addon.mappingShape(handle)
    this.id = id
    this.length = length
    this.#chunkPower = chunkPower
    this.#advised = new AdvisedRanges(length, addon.pageSize)
    this.#address = address === 0n ? undefined : `0x${address.toString(16)}`
    this.#addon = addon
    this.#options = options
    this.#handle = handle
    this.#huge = options.hugePages
    const widestPower = Math.min(WIDEST_WINDOW_POWER, chunkPower)
    const overlap = sideBySide ? OVERLAP : 0
    const windowPower = Math.min(options.windowPower, widestPower)
    this.windows = new WindowTable(length, windowPower, widestPower, (start, windowLength) =>
      this.#openWindow(start, windowLength + overlap),
    )
    faultCells ??= addon.faultCells()
    this.#health = wordOf(faultCells, addon.faultCell(this.#handle))
    report('map', this.#event())
  }

  window(position: number, need: number): Window {
    const window = this.windows.at(position)
    if (position + need <= window.start + window.length) return window
    return this.#acrossChunks(position, need)
  }

  #openWindow(start: number, longest: number): Window {
    const length = Math.min(longest, this.length - start)
    const buffer = this.#addon.openWindow(this.#handle, start, length)
    return new Window(start, bytesOf(buffer, 0, length), length, this.#health)
  }

  /** A few bytes around the end of a chunk whose neighbour is mapped elsewhere, put together. */
  #acrossChunks(position: number, need: number): Window {
    const bytes = new Uint8Array(need)
    for (let i = 0; i < need; i++) {
      const from = this.windows.at(position + i)
      bytes[i] = from.bytes[position + i - from.start]!
    }
    return new Window(position, bytes, need, this.#health)
  }

  view(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (length === 0) return new Uint8Array(0)
    try {
      const buffer = this.#addon.openView(this.#handle, offset, length)
      return new Uint8Array(buffer, offset % this.#addon.mappingGranularity, length)
    } catch (error) {
      const { path, chunkPower } = this.#options
      throw mapFailure(error as NativeError, path, length, chunkPower, this.#addon).error
    }
  }

  fault(closely: boolean): FileFaultError | undefined {
    if (this.#fault !== undefined) return this.#fault
    const lost = loadWord(this.#health, 0) === 0
    // An empty file has nothing to lose, and some (in /proc) cannot say how long they are.
    if (!lost && (!closely || this.length === 0)) return undefined
    const now = this.#lengthNow()
    if (!lost && now >= this.length) return undefined
    const { path } = this.#options
    const what = lost ? 'A page of a mapped file could not be read' : 'A mapped file was truncated'
    const error = new FileFaultError(
      `${what}: ${path}: it had ${this.length} bytes when it was mapped and has ${now} now`,
      {
        path,
        hints: [
          'files must not be truncated while they are open',
          ...(now < this.length ? [] : ['the device may have failed']),
        ],
      },
    )
    this.#fault = error // before anyone hears of it, who may use the input
    report('fault', this.#event(error))
    return error
  }

  #lengthNow(): number {
    return this.#native('length', () => this.#addon.fileLengthNow(this.#handle))
  }

  checksum(offset: number, length: number, checksum: number): number | undefined {
    if (!this.#addon.canChecksum) return undefined
    return this.#addon.checksumMapping(this.#handle, offset, length, checksum)
  }

  advice(offset: number, length: number): ReadAdvice {
    return this.#advised.at(offset, length)
  }

  advise(offset: number, length: number, context: IOContext): void {
    this.#advise(offset, length, this.#options.adviceOf(context))
  }

  #advise(offset: number, length: number, advice: ReadAdvice): void {
    // The kernel splits a mapping for a part with an advice of its own. Beyond a number of those,
    // which must not use up what V8 needs, a part keeps the advice that it has, as advice() tells.
    const part = length < this.length
    if (!this.#addon.advisesRanges || (part && !this.#addon.mayAdvise())) return
    this.#native('advise', () =>
      this.#addon.adviseMapping(this.#handle, offset, length, NATIVE_ADVICE[advice]),
    )
    const before = this.#advised.count
    this.#advised.set(offset, length, advice)
    const more = this.#advised.count - before
    if (more !== 0) this.#addon.countAdvisedRanges(this.#handle, more)
  }

  fetch(position: number, length: number, signal: AbortSignal | undefined): Promise<undefined> | undefined {
    // Looking first costs a microsecond, a thread of the pool some twenty.
    if (this.residentBytes(position, length) === length) return undefined
    return this.#reads.wait(position, length, signal) as Promise<undefined>
  }

  prefetch(offset: number, length: number): void {
    if (length === 0 || this.#backoff.passOver()) return
    const range = this.#range
    range[0] = offset
    range[1] = length
    if (!this.#prefetch(range)) this.#prefetchLater(Float64Array.of(offset, length))
  }

  prefetchRanges(ranges: Float64Array): void {
    if (ranges.length === 0 || this.#backoff.passOver()) return
    if (!this.#prefetch(ranges)) this.#prefetchLater(ranges.subarray(2 * this.#outcome[0]!))
  }

  /** Whether all of the ranges were in memory, or have been asked for. */
  #prefetch(ranges: Float64Array): boolean {
    const outcome = this.#outcome
    const probe = this.#residencyKnown()
    try {
      this.#addon.prefetchSome(this.#handle, ranges, LOOKED_AT, ASKED_FOR, probe, outcome)
    } catch (error) {
      if (!isRefusal(error)) throw nativeStorageError('prefetch', error as NativeError, this.#options.path)
      this.#residencyRefused = true
      return this.#prefetch(ranges)
    }
    const reached = outcome[0]!
    const missing = outcome[1]!
    const all = 2 * reached === ranges.length
    if (missing > 0) this.#backoff.miss()
    else if (all) this.#backoff.hit()
    return all
  }

  /** Asks for what would take too long in this thread, in pieces after which it can end. */
  #prefetchLater(ranges: Float64Array): void {
    const run = async (): Promise<void> => {
      for (const piece of pieces(ranges, LOAD_PIECE)) {
        await inPool('load', async () => {
          this.#ensureOpen()
          await this.#addon.prefetchAll(this.#handle, piece)
        })
      }
    }
    run().catch(() => {}) // only a hint: what cannot be read now is reported when it is read
  }

  isLoaded(offset: number, length: number): boolean | undefined {
    if (!this.#residencyKnown()) return undefined
    // In pieces: of a file that is not in memory the first one tells.
    for (let done = 0; done < length;) {
      const count = Math.min(RESIDENCY_PIECE - ((offset + done) % RESIDENCY_PIECE), length - done)
      const found = this.#residentBytes(offset + done, count)
      if (found !== count) return found !== undefined && this.#addon.residencyComplete ? false : undefined
      done += count
    }
    return true
  }

  residentBytes(offset: number, length: number): number | undefined {
    if (!this.#residencyKnown()) return undefined
    const found = this.#residentBytes(offset, length)
    return found === length || this.#addon.residencyComplete ? found : undefined
  }

  #residentBytes(offset: number, length: number): number | undefined {
    try {
      return this.#addon.residentBytes(this.#handle, offset, length)
    } catch (error) {
      if (!isRefusal(error)) throw nativeStorageError('residency', error as NativeError, this.#options.path)
      this.#residencyRefused = true
      return undefined
    }
  }

  #residencyKnown(): boolean {
    return !this.#residencyRefused && residencyKnown(this.#options.owner)
  }

  share(start: number, length: number): SharedSource {
    const { path, chunkPower, owner } = this.#options
    const share = this.#native('share', () => this.#addon.shareMapping(this.#handle, start, length))
    return {
      kind: 'mapping',
      source: { ...share, path, chunkPower, owner, advice: this.advice(0, this.length) },
      release: () => this.#addon.withdrawShare(share.id, share.key),
    }
  }

  exportChunks(offset: number, length: number): ExportedChunk[] {
    const chunks: ExportedChunk[] = []
    const chunkLength = 2 ** this.#chunkPower
    const count = Math.ceil((offset + length) / chunkLength) - Math.floor(offset / chunkLength)
    if (count > MOST_EXPORTED) {
      throw outOfRange('length', `in at most ${MOST_EXPORTED} chunks of ${chunkLength} bytes`, length)
    }
    let made: Made | undefined // what is thrown may come from a patched Array.prototype
    try {
      for (let start = offset, end = offset + length; start < end;) {
        const size = Math.min(chunkLength - (start % chunkLength), end - start)
        const pinned = this.#native('export', () => this.#addon.pinChunk(this.#handle, start, size))
        made = { chunk: mappedChunk(this.#addon, pinned, start, size, this.#options), before: made }
        chunks.push(made.chunk)
        start += size
      }
    } catch (error) {
      for (; made !== undefined; made = made.before) made.chunk.release()
      throw error
    }
    return chunks
  }

  async load(offset: number, length: number, { signal, onProgress }: LoadOptions): Promise<void> {
    for (let done = 0; done < length;) {
      const count = Math.min(LOAD_PIECE, length - done)
      await inPool('load', async () => {
        signal?.throwIfAborted()
        // By itself the system reads in longer pieces than it can be asked for, except where reads were
        // said to be random: there it would bring in page by page.
        const ahead = this.#advised.some(offset + done, count, 'random')
        await this.#bringIn(Float64Array.of(offset + done, count), ahead)
      })
      done += count
      onProgress?.(done, length)
    }
    await this.#collapsePages(offset, length, signal)
  }

  /** Only a wish: where the system refuses, the pages are as they always are. */
  #useHugePages(): void {
    if (!this.#options.hugePages || this.length === 0) return
    try {
      this.#addon.useHugePages(this.#handle)
    } catch (error) {
      this.#huge = false
      this.#refuseHugePages(error as NativeError)
    }
  }

  async #collapsePages(offset: number, length: number, signal: AbortSignal | undefined): Promise<void> {
    for (let done = 0; done < length; done += COLLAPSE_PIECE) {
      if (!this.#huge) return
      const count = Math.min(COLLAPSE_PIECE, length - done)
      await inPool('load', async () => {
        signal?.throwIfAborted()
        this.#ensureOpen()
        try {
          await this.#addon.collapsePages(this.#handle, offset + done, count)
        } catch (error) {
          this.#huge = false
          this.#refuseHugePages(error as NativeError)
        }
      })
    }
  }

  #refuseHugePages(error: NativeError): void {
    const refusal = nativeStorageError('huge pages', error, this.#options.path)
    report('huge-pages-refused', this.#event(refusal))
    this.#options.onHugePagesRefused?.(refusal)
  }

  /** Waits, on a thread of the pool, for the pages of some ranges, having asked for all of them `ahead`. */
  async #bringIn(ranges: Float64Array, ahead: boolean): Promise<void> {
    this.#ensureOpen()
    try {
      await this.#addon.preloadMapping(this.#handle, ranges, ahead)
    } catch (error) {
      this.#ensureOpen()
      throw this.fault(true) ?? this.#loadFailure(error as NativeError)
    }
  }

  /** A page that cannot be read is a fault to madvise(2), and an error to read(2). */
  #loadFailure(error: NativeError): StorageError {
    const { syscall, errno = 0 } = error
    const name = errno < 0 ? getSystemErrorName(errno) : undefined
    if (name !== 'EFAULT' && name !== 'EIO') return nativeStorageError('load', error, this.#options.path)
    const { path } = this.#options
    return new FileFaultError(`A page of a mapped file could not be loaded: ${path}`, {
      path,
      syscall,
      errno,
      hints: ['the device may have failed'],
      cause: error,
    })
  }

  #ensureOpen(): void {
    if (this.#closed) throw new AlreadyClosedError(`Closed while it was being read: ${this.#options.path}`)
  }

  /** Begins to load everything; `loaded` tells when it is done. */
  preload(): void {
    this.#loaded = this.load(0, this.length, {})
    this.#loaded.catch(() => {}) // whoever cares awaits `loaded`
  }

  get loaded(): Promise<void> | undefined {
    return this.#loaded
  }

  close(): void {
    this.#closed = true
    report('unmap', this.#event())
    this.#options.onClose?.()
    this.#addon.closeMapping(this.#handle)
  }

  #event(error?: Error): FileEvent {
    return { path: this.#options.path, length: this.length, address: this.#address, error }
  }

  #native<T>(action: string, run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw nativeStorageError(action, error as NativeError, this.#options.path)
    }
  }
}

/** Whether a sandbox lets nobody ask what is in memory, which has no say in what can be read. */
function isRefusal(error: unknown): boolean {
  const { syscall, errno = 0 } = error as NativeError
  return syscall === 'mincore' && REFUSALS.has(getSystemErrorName(errno))
}

const REFUSALS = new Set(['EPERM', 'ENOSYS'])

/**
 * Since Linux 5.2, mincore(2) reports every page as resident to a process that neither owns the
 * file nor may write to it (mm/mincore.c, can_do_mincore).
 */
function residencyKnown({ uid, gid, mode }: FileOwner): boolean {
  const user = process.geteuid?.()
  if (process.platform !== 'linux' || user === 0 || user === uid) return true
  if (process.getegid?.() === gid || process.getgroups?.().includes(gid)) return (mode & 0o020) !== 0
  return (mode & 0o002) !== 0
}

/** Ranges as pieces of `length` bytes in all, each of up to some hundred ranges. */
function* pieces(ranges: Float64Array, length: number): Generator<Float64Array> {
  let piece: number[] = []
  let room = length
  for (let i = 0; i < ranges.length; i += 2) {
    for (let done = 0; done < ranges[i + 1]!;) {
      const count = Math.min(ranges[i + 1]! - done, room)
      piece.push(ranges[i]! + done, count)
      done += count
      room -= count
      if (room === 0 || piece.length === 512) {
        yield Float64Array.from(piece)
        piece = []
        room = length
      }
    }
  }
  if (piece.length > 0) yield Float64Array.from(piece)
}

// A method that a source may have and this one has not must not be found on Object.prototype: who
// put it there would get to see the windows.
setPrototypeOf(MappedSource.prototype, null)
