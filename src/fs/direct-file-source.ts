import { constants, fstatSync, readSync } from 'node:fs'

import { AlreadyClosedError, type FileFaultError, StorageError } from '../store/errors.js'
import {
  holdFor,
  letGo,
  bufferOf,
  byteOffsetOf,
  bytesOf,
  newBytes,
  privateBytes,
  setElements,
  setPrototypeOf,
} from '../store/intrinsics.js'
import type { ReadAdvice } from '../store/io-context.js'
import { Window, type WindowSource } from '../store/window.js'
import { giveBack, PIECE } from './aligned-memory.js'
import { closeFile, closeQuietly } from './close-file.js'
import { forgotten, type Held } from './direct-held.js'
import { type DirectFile, isRefusal, notAllowed, openDirect, refused } from './direct-io.js'
import { storageError, withStorageErrors } from './fs-errors.js'
import { overtaken, shortened, sizeOf, truncation } from './shortened-file.js'
import { O_NONBLOCK } from './system.js'

/**
 * Reads past the system's cache fill one piece of aligned memory, from which windows are copied: those of
 * clones and slices that were dropped are the garbage collector's. The copy takes little of the time of such a read.
 */
export class DirectFileSource implements WindowSource {
  readonly length: number
  readonly #path: string
  readonly #block: number
  readonly #held: Held
  #closed = false

  /** Opens a regular file. What the system answers where it does not allow that is returned. */
  static open(path: string): DirectFileSource | StorageError {
    const file = openDirect(path, constants.O_RDONLY | O_NONBLOCK)
    if (file instanceof StorageError) return file
    const { fd, block, piece } = file
    let answer: unknown = 'it is not a regular file'
    try {
      const stats = fstatSync(fd)
      if (stats.isFile()) {
        readSync(fd, privateBytes(piece, 0, block), 0, block, 0) // some file systems refuse only now
        return new DirectFileSource(path, stats.size, file)
      }
    } catch (error) {
      answer = error
    }
    closeQuietly(fd)
    giveBack(piece)
    if (typeof answer === 'string') return refused(answer, path)
    if (isRefusal(answer)) return notAllowed(path, answer)
    throw storageError(answer, 'read', path)
  }

  private constructor(path: string, length: number, { fd, block, piece }: DirectFile) {
    this.#path = path
    this.length = length
    this.#block = block
    this.#held = { piece, direct: fd, cached: undefined }
    holdFor(forgotten, this, this.#held)
  }

  window(position: number, _need: number, spent: Window | undefined): Window {
    this.#ensureOpen()
    const window = spent ?? this.#newWindow()
    const start = position - (position % this.#block)
    const length = Math.min(PIECE, this.length - start)
    window.length = 0 // nothing, should the read fail
    this.#fill(start, length)
    const { piece } = this.#held
    setElements(window.bytes, bytesOf(bufferOf(piece), byteOffsetOf(piece), length), 0)
    window.start = start
    window.length = length
    return window
  }

  #newWindow(): Window {
    const length = Math.min(PIECE, this.length)
    try {
      return new Window(0, newBytes(length), 0)
    } catch (cause) {
      throw new StorageError(
        'ERR_MEMORY_ALLOCATION_FAILED',
        `No memory for ${length} bytes: a window of ${this.#path}`,
        { path: this.#path, cause },
      )
    }
  }

  /** Reads whole blocks, even where the file ends in one. */
  #fill(start: number, length: number): void {
    const { piece } = this.#held
    for (let done = 0; done < length;) {
      const part = privateBytes(piece, done, PIECE - done)
      const count = withStorageErrors('read', this.#path, () =>
        readSync(this.#fd, part, 0, PIECE - done, start + done),
      )
      if (done + count >= length) break
      if (count < this.#block) throw shortened(this.#path, start + done + count, this.length)
      done += count - (count % this.#block)
    }
    const size = sizeOf(this.#fd, this.#path)
    if (size < start + length) throw overtaken(start + length, size, this.#path, this.length)
  }

  fault(closely: boolean): FileFaultError | undefined {
    if (!closely) return undefined
    this.#ensureOpen()
    return truncation(this.#fd, this.#path, this.length)
  }

  advice(): ReadAdvice {
    return 'sequential'
  }

  get #fd(): number {
    return this.#held.direct!
  }

  /** The descriptor may be another file's by now, and the memory another's. */
  #ensureOpen(): void {
    if (this.#closed) throw new AlreadyClosedError(`Already closed: ${this.#path}`)
  }

  close(): void {
    letGo(forgotten, this)
    this.#closed = true
    giveBack(this.#held.piece)
    closeFile(this.#fd, this.#path)
  }
}

setPrototypeOf(DirectFileSource.prototype, null) // see MappedSource
