import { constants, fstatSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs'

import type { OutputSink } from '../store/buffered-index-output.js'
import { StorageError } from '../store/errors.js'
import { ignoringErrors } from '../store/ignoring-errors.js'
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
import { giveBack, PIECE } from './aligned-memory.js'
import { closeFile, closeQuietly } from './close-file.js'
import { forgotten, type Held } from './direct-held.js'
import { type DirectFile, isRefusal, notAllowed, openDirect, refused } from './direct-io.js'
import { FileSink } from './file-sink.js'
import { storageError, withStorageErrors } from './fs-errors.js'
import { O_NOFOLLOW } from './system.js'

/**
 * Writes a new file past the system's cache: whole blocks from aligned memory, the last of which is
 * filled up with zeros that are cut off again.
 */
export class DirectFileSink implements OutputSink {
  readonly #path: string
  readonly #block: number
  readonly #held: Held
  readonly #onRefusal: (refusal: StorageError) => void
  #at = 0 // bytes in the piece
  #written = 0 // bytes before the piece's

  /**
   * Makes a file. Where it cannot be written past the cache, `onRefusal` is told, at once or at the first
   * write, and it is written as any other. Throws FileAlreadyExistsError, also where a symbolic link
   * has the name.
   */
  static create(path: string, onRefusal: (refusal: StorageError) => void): OutputSink {
    // Made without O_DIRECT: where that is refused, the file may be there, or may be someone else's.
    const cached = withStorageErrors('create', path, () => openSync(path, 'wx'))
    try {
      const file = openMade(path, cached)
      if (!(file instanceof StorageError)) return new DirectFileSink(path, cached, file, onRefusal)
      onRefusal(file)
      return new FileSink(path, cached)
    } catch (error) {
      closeQuietly(cached)
      ignoringErrors(() => unlinkSync(path))
      throw error
    }
  }

  private constructor(
    path: string,
    cached: number,
    { fd, block, piece }: DirectFile,
    onRefusal: (refusal: StorageError) => void,
  ) {
    this.#path = path
    this.#block = block
    this.#onRefusal = onRefusal
    this.#held = { piece, direct: fd, cached }
    holdFor(forgotten, this, this.#held)
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, PIECE - this.#at)
    const part = bytesOf(bufferOf(bytes), byteOffsetOf(bytes) + offset, count)
    setElements(this.#held.piece, part, this.#at)
    this.#at += count
    if (this.#at === PIECE) this.#flush(PIECE)
    return count
  }

  close(complete: boolean): void {
    letGo(forgotten, this)
    try {
      if (complete) this.#writeEnd()
    } finally {
      const { piece, direct, cached } = this.#held
      giveBack(piece)
      try {
        if (cached !== undefined) closeFile(cached, this.#path)
      } finally {
        if (direct !== undefined) closeFile(direct, this.#path)
      }
    }
  }

  #writeEnd(): void {
    const length = this.#written + this.#at
    const rest = this.#held.direct === undefined ? 0 : this.#at % this.#block
    const padding = rest === 0 ? 0 : this.#block - rest
    setElements(this.#held.piece, newBytes(padding), this.#at)
    this.#flush(this.#at + padding)
    if (padding === 0) return
    withStorageErrors('truncate', this.#path, () => ftruncateSync(this.#fd, length))
  }

  get #fd(): number {
    return this.#held.direct ?? this.#held.cached!
  }

  #flush(length: number): void {
    const held = this.#held
    for (let done = 0; done < length;) {
      const count = this.#writeSome(done, length - done)
      if (held.direct !== undefined && held.cached !== undefined) {
        closeQuietly(held.cached) // not needed: the other one works
        held.cached = undefined
      }
      // A disk that is almost full takes some bytes first: go on at a block, past the cache.
      const whole = held.direct === undefined ? count : count - (count % this.#block)
      if (whole === 0) {
        throw new StorageError('EIO', `write failed: ${count} bytes were written: ${this.#path}`, {
          path: this.#path,
        })
      }
      done += whole
    }
    this.#written += length
    this.#at = 0
  }

  #writeSome(offset: number, length: number): number {
    const part = privateBytes(this.#held.piece, offset, length)
    const write = (): number => writeSync(this.#fd, part, 0, length, this.#written + offset)
    return withStorageErrors('write', this.#path, () => {
      try {
        return write()
      } catch (error) {
        if (this.#held.direct === undefined || this.#held.cached === undefined || !isRefusal(error))
          throw error
        this.#useCache(error)
        return write()
      }
    })
  }

  #useCache(cause: unknown): void {
    closeQuietly(this.#held.direct!)
    this.#held.direct = undefined
    this.#onRefusal(notAllowed(this.#path, cause))
  }
}

/** Opens the file that was made just now once more, unless the path leads to another one. */
function openMade(path: string, made: number): DirectFile | StorageError {
  const file = openDirect(path, constants.O_WRONLY | O_NOFOLLOW)
  if (file instanceof StorageError) return file
  const { fd, piece } = file
  let same = false
  try {
    same = fstatSync(fd).ino === fstatSync(made).ino
  } catch (error) {
    throw storageError(error, 'stat', path)
  } finally {
    if (!same) {
      giveBack(piece)
      closeQuietly(fd)
    }
  }
  return same ? file : refused('someone has replaced it', path)
}

setPrototypeOf(DirectFileSink.prototype, null) // see MappedSource
