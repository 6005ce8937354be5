import { invalidValue } from '../store/arguments.js'

/** A value of a SnapshotStore, and how many hold it: the store as long as it is its value, and each snapshot. */
export class Generation<T extends Disposable> {
  readonly value: T
  /** Whether snapshots that are forgotten shall be told of. */
  readonly watched: boolean
  readonly #dispose: () => void
  #holders = 1

  /** `dispose` is the value's own function. */
  constructor(value: T, dispose: () => void, watched: boolean) {
    this.value = value
    this.#dispose = dispose
    this.watched = watched
  }

  hold(): void {
    this.#holders++
  }

  /** As hold(), for a value that a program brings back. Throws a TypeError when it was disposed of. */
  holdAgain(): void {
    if (this.#holders === 0) throw invalidValue('next was a value of this store before, which has closed it')
    this.#holders++
  }

  /** Disposes of the value when nobody else holds it. What that throws comes after the count is right. */
  release(): void {
    this.#holders--
    if (this.#holders === 0) Reflect.apply(this.#dispose, this.value, [])
  }
}
