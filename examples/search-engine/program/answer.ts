import type { IndexReader } from '../engine/index-reader.js'
import { search } from '../engine/search.js'
import { type NaiveDocument, type NaiveHit, naiveScan } from './naive-scan.js'
import type { Query } from './queries.js'

const LIMIT = 10

/** What the index answers, with keys in place of numbers. */
export function answer(reader: IndexReader, { text, operator }: Query): NaiveHit[] {
  return search(reader, text, operator, LIMIT).map(({ doc, score }) => ({
    key: reader.document(doc).get('key')!,
    score,
  }))
}

/** What the naive scan answers for the same documents. */
export function naiveAnswer(documents: readonly NaiveDocument[], { text, operator }: Query): NaiveHit[] {
  return naiveScan(documents, text, operator, LIMIT)
}

/**
 * The documents that an index has, in its order, with the texts that they were made of. Deleted ones
 * are among them: they count for the statistics until a merge drops them.
 */
export function documentsOf(
  reader: IndexReader,
  textOf: (fields: ReadonlyMap<string, string>) => string,
): NaiveDocument[] {
  return Array.from({ length: reader.statistics.documents }, (_, doc) => {
    const fields = reader.document(doc)
    return { key: fields.get('key')!, text: textOf(fields), live: reader.isLive(doc) }
  })
}
