import { CorruptIndexError, EndOfFileError, type StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import { checksumMismatch, retrieveChecksum } from './footer.js'
import { type IndexHeader, idMismatch, parseIndexHeader, suffixMismatch } from './index-header.js'
import { sameId } from './segment-id.js'
import { caught } from './storage-failure.js'

/** What a file's header should say besides its format. */
export interface ExpectedHeader {
  /** Any id when undefined. */
  readonly id: Uint8Array | undefined
  readonly suffix: string
}

/**
 * What is found out about one file: its header and footer when it is made, the rest by summedUp().
 * Of several errors the first is kept: where the header is no header, the rest says nothing more.
 */
export class FileCheck {
  readonly length: number
  readonly header: IndexHeader | undefined
  /** What the footer states. */
  readonly checksum: number | undefined
  #error: StorageError | undefined
  readonly #resource: string

  constructor(input: IndexInput) {
    this.#resource = input.toString()
    this.length = input.length()
    const reader = input.clone()
    try {
      reader.seek(0)
      this.header = this.#attempt(() => parseIndexHeader(reader))
      this.checksum = this.#attempt(() => retrieveChecksum(reader))
    } finally {
      reader.close()
    }
  }

  get error(): StorageError | undefined {
    return this.#error
  }

  fail(error: StorageError): void {
    this.#error ??= error
  }

  /** Takes the checksum of what the file really holds. */
  summedUp(actual: number): void {
    if (this.checksum !== undefined && this.checksum !== actual) {
      this.fail(checksumMismatch(this.checksum, actual, this.#resource))
    }
  }

  /** To be asked last: in a damaged file, another id is only one more sign of the damage. */
  belongsTo({ id, suffix }: ExpectedHeader): void {
    const { header } = this
    if (header === undefined) return
    if (id !== undefined && !sameId(header.id, id)) this.fail(idMismatch(id, header.id, this.#resource))
    if (header.suffix !== suffix) this.fail(suffixMismatch(suffix, header.suffix, this.#resource))
  }

  hasCodec(codec: string): boolean {
    return this.header?.codec === codec
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      const failure = caught(error)
      this.fail(
        failure instanceof EndOfFileError
          ? new CorruptIndexError(`the file ends before its header does: ${this.#resource}`, {
              cause: failure,
            })
          : failure,
      )
      return undefined
    }
  }
}

/** A file that is described but ends after the file that it is in. */
export function outOfBounds(name: string, end: number, length: number, resource: string): CorruptIndexError {
  return new CorruptIndexError(
    `${name} should end at ${end}, but there are only ${length} bytes: ${resource}`,
  )
}
