import { AlreadyClosedError } from '../store/errors.js'
import { unwatch } from './forgotten-snapshots.js'
import type { Generation } from './generation.js'

/**
 * The value that a SnapshotStore had when this was taken, which stays open until it is released:
 *
 *     using snapshot = store.snapshot()
 *     search(snapshot.value)
 *
 * May be kept as long as one likes, and over an `await`. Belongs to the thread that took it.
 */
export class Snapshot<T extends Disposable> implements Disposable {
  #generation: Generation<T> | undefined

  /** Taken by SnapshotStore.snapshot(). */
  constructor(generation: Generation<T>) {
    generation.hold()
    this.#generation = generation
  }

  /** The value. Throws AlreadyClosedError after release(): it may be closed by then. */
  get value(): T {
    if (this.#generation === undefined) throw new AlreadyClosedError('This snapshot was released')
    return this.#generation.value
  }

  /**
   * Lets go of the value; doing so again does nothing. The last one to let go of a value that the
   * store has no longer closes it, and gets what that throws; the snapshot is released all the same.
   */
  release(): void {
    const generation = this.#generation
    if (generation === undefined) return
    this.#generation = undefined
    if (generation.watched) unwatch(this)
    generation.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
