import type { Directory } from './directory.js'
import { AlreadyClosedError } from './errors.js'
import type { Lock, LockFactory } from './lock.js'

/**
 * Locks that keep nobody out: for an index that is only read, or whose writers are kept apart in
 * another way. Two writers on one index destroy it.
 */
export class NoLockFactory implements LockFactory {
  static readonly INSTANCE = new NoLockFactory()

  private constructor() {}

  obtainLock(_directory: Directory, name: string): Lock {
    return new NoLock(name)
  }
}

class NoLock implements Lock {
  readonly name: string
  #closed = false

  constructor(name: string) {
    this.name = name
  }

  ensureValid(): void {
    if (this.#closed) throw new AlreadyClosedError(`Lock was released: ${this.name}`)
  }

  close(): void {
    this.#closed = true
  }

  toString(): string {
    return `NoLock(name="${this.name}")`
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
