import type { IndexOutput } from 'mmap-directory'

import { writeOffsets } from './offset-table.js'

/** Terms in a block: a lookup goes through half of one. */
export const TERMS_IN_BLOCK = 32

/**
 * Writes the dictionary: terms in ascending order, each as what it has in common with the one before
 * and the rest; in blocks, at whose beginnings a binary search can look.
 */
export class TermsWriter {
  readonly #output: IndexOutput
  readonly #blocks: number[] = []
  #count = 0
  #term = ''
  #pointer = 0

  constructor(output: IndexOutput) {
    this.#output = output
  }

  /** `pointer` is where the term's postings begin. */
  add(term: string, docFreq: number, pointer: number): void {
    if (this.#count++ % TERMS_IN_BLOCK === 0) {
      this.#blocks.push(this.#output.getFilePointer())
      this.#term = ''
      this.#pointer = 0
    }
    const common = commonLength(this.#term, term)
    this.#output.writeVInt(common)
    this.#output.writeString(term.slice(common))
    this.#output.writeVInt(docFreq)
    this.#output.writeVLong(pointer - this.#pointer)
    this.#term = term
    this.#pointer = pointer
  }

  finish(): void {
    this.#output.writeInt(this.#count)
    writeOffsets(this.#output, this.#blocks)
  }
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  // Half a surrogate pair would be written as U+FFFD.
  return /[\ud800-\udbff]$/.test(b.slice(0, length)) ? length - 1 : length
}
