import { DIRECTORY_MUTANTS } from './directory-mutants.js'
import type { Mutant } from './mutant.js'
import { OUTPUT_MUTANTS } from './output-mutants.js'
import { PART_MUTANTS } from './part-mutants.js'
import { READING_MUTANTS } from './reading-mutants.js'

/** Directories with one defect each: the key says which. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  ...READING_MUTANTS,
  ...PART_MUTANTS,
  ...OUTPUT_MUTANTS,
  ...DIRECTORY_MUTANTS,
}
