import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

import type { MappingHandle, MappingShare, NativeAddon, NativeError } from '../native.js'
import { NATIVE_ADVICE } from '../native.js'
import { AdvisedRanges } from '../store/advised-ranges.js'
import { AlreadyClosedError, FileFaultError, StorageError } from '../store/errors.js'
import { bytesOf, loadWord, setPrototypeOf, wordOf } from '../store/intrinsics.js'
import type { IOContext, ReadAdvice } from '../store/io-context.js'
import type { SharedSource } from '../store/shared-input.js'
import { type LoadOptions, Window, type WindowSource } from '../store/window.js'
import { WindowTable } from '../store/window-table.js'
import { queueLoad } from './load-queue.js'
import { type FileEvent, report } from './diagnostics.js'
import { mapFailure } from './map-failure.js'

/** How far a window reaches into the next one: a value that begins in a window is whole there. */
const OVERLAP = 8

/** V8 is slow at indices from 2^31 on, and Node 20 has no buffer over 4 GiB. */
const WIDEST_WINDOW_POWER = 30

/** What one call brings in. Long enough to be worth a call, short enough to be stopped after. */
const LOAD_PIECE = 4 * 1024 * 1024

/** The system reads ahead this far for one hint (read_ahead_kb's default); more has to be loaded. */
const HINT_LENGTH = 128 * 1024

export interface MappedSourceOptions {
  readonly path: string
  readonly length: number
  readonly owner: FileOwner
  readonly chunkPower: number
  readonly windowPower: number
  readonly advice: ReadAdvice
  readonly adviceOf: (context: IOContext) => ReadAdvice
  /** Is told when the source is closed. */
  readonly onClose?: (() => void) | undefined
}

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
  readonly mapped = true
  #loaded: Promise<void> | undefined

  readonly #addon: NativeAddon
  readonly #handle: MappingHandle
  readonly #options: MappedSourceOptions
  readonly windows: WindowTable
  readonly #address: string | undefined
  readonly #health: Int32Array
  readonly #advised: AdvisedRanges
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
    if (advice !== 'normal') source.#advise(0, length, advice)
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
    const { length, chunkPower, sideBySide, address } = addon.mappingShape(handle)
    this.length = length
    this.#advised = new AdvisedRanges(length, addon.pageSize)
    this.#address = address === 0n ? undefined : `0x${address.toString(16)}`
    this.#addon = addon
    this.#options = options
    this.#handle = handle
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

  advice(offset: number, length: number): ReadAdvice {
    return this.#advised.at(offset, length)
  }

  advise(offset: number, length: number, context: IOContext): void {
    this.#advise(offset, length, this.#options.adviceOf(context))
  }

  #advise(offset: number, length: number, advice: ReadAdvice): void {
    // The kernel splits a mapping for a part with an advice of its own. Beyond a number of those,
    // which must not use up what V8 needs, a part keeps the advice that it has, as advice() tells.
    if ((offset > 0 || length < this.length) && !this.#addon.mayAdvise()) return
    this.#native('advise', () =>
      this.#addon.adviseMapping(this.#handle, offset, length, NATIVE_ADVICE[advice]),
    )
    const before = this.#advised.count
    this.#advised.set(offset, length, advice)
    const more = this.#advised.count - before
    if (more !== 0) this.#addon.countAdvisedRanges(this.#handle, more)
  }

  prefetch(offset: number, length: number): void {
    if (length === 0) return
    if (length <= HINT_LENGTH) {
      this.#native('prefetch', () =>
        this.#addon.adviseMapping(this.#handle, offset, length, NATIVE_ADVICE.willNeed),
      )
    } else {
      // Only a hint: what cannot be read now is reported when it is read.
      this.load(offset, length, {}).catch(() => {})
    }
  }

  isLoaded(offset: number, length: number): boolean | undefined {
    const resident = this.residentBytes(offset, length)
    return resident === undefined ? undefined : resident === length
  }

  /** How many of the bytes are in memory now; undefined where the system does not tell. */
  residentBytes(offset: number, length: number): number | undefined {
    if (!this.#residencyKnown()) return undefined
    return this.#native('residency', () => this.#addon.residentBytes(this.#handle, offset, length))
  }

  /**
   * Since Linux 5.2, mincore(2) reports every page as resident to a process that neither owns the
   * file nor may write to it (mm/mincore.c, can_do_mincore).
   */
  #residencyKnown(): boolean {
    const user = process.geteuid?.()
    const { uid, gid, mode } = this.#options.owner
    if (process.platform !== 'linux' || user === 0 || user === uid) return true
    if (process.getegid?.() === gid || process.getgroups?.().includes(gid)) return (mode & 0o020) !== 0
    return (mode & 0o002) !== 0
  }

  share(start: number, length: number): SharedSource {
    const { path, chunkPower, windowPower, owner } = this.#options
    const share = this.#native('share', () => this.#addon.shareMapping(this.#handle, start, length))
    return {
      kind: 'mapping',
      source: { ...share, path, chunkPower, windowPower, owner, advice: this.advice(0, this.length) },
      release: () => this.#addon.withdrawShare(share.id, share.key),
    }
  }

  async load(offset: number, length: number, { signal, onProgress }: LoadOptions): Promise<void> {
    for (let done = 0; done < length;) {
      const count = Math.min(LOAD_PIECE, length - done)
      await queueLoad(async () => {
        signal?.throwIfAborted()
        this.#ensureOpen()
        try {
          await this.#addon.preloadMapping(this.#handle, offset + done, count)
        } catch (error) {
          this.#ensureOpen()
          throw this.fault(true) ?? this.#loadFailure(error as NativeError)
        }
      })
      done += count
      onProgress?.(done, length)
    }
  }

  /** A page that cannot be read is a fault to madvise(2), and an error to read(2). */
  #loadFailure(error: NativeError): StorageError {
    const { syscall, errno = 0 } = error
    const { EFAULT, EIO } = constants.errno
    if (errno !== -EFAULT && errno !== -EIO) return this.#storageError('load', error)
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
    if (this.#closed) throw new AlreadyClosedError(`Closed while it was being loaded: ${this.#options.path}`)
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
      throw this.#storageError(action, error as NativeError)
    }
  }

  #storageError(action: string, error: NativeError): StorageError {
    const { path } = this.#options
    const { syscall, errno } = error
    const code = getSystemErrorMap().get(errno ?? 0)?.[0] ?? 'ERR_STORAGE' // Windows' numbers are others
    return new StorageError(code, `${action} failed: ${error.message}: ${code}: ${path}`, {
      path,
      syscall,
      errno,
      cause: error,
    })
  }
}

// A method that a source may have and this one has not must not be found on Object.prototype: who
// put it there would get to see the windows.
setPrototypeOf(MappedSource.prototype, null)
