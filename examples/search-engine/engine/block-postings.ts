import type { IndexInput } from 'mmap-directory'

import { NO_MORE_DOCS, type Postings } from './postings.js'
import { BLOCK_LENGTH } from './postings-writer.js'

/** Postings as PostingsWriter has written them. Takes over the input, a clone that nobody else moves. */
export class BlockPostings implements Postings {
  docId = -1
  freq = 0
  readonly docFreq: number
  readonly #input: IndexInput
  readonly #docs = new Int32Array(BLOCK_LENGTH)
  readonly #freqs = new Int32Array(BLOCK_LENGTH)
  #left: number // documents in blocks that were not reached yet
  #count = 0 // of the block
  #at = 0
  #last = 0 // the block's last document
  #first = 0 // that of the block before, from which distances are counted
  #nextBlock: number
  #decoded = true

  /** Of a term that is in `docFreq` documents, whose postings begin at `start`. */
  constructor(input: IndexInput, docFreq: number, start: number) {
    this.#input = input
    this.docFreq = docFreq
    this.#left = docFreq
    this.#nextBlock = start
  }

  nextDoc(): number {
    if (++this.#at >= this.#count && !this.#enterBlock()) return this.#end()
    return this.#take()
  }

  /** Goes to the first document from `target` on, which is behind the one that this is at. */
  advance(target: number): number {
    // Blocks that end before it are passed over without being decoded.
    if (this.#at >= this.#count || target > this.#last) {
      do {
        if (!this.#enterBlock()) return this.#end()
      } while (target > this.#last)
    } else {
      this.#at++
    }
    this.#decode()
    while (this.#docs[this.#at]! < target) this.#at++
    return this.#take()
  }

  #take(): number {
    this.#decode()
    this.freq = this.#freqs[this.#at]!
    return (this.docId = this.#docs[this.#at]!)
  }

  #end(): number {
    this.#at = this.#count
    return (this.docId = NO_MORE_DOCS)
  }

  #enterBlock(): boolean {
    if (this.#left === 0) return false
    const input = this.#input
    input.seek(this.#nextBlock)
    this.#first = this.#last
    this.#last += input.readVInt()
    const length = input.readVInt()
    this.#nextBlock = input.getFilePointer() + length
    this.#count = Math.min(this.#left, BLOCK_LENGTH)
    this.#left -= this.#count
    this.#at = 0
    this.#decoded = false
    return true
  }

  #decode(): void {
    if (this.#decoded) return
    this.#decoded = true
    this.#input.readGroupVInts(this.#docs, this.#count)
    this.#input.readGroupVInts(this.#freqs, this.#count)
    let doc = this.#first
    for (let i = 0; i < this.#count; i++) this.#docs[i] = doc += this.#docs[i]!
  }
}
