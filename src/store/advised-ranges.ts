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
  #ranges: AdvisedRange[] = [] // the latest last

  constructor(length: number, unit: number) {
    this.#length = length
    this.#unit = unit
  }

  set(offset: number, length: number, advice: ReadAdvice): void {
    const { begin, end } = this.#inner(offset, offset + length)
    if (begin >= end) return
    this.#ranges = this.#ranges.filter((range) => range.begin < begin || range.end > end)
    this.#ranges.push({ begin, end, advice })
  }

  /** The advice for a range: that of the units within it or, where it has none, of those around it. */
  at(offset: number, length: number): ReadAdvice {
    let { begin, end } = this.#inner(offset, offset + length)
    if (begin >= end) {
      begin = offset - (offset % this.#unit)
      end = Math.min(Math.ceil((offset + length) / this.#unit) * this.#unit, this.#length)
    }
    return this.#ranges.findLast((range) => range.begin <= begin && range.end >= end)?.advice ?? 'normal'
  }

  #inner(begin: number, end: number): { begin: number; end: number } {
    return {
      begin: Math.ceil(begin / this.#unit) * this.#unit,
      // The last unit belongs to whoever has the file's last byte.
      end: end === this.#length ? end : end - (end % this.#unit),
    }
  }
}
