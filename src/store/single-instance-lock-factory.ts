import type { Directory } from '../store/directory.js'
import { AlreadyClosedError, LockObtainFailedError } from '../store/errors.js'
import type { Lock, LockFactory } from '../store/lock.js'

/** Locks among those who share this factory: for directories that nobody else can reach. */
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

  [Symbol.dispose](): void {
    this.close()
  }
}
