import type { Lock } from '../../store/lock.js'

/** Says when it is released. */
export class CountedLock implements Lock {
  readonly #delegate: Lock
  readonly #closed: () => void

  constructor(delegate: Lock, closed: () => void) {
    this.#delegate = delegate
    this.#closed = closed
  }

  get name(): string {
    return this.#delegate.name
  }

  ensureValid(): void {
    this.#delegate.ensureValid()
  }

  close(): void {
    this.#closed()
    this.#delegate.close()
  }

  toString(): string {
    return String(this.#delegate)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
