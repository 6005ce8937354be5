// A bare DataView with the index arithmetic of a file in windows, and nothing else: where in its window a
// position is, whether that is a whole number, and whether all of the value is within. A loop over one
// DataView (buffer.mjs) needs none of it, as long as the file fits one.
import { HOT } from '../cases.mjs'
import { over, randomly } from './buffer.mjs'

/** As long as the windows of an input of MMapDirectory are at first. */
const WINDOW = 2 ** 25

class Windows {
  #views = []
  #data
  #base = 0
  #limit

  constructor(data) {
    for (let at = 0; at < data.byteLength; at += WINDOW) {
      const length = Math.min(WINDOW + 3, data.byteLength - at) // a value may begin on its last byte
      this.#views.push(new DataView(data.buffer, data.byteOffset + at, length))
    }
    this.#data = this.#views[0]
    this.#limit = this.#data.byteLength
  }

  /** As a DataView's, but for its byte order, which is little-endian. */
  getInt32(position) {
    const place = position - this.#base
    let at = place | 0
    if (at !== place || at < 0 || at > this.#limit - 4) at = this.#enter(position)
    return this.#data.getInt32(at, true)
  }

  #enter(position) {
    const index = Math.floor(position / WINDOW)
    this.#data = this.#views[index]
    this.#base = index * WINDOW
    this.#limit = this.#data.byteLength
    return position - this.#base
  }
}

const inWindows = (span) => over((bytes, data) => randomly(span)(bytes, new Windows(data)))

/** @type {Record<string, (context: object) => { work: () => number }>} */
export const works = {
  random: inWindows(Infinity),
  'random-hot': inWindows(HOT),
  absolute: inWindows(Infinity),
  'absolute-hot': inWindows(HOT),
}
