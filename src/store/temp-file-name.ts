import { checkString } from './arguments.js'

/** The name of a temporary file, as Lucene makes it: `prefix_suffix_N.tmp` with N in base 36. */
export function tempFileName(prefix: string, suffix: string, counter: number): string {
  checkString('prefix', prefix)
  checkString('suffix', suffix)
  return `${prefix}_${suffix}_${counter.toString(36)}.tmp`
}
