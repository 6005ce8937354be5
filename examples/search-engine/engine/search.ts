import { TEXT, termOf, wordsOf } from './analyzer.js'
import { Bm25 } from './bm25.js'
import type { BlockPostings } from './block-postings.js'
import type { IndexReader, Leaf } from './index-reader.js'
import { NO_MORE_DOCS } from './postings.js'
import { type Hit, TopHits } from './top-hits.js'

/** Which documents are found: those with all of the words, or with any. */
export type Operator = 'all' | 'any'

/** A word of a query in one segment. */
interface Scorer {
  readonly postings: BlockPostings
  readonly bm25: Bm25
}

/** The best `limit` documents, document by document: all words of a query are at the same one at a time. */
export function search(reader: IndexReader, text: string, operator: Operator, limit: number): Hit[] {
  const words = [...new Set(wordsOf(text))]
  const entries = words.map((word) => reader.leaves.map((leaf) => leaf.reader.terms.find(termOf(TEXT, word))))
  const hits = new TopHits(limit)
  const docFreqs = entries.map((inLeaves) => inLeaves.reduce((sum, entry) => sum + (entry?.docFreq ?? 0), 0))
  const bm25s = docFreqs.map((docFreq) => new Bm25(reader.statistics, docFreq))
  for (const [i, leaf] of reader.leaves.entries()) {
    const scorers: Scorer[] = []
    for (const [word, inLeaves] of entries.entries()) {
      const entry = inLeaves[i]
      if (entry !== undefined) scorers.push({ postings: leaf.reader.postings(entry), bm25: bm25s[word]! })
    }
    if (scorers.length === 0 || (operator === 'all' && scorers.length < words.length)) continue
    const next = operator === 'all' ? nextWithAll(scorers) : nextWithAny(scorers)
    for (let doc = next(); doc !== NO_MORE_DOCS; doc = next()) {
      if (leaf.liveDocs?.isLive(doc) === false) continue
      hits.add(leaf.docBase + doc, scoreOf(doc, leaf, scorers))
    }
  }
  return hits.best
}

/** The sum over the words that are at the document. */
function scoreOf(doc: number, leaf: Leaf, scorers: readonly Scorer[]): number {
  const length = leaf.reader.lengthOf(doc)
  let score = 0
  for (const { postings, bm25 } of scorers) {
    if (postings.docId === doc) score += bm25.score(postings.freq, length)
  }
  return score
}

/** The rarest word leads; the others go to where it is, or say where it has to go at least. */
function nextWithAll(scorers: readonly Scorer[]): () => number {
  const [lead, ...others] = scorers.map(({ postings }) => postings).sort((a, b) => a.docFreq - b.docFreq)
  return () => {
    let doc = lead!.nextDoc()
    for (let i = 0; i < others.length && doc !== NO_MORE_DOCS;) {
      const other = others[i]!
      const at = other.docId < doc ? other.advance(doc) : other.docId
      if (at === doc) i++
      else {
        doc = at === NO_MORE_DOCS ? at : lead!.advance(at)
        i = 0
      }
    }
    return doc
  }
}

/** The lowest document that any word is at, after those that were at the last one have gone on. */
function nextWithAny(scorers: readonly Scorer[]): () => number {
  let last = -1
  return () => {
    let lowest = NO_MORE_DOCS
    for (const { postings } of scorers) {
      const doc = postings.docId === last ? postings.nextDoc() : postings.docId
      if (doc < lowest) lowest = doc
    }
    return (last = lowest)
  }
}
