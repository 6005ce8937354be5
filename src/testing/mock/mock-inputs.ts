import { FilterIndexInput } from '../../directories/filter-index-input.js'
import type { IndexInput } from '../../store/index-input.js'

/** Says when it is closed. Nothing else is changed, and its clones and slices are the delegate's. */
export class CountedInput extends FilterIndexInput {
  readonly #closed: () => void

  constructor(delegate: IndexInput, closed: () => void) {
    super(delegate)
    this.#closed = closed
  }

  protected wrap(part: IndexInput): IndexInput {
    return part
  }

  override close(): void {
    this.#closed()
    super.close()
  }
}

/** Asks before every read, also of its clones and slices, whether it is to fail. */
export class FailingInput extends FilterIndexInput {
  readonly #check: () => void

  constructor(delegate: IndexInput, check: () => void) {
    super(delegate)
    this.#check = check
  }

  override readByte(): number {
    this.#check()
    return super.readByte()
  }

  override readBytes(target: Uint8Array, offset?: number, length?: number): void {
    this.#check()
    super.readBytes(target, offset, length)
  }

  protected wrap(part: IndexInput): IndexInput {
    return new FailingInput(part, this.#check)
  }
}
