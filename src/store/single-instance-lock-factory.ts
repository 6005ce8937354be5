import type { Directory } from './directory.js'
import { AlreadyClosedError, LockObtainFailedError } from './errors.js'
import type { Lock, LockFactory } from './lock.js'

/**
 * Locks among those who share this factory, in one thread: for directories that nobody else can
 * reach. Each factory has names of its own, whatever directory asks.
 */
export class SingleInstanceLockFactory implements LockFactory {
  readonly #held = new Set<string>()

  obtainLock(_directory: Directory, name: string): Lock {
    if (this.#held.has(name))
      throw new LockObtainFailedError(`Lock held by this factory: ${name}`, { path: name })
    this.#held.add(name)
    return new SingleInstanceLock(this.#held, name)
  }
}

class SingleInstanceLock implements Lock {
  readonly name: string
  readonly #held: Set<string>
  #closed = false

  constructor(held: Set<string>, name: string) {
    this.#held = held
    this.name = name
  }

  ensureValid(): void {
    if (this.#closed) throw new AlreadyClosedError(`Lock was released: ${this.name}`)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#held.delete(this.name)
  }

  toString(): string {
    return `SingleInstanceLock(name="${this.name}")`
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
