import type { OutputSink } from '../../store/buffered-index-output.js'
import type { IndexOutput } from '../../store/index-output.js'
import { ignoringErrors } from '../../store/ignoring-errors.js'

/** How much of a write goes through; throws where nothing does. */
export type Admission = (length: number) => number

/** Passes on to another output what is admitted. */
export class MockSink implements OutputSink {
  readonly #output: IndexOutput
  readonly #admit: Admission
  readonly #closed: () => void
  #abandoned = false

  constructor(output: IndexOutput, admit: Admission, closed: () => void) {
    this.#output = output
    this.#admit = admit
    this.#closed = closed
  }

  /** From here on everything is taken and nothing passed on: whoever writes is no more. */
  abandon(): void {
    this.#abandoned = true
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#abandoned) return length
    const admitted = this.#admit(length)
    this.#output.writeBytes(bytes, offset, admitted)
    return admitted
  }

  close(): void {
    this.#closed()
    if (this.#abandoned) ignoringErrors(() => this.#output.close())
    else this.#output.close()
  }
}
