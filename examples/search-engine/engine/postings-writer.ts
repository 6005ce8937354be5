import { ByteBuffersDataOutput, type IndexOutput } from 'mmap-directory'

import { NO_MORE_DOCS, type Postings } from './postings.js'

/** Documents in a block. Short enough that decoding one to find a single document does not hurt. */
export const BLOCK_LENGTH = 128

/**
 * Writes postings in blocks: the block's last document (as the distance from that of the block
 * before) and its length in bytes, by which a reader passes over it; then the distances between
 * documents and the frequencies, both in group-varint.
 */
export class PostingsWriter {
  readonly #output: IndexOutput
  readonly #block = ByteBuffersDataOutput.newResettableInstance()
  readonly #distances = new Int32Array(BLOCK_LENGTH)
  readonly #freqs = new Int32Array(BLOCK_LENGTH)

  constructor(output: IndexOutput) {
    this.#output = output
  }

  /** Writes what is left of `postings` and returns how many documents that were. */
  write(postings: Postings): number {
    let docFreq = 0
    let count = 0
    let start = 0 // the last document of the block before
    let last = 0
    for (let doc = postings.nextDoc(); doc !== NO_MORE_DOCS; doc = postings.nextDoc()) {
      this.#distances[count] = doc - last
      this.#freqs[count] = postings.freq
      last = doc
      docFreq++
      if (++count < BLOCK_LENGTH) continue
      this.#writeBlock(last - start, count)
      start = last
      count = 0
    }
    if (count > 0) this.#writeBlock(last - start, count)
    return docFreq
  }

  #writeBlock(distance: number, count: number): void {
    this.#block.reset()
    this.#block.writeGroupVInts(this.#distances, count)
    this.#block.writeGroupVInts(this.#freqs, count)
    this.#output.writeVInt(distance)
    this.#output.writeVInt(this.#block.size())
    this.#block.copyTo(this.#output)
  }
}
