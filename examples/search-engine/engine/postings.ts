/** What nextDoc() and advance() return when there is no other document. */
export const NO_MORE_DOCS = 2 ** 31 - 1

/** The documents that have a term, in ascending order. Before the first nextDoc() it is at none. */
export interface Postings {
  /** How often the document that it is at has the term. */
  readonly freq: number
  nextDoc(): number
}
