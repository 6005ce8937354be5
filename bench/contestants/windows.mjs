// A bare DataView with the index arithmetic of a file in windows, and nothing else: where in its window a
// position is, whether that is a whole number, and whether all of the value is within. A loop over one
// DataView (buffer.mjs) needs none of it, as long as the file fits one.
import cases from '../../dist/cli/bench-cases.js'
import { HOT } from '../cases.mjs'
import { over } from './buffer.mjs'

const { BATCH, keep, positions } = cases

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

  readInt(position) {
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

function randomly(span) {
  return (bytes, data) => {
    const places = positions(Math.min(bytes.length, span), 4)
    const windows = new Windows(data)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < BATCH; i++) sum ^= windows.readInt(at[i])
      keep(sum)
      return BATCH
    }
  }
}

/** @type {Record<string, (context: object) => { work: () => number }>} */
export const works = {
  random: over(randomly(Infinity)),
  'random-hot': over(randomly(HOT)),
  absolute: over(randomly(Infinity)),
  'absolute-hot': over(randomly(HOT)),
}
