import { memoryGone } from '../store/arguments.js'
import {
  bufferOf,
  byteOffsetOf,
  bytesOf,
  lengthOf,
  newBytes,
  setElements,
  setPrototypeOf,
} from '../store/intrinsics.js'
import { Window, type WindowSource } from '../store/window.js'

/**
 * Reads from arrays, one behind the other, of any lengths. Each array is a window; a value that
 * lies in several is put together in a small window of its own. Nothing but the windows is
 * allocated, each when it is first asked for, and all inputs over one source have the same.
 */
export class BuffersSource implements WindowSource {
  readonly length: number
  readonly #buffers: Uint8Array[] = []
  /** Where each of them begins. */
  readonly #starts: number[] = []
  /** For each slot, which are all of one length, the array in which it begins. */
  readonly #slots: Uint32Array
  readonly #slotLength: number
  readonly #windows: (Window | undefined)[]
  /** Around the end of each. */
  readonly #seams: (Window | undefined)[]

  constructor(buffers: readonly Uint8Array[]) {
    let start = 0
    for (const buffer of buffers) {
      const length = lengthOf(buffer)
      for (let from = 0; from < length; from += LONGEST_WINDOW) {
        const part = Math.min(length - from, LONGEST_WINDOW)
        this.#buffers.push(bytesOf(bufferOf(buffer), byteOffsetOf(buffer) + from, part))
        this.#starts.push(start)
        start += part
      }
    }
    this.length = start
    // Filled, because setting an element that is not there yet asks Array.prototype, which a
    // program may have patched to get hold of the windows.
    this.#windows = Array.from(this.#starts, () => undefined)
    this.#seams = Array.from(this.#starts, () => undefined)
    // Two slots an array, so that one or two arrays have to be looked at. Among 435 of them, that
    // takes 8 ns, a binary search 39.
    this.#slotLength = Math.ceil(start / (2 * Math.max(this.#starts.length, 1))) || 1
    this.#slots = new Uint32Array(Math.ceil(start / this.#slotLength))
    for (let slot = 1, index = 0; slot < this.#slots.length; slot++) {
      while (this.#endOf(index) <= slot * this.#slotLength) index++
      this.#slots[slot] = index
    }
  }

  window(position: number, need: number): Window {
    const index = this.#indexOf(position)
    if (position + need > this.#endOf(index)) return (this.#seams[index] ??= this.#seamAfter(index))
    const bytes = this.#bufferAt(index)
    return (this.#windows[index] ??= new Window(this.#starts[index]!, bytes))
  }

  /** Does nothing: other inputs may read from here. */
  close(): void {}

  /** An array, which has to be as long as it was. */
  #bufferAt(index: number): Uint8Array {
    const buffer = this.#buffers[index]!
    if (lengthOf(buffer) < this.#endOf(index) - this.#starts[index]!) throw memoryGone('BuffersSource')
    return buffer
  }

  /** The array in which the byte at `position` is. */
  #indexOf(position: number): number {
    let index = this.#slots[Math.floor(position / this.#slotLength)]!
    while (this.#endOf(index) <= position) index++
    return index
  }

  #endOf(index: number): number {
    return this.#starts[index + 1] ?? this.length
  }

  /** Copies what is around an array's end: every value that begins before it and ends after it. */
  #seamAfter(index: number): Window {
    const border = this.#endOf(index)
    const start = Math.max(border - OVERLAP, 0)
    const bytes = newBytes(Math.min(border + OVERLAP, this.length) - start)
    for (let done = 0, next = this.#indexOf(start); done < bytes.length; next++) {
      const from = start + done - this.#starts[next]!
      const count = Math.min(this.#endOf(next) - start, bytes.length) - done
      const buffer = this.#bufferAt(next)
      setElements(bytes, bytesOf(bufferOf(buffer), byteOffsetOf(buffer) + from, count), done)
      done += count
    }
    return new Window(start, bytes)
  }
}

/** Bytes of the longest value but one: it can begin or end that far from a border. */
const OVERLAP = 7
/** The most that Window takes, a multiple of what any value is aligned to. */
const LONGEST_WINDOW = 2 ** 30

setPrototypeOf(BuffersSource.prototype, null) // see MappedSource
