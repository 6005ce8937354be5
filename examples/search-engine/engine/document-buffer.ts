import { KEY, TEXT, termOf, wordsOf } from './analyzer.js'
import type { Document } from './document.js'
import { NO_MORE_DOCS, type Postings } from './postings.js'
import type { SegmentSource } from './segment-writer.js'
import type { StoredFieldsWriter } from './stored-fields.js'

/** Documents that are not in a segment yet, as an inverted index in memory. */
export class DocumentBuffer implements SegmentSource {
  readonly lengths: number[] = []
  /** Documents that were deleted before they came into a segment. */
  readonly deleted = new Set<number>()
  readonly #stored: ReadonlyMap<string, string>[] = []
  readonly #terms = new Map<string, MemoryPostings>()
  /** About how many bytes a segment of them would have. */
  bytes = 0

  /** How many documents there are. */
  get size(): number {
    return this.lengths.length
  }

  add({ key, text, stored = new Map() }: Document): void {
    const doc = this.size
    const words = wordsOf(text)
    this.#postingsOf(termOf(KEY, key)).add(doc)
    for (const word of words) this.#postingsOf(termOf(TEXT, word)).add(doc)
    const fields = new Map([...stored, [KEY, key]])
    this.#stored.push(fields)
    this.lengths.push(words.length)
    this.bytes += 3 * words.length + [...fields].join().length
  }

  /** Marks the documents that have a term. */
  delete(term: string): void {
    for (const doc of this.#terms.get(term)?.docs ?? []) this.deleted.add(doc)
  }

  writeStored(writer: StoredFieldsWriter): void {
    for (const fields of this.#stored) writer.add(fields)
  }

  *terms(): Generator<readonly [string, Postings]> {
    for (const term of [...this.#terms.keys()].sort()) yield [term, this.#terms.get(term)!.reader()]
  }

  #postingsOf(term: string): MemoryPostings {
    let postings = this.#terms.get(term)
    if (postings === undefined) this.#terms.set(term, (postings = new MemoryPostings()))
    return postings
  }
}

class MemoryPostings {
  readonly docs: number[] = []
  readonly #freqs: number[] = []

  add(doc: number): void {
    if (this.docs.at(-1) !== doc) {
      this.docs.push(doc)
      this.#freqs.push(0)
    }
    this.#freqs[this.#freqs.length - 1]!++
  }

  reader(): Postings {
    const [docs, freqs] = [this.docs, this.#freqs]
    let at = -1
    return {
      get freq() {
        return freqs[at]!
      },
      nextDoc: () => docs[++at] ?? NO_MORE_DOCS,
    }
  }
}
