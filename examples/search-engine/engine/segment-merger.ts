import type { LiveDocs } from './live-docs.js'
import { NO_MORE_DOCS, type Postings } from './postings.js'
import type { SegmentReader } from './segment-reader.js'
import type { SegmentSource } from './segment-writer.js'
import type { StoredFieldsWriter } from './stored-fields.js'
import type { TermEntry } from './term-dictionary.js'

/** A segment to be merged, and which of its documents. */
export interface MergeInput {
  readonly reader: SegmentReader
  readonly liveDocs: LiveDocs | undefined
}

/** Several segments as the source of one: their documents one after the other, without the deleted ones. */
export class SegmentMerger implements SegmentSource {
  readonly lengths: number[] = []
  readonly #parts: readonly Part[]

  constructor(inputs: readonly MergeInput[]) {
    this.#parts = inputs.map(({ reader, liveDocs }) => {
      const numbers = new Int32Array(reader.info.maxDoc).fill(DELETED)
      for (let doc = 0; doc < numbers.length; doc++) {
        if (liveDocs?.isLive(doc) === false) continue
        numbers[doc] = this.lengths.length
        this.lengths.push(reader.lengthOf(doc))
      }
      return { reader, numbers }
    })
  }

  writeStored(writer: StoredFieldsWriter): void {
    for (const { reader, numbers } of this.#parts) {
      for (let doc = 0; doc < numbers.length; doc++) {
        if (numbers[doc] !== DELETED) writer.add(reader.stored.get(doc))
      }
    }
  }

  *terms(): Generator<readonly [string, Postings]> {
    const cursors = this.#parts.map((part): TermCursor => {
      const terms = part.reader.terms[Symbol.iterator]()
      return { part, terms, entry: terms.next().value }
    })
    for (;;) {
      // There are few segments: to look at each of them is as good as a heap.
      const left = cursors.flatMap(({ entry }) => entry?.term ?? [])
      if (left.length === 0) return
      const term = left.reduce((a, b) => (b < a ? b : a))
      const having = cursors.filter(({ entry }) => entry?.term === term)
      yield [term, new MergedPostings(having)]
      for (const cursor of having) cursor.entry = cursor.terms.next().value
    }
  }
}

/** A segment, and what number each of its documents gets. */
interface Part {
  readonly reader: SegmentReader
  readonly numbers: Int32Array
}

const DELETED = -1

/** The term that a segment is at, and how to go on to the next one. */
interface TermCursor {
  readonly part: Part
  readonly terms: Iterator<TermEntry>
  entry: TermEntry | undefined
}

/** Those of one segment, then those of the next: numbers only grow. */
class MergedPostings implements Postings {
  freq = 0
  readonly #cursors: readonly TermCursor[]
  #next = 0
  #current: Postings | undefined
  #numbers!: Int32Array

  constructor(cursors: readonly TermCursor[]) {
    this.#cursors = cursors
  }

  nextDoc(): number {
    for (;;) {
      const doc = this.#current?.nextDoc() ?? NO_MORE_DOCS
      if (doc === NO_MORE_DOCS) {
        const cursor = this.#cursors[this.#next++]
        if (cursor === undefined) return NO_MORE_DOCS
        this.#current = cursor.part.reader.postings(cursor.entry!)
        this.#numbers = cursor.part.numbers
      } else if (this.#numbers[doc] !== DELETED) {
        this.freq = this.#current!.freq
        return this.#numbers[doc]!
      }
    }
  }
}
