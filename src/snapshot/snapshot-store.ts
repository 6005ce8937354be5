import { checkOptions, invalidType } from '../store/arguments.js'
import { AlreadyClosedError } from '../store/errors.js'
import { watch } from './forgotten-snapshots.js'
import { Generation } from './generation.js'
import { Snapshot } from './snapshot.js'

export interface SnapshotStoreOptions {
  /**
   * Notices snapshots that nobody released: when one is collected, a process warning
   * (`SnapshotNotReleasedWarning`) says where it was taken. The value stays open in any case. Takes
   * a stack trace with every snapshot, so that it is for looking, not for every day.
   */
  readonly debug?: boolean | undefined
}

/**
 * What readers see, and a way to exchange it under them: Lucene's ReferenceManager. Readers take a
 * snapshot, read as long as they like, and release it. Who writes swaps in the next value; the old
 * one is closed (its `[Symbol.dispose]()` is called) after the last reader of it.
 *
 * Belongs to one thread, as the values do: objects are not shared between threads. Each thread
 * has a store of its own, over inputs of its own: see GenerationPublisher.
 */
export class SnapshotStore<T extends Disposable> implements Disposable {
  readonly #debug: boolean
  readonly #generations = new WeakMap<T, Generation<T>>()
  #current: Generation<T> | undefined

  /** Takes over the first value. Throws a TypeError for one without `[Symbol.dispose]()`, or a bad option. */
  constructor(value: T, options: SnapshotStoreOptions = {}) {
    const dispose = disposeOf('value', value)
    checkOptions('SnapshotStore', options, ['debug'])
    const { debug = false } = options
    if (typeof debug !== 'boolean') throw invalidType('debug', 'a boolean', debug)
    this.#debug = debug
    this.#current = this.#generationOf(value, dispose)
  }

  /**
   * The value as it is now, to be released when it is no longer needed. Costs a load, an increment
   * and the object that is returned; never waits. Throws AlreadyClosedError after close().
   */
  snapshot(): Snapshot<T> {
    if (this.#current === undefined) throw alreadyClosed()
    const snapshot = new Snapshot(this.#current)
    if (this.#debug) watch(snapshot, this.snapshot)
    return snapshot
  }

  /**
   * Takes over `next`, which all snapshots from now on have. Then lets go of the old value, which
   * is closed at once when no reader has it. What closing it throws is thrown here, after `next` is
   * in place. It may well use this store: it finds the new value there.
   *
   * To swap in the value that is there already does nothing. One of before may come back as long
   * as readers keep it open; otherwise, and for a value without `[Symbol.dispose]()`, throws a
   * TypeError. Throws AlreadyClosedError after close(). Where it has thrown one of these, `next`
   * remains the caller's.
   */
  swap(next: T): void {
    const dispose = disposeOf('next', next) // a getter may use this store
    const previous = this.#current
    if (previous === undefined) throw alreadyClosed()
    this.#current = this.#generationOf(next, dispose)
    previous.release()
  }

  /**
   * Lets go of the value: it is closed when no reader has it, otherwise after the last one.
   * Snapshots that were taken stay good. Doing so again does nothing.
   */
  close(): void {
    const previous = this.#current
    this.#current = undefined
    previous?.release()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** The value's generation, which the store holds from now on: a value that is swapped in twice is closed once. */
  #generationOf(value: T, dispose: () => void): Generation<T> {
    let generation = this.#generations.get(value)
    if (generation === undefined) {
      generation = new Generation(value, dispose, this.#debug)
      this.#generations.set(value, generation)
    } else {
      generation.holdAgain()
    }
    return generation
  }
}

/** What closes a value, asked for once. Throws a TypeError for one that has no such thing. */
function disposeOf(name: string, value: Disposable): () => void {
  const dispose: unknown = value !== null && typeof value === 'object' ? value[Symbol.dispose] : undefined
  if (typeof dispose !== 'function') throw invalidType(name, 'an object with [Symbol.dispose]()', value)
  return dispose as () => void
}

function alreadyClosed(): AlreadyClosedError {
  return new AlreadyClosedError('This SnapshotStore is closed')
}
