import { KEY, TEXT, termOf, wordsOf } from './analyzer.js'
import type { Document } from './document.js'
import { NO_MORE_DOCS, type Postings } from './postings.js'
import type { SegmentSource } from './segment-writer.js'
import type { StoredFieldsWriter } from './stored-fields.js'

/** Documents that are not in a segment yet, as an inverted index in memory. */
export class DocumentBuffer implements SegmentSource {
  readonly lengths: number[] = []
  readonly #stored: ReadonlyMap<string, string>[] = []
  readonly #terms = new Map<string, MemoryPostings>()
  #bytes = 0

  /** How many documents there are. */
  get size(): number {
    return this.lengths.length
  }

  /** About how many bytes a segment of them would have. */
  get bytes(): number {
    return this.#bytes
  }

  add({ key, text, stored = new Map() }: Document): void {
    const doc = this.size
    const words = wordsOf(text)
    this.#postingsOf(termOf(KEY, key)).add(doc)
    for (const word of words) this.#postingsOf(termOf(TEXT, word)).add(doc)
    const fields = new Map([...stored, [KEY, key]])
    this.#stored.push(fields)
    this.lengths.push(words.length)
    this.#bytes += 3 * words.length + [...fields].join().length
  }

  /** The documents that have a term. */
  docsOf(term: string): readonly number[] {
    return this.#terms.get(term)?.docs ?? []
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
    const last = this.docs.length - 1
    if (this.docs[last] === doc) this.#freqs[last]!++
    else {
      this.docs.push(doc)
      this.#freqs.push(1)
    }
  }

  reader(): Postings {
    const { docs } = this
    const freqs = this.#freqs
    let at = -1
    return {
      get freq() {
        return freqs[at]!
      },
      nextDoc: () => docs[++at] ?? NO_MORE_DOCS,
    }
  }
}
