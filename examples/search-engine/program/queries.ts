import type { Document } from '../engine/document.js'
import type { Operator } from '../engine/search.js'

export interface Query {
  readonly text: string
  readonly operator: Operator
}

/** Queries of one to three words that stand next to each other in the documents, spread over all of them. */
export function queriesOf(documents: readonly Document[], count: number): Query[] {
  return Array.from({ length: count }, (_, i) => {
    const words = documents[(i * 7919) % documents.length]!.text.match(/\p{L}{2,}/gu) ?? ['the']
    const start = (i * 104_729) % words.length
    return { text: words.slice(start, start + 1 + (i % 3)).join(' '), operator: i % 2 === 0 ? 'all' : 'any' }
  })
}
