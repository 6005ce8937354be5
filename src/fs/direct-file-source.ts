import { close, closeSync, constants, fstatSync, readSync } from 'node:fs'

import { AlreadyClosedError, EndOfFileError, FileFaultError, StorageError } from '../store/errors.js'
import { privateBytes, setPrototypeOf } from '../store/intrinsics.js'
import type { ReadAdvice } from '../store/io-context.js'
import { Window, type WindowSource } from '../store/window.js'
import { giveBack, PIECE, takeAligned } from './aligned-memory.js'
import { type DirectFile, isRefusal, openDirect, refused } from './direct-io.js'
import { storageError, withStorageErrors } from './fs-errors.js'
import { O_NONBLOCK } from './system.js'

/** What an input has that was dropped without close. */
interface Held {
  readonly fd: number
  readonly pieces: Uint8Array[]
}

const forgotten = new FinalizationRegistry<Held>(({ fd, pieces }) => {
  close(fd, () => {})
  giveBack(pieces)
})

/** Windows are pieces of aligned memory that reads past the system's cache fill. */
export class DirectFileSource implements WindowSource {
  readonly length: number
  readonly #path: string
  readonly #block: number
  readonly #held: Held
  #unused: Uint8Array | undefined
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
    closeSync(fd)
    giveBack([piece])
    if (typeof answer === 'string') return refused(answer, path)
    if (isRefusal(answer)) return refused('the file system does not allow it', path, answer)
    throw storageError(answer, 'read', path)
  }

  private constructor(path: string, length: number, { fd, block, piece }: DirectFile) {
    this.#path = path
    this.length = length
    this.#block = block
    this.#unused = piece
    this.#held = { fd, pieces: [piece] }
    forgotten.register(this, this.#held, this)
  }

  window(position: number, _need: number, spent: Window | undefined): Window {
    this.#ensureOpen()
    const window = spent ?? new Window(0, this.#takePiece(), 0)
    const start = position - (position % this.#block)
    const length = Math.min(PIECE, this.length - start)
    window.length = 0 // nothing, should the read fail
    this.#fill(window.bytes, start, length)
    window.start = start
    window.length = length
    return window
  }

  #takePiece(): Uint8Array {
    const piece = this.#unused ?? takeAligned()!
    if (this.#unused === undefined) this.#held.pieces.push(piece)
    this.#unused = undefined
    return piece
  }

  /** Reads whole blocks, even where the file ends in one. */
  #fill(piece: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length;) {
      const part = privateBytes(piece, done, PIECE - done)
      const count = withStorageErrors('read', this.#path, () =>
        readSync(this.#held.fd, part, 0, PIECE - done, start + done),
      )
      if (done + count >= length) return
      if (count < this.#block) {
        throw new EndOfFileError(
          `The file has become shorter: it ends at ${start + done + count} and had ${this.length} bytes when it was opened: ${this.#path}`,
          { path: this.#path },
        )
      }
      done += count - (count % this.#block)
    }
  }

  fault(closely: boolean): FileFaultError | undefined {
    if (!closely) return undefined
    this.#ensureOpen()
    const { size } = withStorageErrors('stat', this.#path, () => fstatSync(this.#held.fd))
    if (size >= this.length) return undefined
    return new FileFaultError(
      `A file was truncated: ${this.#path}: it had ${this.length} bytes when it was opened and has ${size} now`,
      { path: this.#path, hints: ['files must not be truncated while they are open'] },
    )
  }

  advice(): ReadAdvice {
    return 'sequential'
  }

  /** The descriptor may be another file's by now, and the memory another window's. */
  #ensureOpen(): void {
    if (this.#closed) throw new AlreadyClosedError(`Already closed: ${this.#path}`)
  }

  close(): void {
    forgotten.unregister(this)
    this.#closed = true
    giveBack(this.#held.pieces)
    closeSync(this.#held.fd)
  }
}

setPrototypeOf(DirectFileSource.prototype, null) // see MappedSource
