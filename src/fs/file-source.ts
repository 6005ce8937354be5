import { close, fstat, fstatSync, read, readSync } from 'node:fs'

import { AdvisedRanges } from '../store/advised-ranges.js'
import {
  AlreadyClosedError,
  EndOfFileError,
  FileFaultError,
  FileNotFoundError,
  type MapFailedError,
} from '../store/errors.js'
import { holdFor, lengthOf, letGo, newBytes, privateBytes, setPrototypeOf } from '../store/intrinsics.js'
import type { IOContext, ReadAdvice } from '../store/io-context.js'
import { adviceFor } from '../store/io-context.js'
import type { SharedSource } from '../store/shared-input.js'
import { type LoadOptions, Window, type WindowSource } from '../store/window.js'
import { closeFile, closeQuietly } from './close-file.js'
import { storageError, withStorageErrors } from './fs-errors.js'
import { openRegularFile } from './open-file.js'
import { inPool } from './pool-queue.js'
import { overtaken, shortened, sizeOf, truncation } from './shortened-file.js'

/** Descriptors of inputs that were dropped without close. */
const forgotten = new FinalizationRegistry<number>((fd) => close(fd, () => {}))

/** What it takes to open the same file in another thread. */
export interface SharedFile {
  readonly pid: number
  readonly path: string
  readonly identity: string
  readonly size: number
  readonly advice: ReadAdvice
}

/**
 * Windows are buffers that positional reads fill. Each reader has its own, small at first; while
 * it is read in sequence it grows, because a read of four bytes and one of 1 KiB cost the same.
 */
export class FileSource implements WindowSource {
  readonly length: number
  readonly mapFailure: MapFailedError | undefined
  readonly directLength: number
  readonly #fd: number
  readonly #path: string
  readonly #windowLength: number | undefined
  readonly #advised: AdvisedRanges
  readonly #adviceOf: (context: IOContext) => ReadAdvice
  #loaded: Promise<void> | undefined
  #closed = false
  #filled: Uint8Array | undefined // what was read into last, and the same for node:fs
  #filling: Uint8Array | undefined
  #loads = 0 // reads under way on other threads, which close() must not take the descriptor from

  /** Opens a file that another thread has shared. Throws a StorageError when it is not the same file any more. */
  static attach(source: SharedFile): FileSource {
    const { path, advice } = source
    const { fd, stats } = openRegularFile(path, advice)
    if (stats.size !== source.size || identityOf(fd) !== source.identity) {
      closeQuietly(fd)
      throw new FileNotFoundError(`The shared file was changed or replaced: ${path}`, { path })
    }
    return new FileSource(fd, path, stats.size, { advice, adviceOf: adviceFor })
  }

  /** Takes over the descriptor. `windowLength` fixes the windows' length, for tests. */
  constructor(
    fd: number,
    path: string,
    length: number,
    options: {
      advice: ReadAdvice
      adviceOf: (context: IOContext) => ReadAdvice
      mapFailure?: MapFailedError | undefined
      windowLength?: number | undefined
    },
  ) {
    this.#fd = fd
    this.#path = path
    this.length = length
    this.#adviceOf = options.adviceOf
    this.#advised = new AdvisedRanges(length, 1)
    this.#advised.set(0, length, options.advice)
    this.mapFailure = options.mapFailure
    this.#windowLength = options.windowLength
    this.directLength = options.windowLength ?? LARGE
    holdFor(forgotten, this, fd)
  }

  window(position: number, need: number, spent: Window | undefined): Window {
    const capacity = this.#capacityAfter(position, spent)
    const window =
      spent !== undefined && lengthOf(spent.bytes) === capacity ? spent : new Window(0, newBytes(capacity), 0)
    let start = position
    // A reader that moves backwards gets what comes before, too.
    if (spent !== undefined && position < spent.start && position + capacity > spent.start) {
      start = Math.max(0, position + need - capacity)
    }
    const length = Math.min(capacity, this.length - start)
    window.length = 0 // nothing, should the read fail
    if (window.bytes !== this.#filled) {
      this.#filled = window.bytes
      this.#filling = privateBytes(window.bytes, 0, capacity) // a read would take a fifth longer
    }
    this.#readFully(start, this.#filling!, length)
    window.start = start
    window.length = length
    return window
  }

  #capacityAfter(position: number, spent: Window | undefined): number {
    if (this.#windowLength !== undefined) return Math.max(this.#windowLength, 8)
    const advice = this.#advised.at(position, 1)
    if (advice === 'sequential') return LARGE
    if (spent === undefined) return SMALL
    const inSequence = position >= spent.start && position <= spent.start + spent.length
    return inSequence && advice === 'normal' ? Math.min(lengthOf(spent.bytes) * 4, LARGE) : SMALL
  }

  read(position: number, target: Uint8Array, offset: number, length: number): void {
    this.#readFully(position, privateBytes(target, offset, length), length)
  }

  /** `target` is made by privateBytes(). */
  #readFully(position: number, target: Uint8Array, length: number): void {
    this.#ensureOpen()
    for (let done = 0; done < length;) {
      // Node reads at most 2^31 − 1 bytes a call.
      const count = withStorageErrors('read', this.#path, () =>
        readSync(this.#fd, target, done, Math.min(length - done, 2 ** 30), position + done),
      )
      if (count === 0) throw this.#shortened(position + done)
      done += count
    }
    if (length > 0) this.#checkReadTo(position + length)
  }

  /** Reading the last byte again costs less than asking for the length, and leaves no garbage. */
  #checkReadTo(end: number): void {
    const count = withStorageErrors('read', this.#path, () => readSync(this.#fd, LAST_BYTE, 0, 1, end - 1))
    if (count === 0) throw overtaken(end, sizeOf(this.#fd, this.#path), this.#path, this.length)
  }

  #shortened(position: number): EndOfFileError {
    return shortened(this.#path, position, this.length)
  }

  /** The descriptor may be another file's by now. */
  #ensureOpen(): void {
    if (this.#closed) throw new AlreadyClosedError(`Already closed: ${this.#path}`)
  }

  share(): SharedSource {
    this.#ensureOpen()
    const shared: SharedFile = {
      pid: process.pid,
      path: this.#path,
      identity: withStorageErrors('stat', this.#path, () => identityOf(this.#fd)),
      size: this.length,
      advice: this.advice(0, this.length),
    }
    return { kind: 'file', source: { ...shared }, release: () => {} }
  }

  fault(closely: boolean): FileFaultError | undefined {
    if (!closely) return undefined
    this.#ensureOpen()
    return truncation(this.#fd, this.#path, this.length)
  }

  advice(offset: number, length: number): ReadAdvice {
    return this.#advised.at(offset, length)
  }

  /** Decides how much is read at once. */
  advise(offset: number, length: number, context: IOContext): void {
    this.#advised.set(offset, length, this.#adviceOf(context))
  }

  /** Begins to load everything; `loaded` tells when it is done. */
  preload(): void {
    this.#loaded = this.load(0, this.length, {})
    this.#loaded.catch(() => {}) // whoever cares awaits `loaded`
  }

  get loaded(): Promise<void> | undefined {
    return this.#loaded
  }

  /** Fills the system's cache. */
  async load(offset: number, length: number, { signal, onProgress }: LoadOptions): Promise<void> {
    const scratch = newBytes(Math.min(length, 1 << 20))
    for (let done = 0; done < length;) {
      const from = offset + done
      const count = await inPool('load', async () => {
        signal?.throwIfAborted()
        return this.#readInPool(scratch, 0, Math.min(scratch.length, length - done), from, false)
      })
      if (count === 0) throw this.#shortened(offset + done)
      done += count
      onProgress?.(done, length)
    }
  }

  async fetch(position: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = newBytes(length)
    for (let done = 0; done < length;) {
      const count = await inPool('read', async () => {
        signal?.throwIfAborted()
        return this.#readInPool(bytes, done, length - done, position + done, true)
      })
      if (count === 0) throw this.#shortened(position + done)
      done += count
    }
    return bytes
  }

  /**
   * Fills a buffer of our own: a thread must not write into one that a program may give away. With `checked`,
   * the bytes are those of the file.
   */
  #readInPool(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
    checked: boolean,
  ): Promise<number> {
    if (this.#closed)
      return Promise.reject(new AlreadyClosedError(`Closed while it was being read: ${this.#path}`))
    this.#loads++
    const reading = new Promise<number>((resolve, reject) => {
      read(this.#fd, privateBytes(bytes, offset, length), 0, length, position, (error, count) => {
        if (error) {
          reject(storageError(error, 'read', this.#path))
        } else if (checked) {
          // In the pool as well: a server may have to be asked.
          fstat(this.#fd, (failure, stats) => {
            if (failure) reject(storageError(failure, 'stat', this.#path))
            else if (stats.size < position + count)
              reject(overtaken(position + count, stats.size, this.#path, this.length))
            else resolve(count)
          })
        } else {
          resolve(count)
        }
      })
    })
    return reading.finally(() => {
      this.#loads--
      if (this.#closed && this.#loads === 0) closeQuietly(this.#fd)
    })
  }

  close(): void {
    letGo(forgotten, this)
    this.#closed = true
    if (this.#loads === 0) closeFile(this.#fd, this.#path)
  }
}

/**
 * Tells a file from a later one that got the number of its inode, as ext4 gives those out again at
 * once, and from one that was written to since, even if its time of modification was put back.
 */
function identityOf(fd: number): string {
  const { dev, ino, birthtimeNs, ctimeNs } = fstatSync(fd, { bigint: true })
  return `${dev} ${ino} ${birthtimeNs} ${ctimeNs}`
}

/** Where a byte is read to that only has to be there. */
const LAST_BYTE = privateBytes(newBytes(1), 0, 1)

const SMALL = 1024
const LARGE = 16 * 1024

setPrototypeOf(FileSource.prototype, null) // see MappedSource
