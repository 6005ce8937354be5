import { invalidType } from './arguments.js'

/**
 * An input on its way to another thread of the process: `postMessage` it, and pass what arrives to
 * attachInput(). Of a mapped file it is good for one attachment, and keeps the file mapped until it
 * is attached or released, at most as long as the thread that made it lives.
 */
export class SharedInput {
  /** What attachInput() needs; a copy of this object has nothing else. Not to be changed. */
  readonly shared: SharedInputData
  readonly #release: () => void

  constructor(shared: SharedInputData, release: () => void) {
    if (typeof release !== 'function') throw invalidType('release', 'a function', release)
    this.shared = shared
    this.#release = release
  }

  /** Gives up an input that nobody will attach. Does nothing when it was attached or released. */
  release(): void {
    this.#release()
  }
}

/** Plain data, as it is cloned from thread to thread. */
export interface SharedInputData {
  readonly kind: 'mapping' | 'file'
  readonly description: string
  /** The part of the file that the input covers, and its position in it. */
  readonly start: number
  readonly length: number
  readonly position: number
  /** What the source needs to be found again. */
  readonly source: Readonly<Record<string, unknown>>
}

/** What a WindowSource says of itself when a part of it is shared. */
export interface SharedSource {
  readonly kind: SharedInputData['kind']
  readonly source: SharedInputData['source']
  readonly release: () => void
}
