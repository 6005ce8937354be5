import type { Suite } from '../suite/suite.js'
import { listing } from './listing.js'

/** The themes of the suite, under the names by which their tests are listed. */
export const PARTS: Readonly<Record<string, (suite: Suite) => void>> = {
  files: listing,
}
