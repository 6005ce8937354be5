import { deepStrictEqual } from 'node:assert'

import type { NaiveHit } from './naive-scan.js'
import type { Query } from './queries.js'

/** Throws unless both found the same documents in the same order with the same scores, to the last bit. */
export function checkSame(
  { text, operator }: Query,
  hits: readonly NaiveHit[],
  expected: readonly NaiveHit[],
): void {
  deepStrictEqual(hits, expected, `other hits than those of a naive scan: ${operator} of '${text}'`)
}
