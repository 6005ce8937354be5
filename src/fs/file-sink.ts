import { close, openSync, writeSync } from 'node:fs'

import type { OutputSink } from '../store/buffered-index-output.js'
import { StorageError } from '../store/errors.js'
import { holdFor, letGo, privateBytes, setPrototypeOf } from '../store/intrinsics.js'
import { closeFile } from './close-file.js'
import { withStorageErrors } from './fs-errors.js'

/** Descriptors of outputs that were dropped without close. */
const forgotten = new FinalizationRegistry<number>((fd) => close(fd, () => {}))

/** Writes a new file. */
export class FileSink implements OutputSink {
  readonly #fd: number
  readonly #path: string

  /** Throws FileAlreadyExistsError, also where a symbolic link has the name. Takes over `fd`, if given: a file that was made just now. */
  constructor(path: string, fd?: number) {
    this.#path = path
    this.#fd = fd ?? withStorageErrors('create', path, () => openSync(path, 'wx'))
    holdFor(forgotten, this, this.#fd)
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    const path = this.#path
    const part = privateBytes(bytes, offset, length)
    const count = withStorageErrors('write', path, () => writeSync(this.#fd, part, 0, length))
    // A file system in user space can answer so. To try again could take for ever.
    if (count === 0) throw new StorageError('EIO', `write failed: nothing was written: ${path}`, { path })
    return count
  }

  close(): void {
    letGo(forgotten, this)
    closeFile(this.#fd, this.#path)
  }
}

setPrototypeOf(FileSink.prototype, null) // see MappedSource
