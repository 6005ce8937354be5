/** How soon more occurrences of a word stop to matter, and how much long documents are held back: Lucene's defaults. */
const K1 = 1.2
const B = 0.75

/** Numbers of a whole index, deleted documents included until a merge drops them: as in Lucene. */
export interface IndexStatistics {
  readonly documents: number
  /** Words in all of them. */
  readonly length: number
}

/** Okapi BM25 for one word of a query. */
export class Bm25 {
  readonly #weight: number
  readonly #averageLength: number

  /** For a word that is in `docFreq` documents. */
  constructor({ documents, length }: IndexStatistics, docFreq: number) {
    this.#weight = Math.log(1 + (documents - docFreq + 0.5) / (docFreq + 0.5))
    this.#averageLength = length / documents
  }

  /** What the word adds to the score of a document of `length` words that has it `freq` times. */
  score(freq: number, length: number): number {
    return (this.#weight * freq) / (freq + K1 * (1 - B + (B * length) / this.#averageLength))
  }
}
