import type { IndexInput } from 'mmap-directory'

import { OffsetTable } from './offset-table.js'
import { TERMS_IN_BLOCK } from './terms-writer.js'

/** A term, the number of documents that have it, and where its postings begin. */
export interface TermEntry {
  readonly term: string
  readonly docFreq: number
  readonly pointer: number
}

/** The terms of a segment, looked up in the file: nothing of it is kept on the heap. */
export class TermDictionary {
  /** How many terms there are. */
  readonly size: number
  readonly #input: IndexInput
  readonly #blocks: OffsetTable

  constructor(input: IndexInput) {
    this.#blocks = new OffsetTable(input)
    this.size = input.randomAccessSlice(this.#blocks.start - 4, 4).readInt(0)
    this.#input = input.clone()
  }

  find(term: string): TermEntry | undefined {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      this.#input.seek(this.#blocks.get(middle))
      this.#input.readVInt() // 0: nothing in common with a block before
      if (this.#input.readString() <= term) low = middle
      else high = middle - 1
    }
    for (const entry of this.#entries(this.#input, low, low + 1)) {
      if (entry.term >= term) return entry.term === term ? entry : undefined
    }
    return undefined
  }

  /** All terms, in ascending order. */
  [Symbol.iterator](): Iterator<TermEntry> {
    return this.#entries(this.#input.clone(), 0, this.#blocks.length)
  }

  *#entries(input: IndexInput, from: number, to: number): Generator<TermEntry> {
    const end = Math.min(to * TERMS_IN_BLOCK, this.size)
    if (from * TERMS_IN_BLOCK < end) input.seek(this.#blocks.get(from))
    let term = ''
    let pointer = 0
    for (let i = from * TERMS_IN_BLOCK; i < end; i++) {
      if (i % TERMS_IN_BLOCK === 0) pointer = 0
      term = term.slice(0, input.readVInt()) + input.readString()
      const docFreq = input.readVInt()
      pointer += input.readSafeVLong()
      yield { term, docFreq, pointer }
    }
  }
}
