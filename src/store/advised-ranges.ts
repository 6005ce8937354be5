import type { ReadAdvice } from './io-context.js'

interface AdvisedRange {
  readonly begin: number
  readonly end: number
  readonly advice: ReadAdvice
}

/**
 * Remembers which advice is in force where in a file. Advice covers whole units (pages): those that
 * lie within the range it is given for, so that a neighbour's keep their own.
 */
export class AdvisedRanges {
  readonly #length: number
  readonly #unit: number
  /** Of the file, but for the ranges below. */
  #whole: ReadAdvice = 'normal'
  /** Apart from each other, in order, neighbours of the same advice as one. */
  readonly #ranges: AdvisedRange[] = []

  constructor(length: number, unit: number) {
    this.#length = length
    this.#unit = unit
  }

  /** How many ranges have another advice than the file: each is a mapping of its own to the system. */
  get count(): number {
    return this.#ranges.length
  }

  set(offset: number, length: number, advice: ReadAdvice): void {
    let { begin, end } = this.#inner(offset, offset + length)
    if (begin >= end) return
    if (begin === 0 && end === this.#length) {
      this.#whole = advice
      this.#ranges.length = 0
      return
    }
    const first = this.#firstEndingFrom(begin)
    const replacement: AdvisedRange[] = []
    let last = first
    for (; last < this.#ranges.length && this.#ranges[last]!.begin <= end; last++) {
      const range = this.#ranges[last]!
      if (range.advice === advice) {
        begin = Math.min(begin, range.begin)
        end = Math.max(end, range.end)
      } else {
        if (range.begin < begin) replacement.push({ ...range, end: begin })
        if (range.end > end) replacement.push({ ...range, begin: end })
      }
    }
    if (advice !== this.#whole) replacement.push({ begin, end, advice })
    replacement.sort((one, other) => one.begin - other.begin)
    this.#ranges.splice(first, last - first, ...replacement)
  }

  /**
   * The advice for a range: that of the units within it or, where it has none, of those around it;
   * where they differ, that of the file.
   */
  at(offset: number, length: number): ReadAdvice {
    if (this.#ranges.length === 0) return this.#whole
    let { begin, end } = this.#inner(offset, offset + length)
    if (begin >= end) {
      begin = offset - (offset % this.#unit)
      end = Math.min(Math.ceil((offset + length) / this.#unit) * this.#unit, this.#length)
    }
    const range = this.#ranges[this.#firstEndingFrom(end)]
    return range !== undefined && range.begin <= begin ? range.advice : this.#whole
  }

  /** Whether part of a range has this advice. */
  some(offset: number, length: number, advice: ReadAdvice): boolean {
    if (length === 0) return false
    const end = offset + length
    for (let i = this.#firstEndingFrom(offset + 1); ; i++) {
      const range = this.#ranges[i]
      const begin = range === undefined ? end : Math.min(range.begin, end)
      if (offset < begin && this.#whole === advice) return true
      if (range === undefined || begin === end) return false
      if (range.advice === advice) return true
      offset = range.end
      if (offset >= end) return false
    }
  }

  /** The index of the first range that ends at `position` or behind it. */
  #firstEndingFrom(position: number): number {
    let low = 0
    for (let high = this.#ranges.length; low < high;) {
      const middle = (low + high) >>> 1
      if (this.#ranges[middle]!.end < position) low = middle + 1
      else high = middle
    }
    return low
  }

  #inner(begin: number, end: number): { begin: number; end: number } {
    return {
      begin: Math.ceil(begin / this.#unit) * this.#unit,
      // The last unit belongs to whoever has the file's last byte.
      end: end === this.#length ? end : end - (end % this.#unit),
    }
  }
}
