import { getHeapStatistics } from 'node:v8'

import { setPrototypeOf } from './intrinsics.js'
import { NOTHING, type Window } from './window.js'

/** A table looks whether its patience is at an end after so many changes between windows each. */
const STEP = 2 ** 15

/** So many changes between windows cost about as much time as collecting the garbage of a MiB of heap. */
const CHANGES_PER_MIB = 2 ** 13

/** The positions that have a place in a list; windows behind them are found by their number, a little slower. */
const LISTED = 2 ** 16

/** `known` numbers windows with 32 bits: those of longer files are longer. */
const MOST_POSITIONS = 2 ** 31

/** A wide window is this many times as long as one is at first: 2^5. */
const WIDER_POWER = 5

/**
 * Windows that stay as they are until their source is closed: made when they are first needed,
 * kept, and shared by all who read. Going to one that is there already costs an index.
 *
 * Windows are small at first, because V8 starts to collect garbage when it sees a long buffer made,
 * and are made anew and wide where a reader keeps changing between them (design/chunks-and-windows.md).
 */
export class WindowTable {
  // By position; a wide window stands in several places. Without a prototype: Array's could have
  // been given setters that see what is put in. Without holes either: what is missing would be
  // looked for along the prototypes.
  readonly #windows = setPrototypeOf([], null) as Window[]
  /** Those from position number LISTED on, by their number: of 2 TiB, a list would be mostly empty. */
  readonly #far = setPrototypeOf({}, null) as Record<number, Window | undefined>
  // With values of their kind from the first moment: V8 then knows what these fields hold.
  readonly #windowLength: number = 0
  readonly #perPosition: number = 0.5
  readonly #wideLength: number = 0
  readonly #length: number
  readonly #open: (start: number, length: number) => Window
  readonly #patience: () => number
  #asked = 0

  /**
   * Windows of 2^windowPower bytes, later of up to 2^widestPower, over `length` bytes. `open` makes
   * the one that begins at `start`; it has some bytes more than `windowLength`, so that a value that
   * begins in it is whole there, or ends with the file. `patience` says how many changes between
   * windows are worth a collection.
   */
  constructor(
    length: number,
    windowPower: number,
    widestPower: number,
    open: (start: number, windowLength: number) => Window,
    patience = changesPerCollection,
  ) {
    this.#length = length
    while (length / 2 ** windowPower > MOST_POSITIONS) windowPower++
    // Not `2 **`, whose result V8 keeps as a floating-point number, and all that is computed of it.
    this.#windowLength = 1 << windowPower
    this.#perPosition = 1 / this.#windowLength
    this.#wideLength = 1 << Math.max(windowPower, Math.min(windowPower + WIDER_POWER, widestPower))
    this.#open = open
    this.#patience = patience
  }

  /** The window that holds `position`, or NOTHING where it has not been made yet. */
  known(position: number): Window {
    this.#asked = (this.#asked + 1) | 0
    if ((this.#asked & (STEP - 1)) === 0) this.#step(position)
    const windows = this.#windows
    const index = (position * this.#perPosition) >>> 0
    return index < windows.length ? windows[index]! : index < LISTED ? NOTHING : this.#farAway(index)
  }

  #farAway(index: number): Window {
    return this.#far[index] ?? NOTHING
  }

  /** What stands at a position's number. */
  #there(index: number): Window {
    const windows = this.#windows
    return index < windows.length ? windows[index]! : this.#farAway(index)
  }

  /** The window that holds `position`, made if need be. */
  at(position: number): Window {
    const known = this.known(position)
    if (known !== NOTHING) return known
    const start = Math.floor(position * this.#perPosition) * this.#windowLength
    const window = this.#open(start, this.#windowLength)
    this.#keep(window, start, this.#windowLength)
    return window
  }

  #step(position: number): void {
    if (this.#asked < this.#patience()) return
    this.#asked = 0
    this.#widen(position)
  }

  #widen(position: number): void {
    if (position >= this.#length) return // a reader's mistake, of which it will hear
    const start = Math.floor(position / this.#wideLength) * this.#wideLength
    const there = this.#there(start * this.#perPosition)
    if (there !== NOTHING && there === this.#there(this.#last(start, this.#wideLength))) return
    try {
      this.#keep(this.#open(start, this.#wideLength), start, this.#wideLength)
    } catch {
      // It goes on with the windows that are there.
    }
  }

  #keep(window: Window, start: number, length: number): void {
    const windows = this.#windows
    const last = this.#last(start, length)
    const listed = last < LISTED ? last + 1 : 0 // wide windows end where the list does, or before
    while (windows.length < listed) windows[windows.length] = NOTHING
    for (let index = start * this.#perPosition; index <= last; index++) {
      if (index < LISTED) windows[index] = window
      else this.#far[index] = window
    }
  }

  /** The last place of the windows that cover [start, start + length). */
  #last(start: number, length: number): number {
    return Math.ceil(Math.min(start + length, this.#length) * this.#perPosition) - 1
  }
}

function changesPerCollection(): number {
  return (heapStatistics().used_heap_size / 2 ** 20) * CHANGES_PER_MIB
}

const heapStatistics = getHeapStatistics
