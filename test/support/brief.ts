const { MMAP_DIRECTORY_BRIEF } = process.env

/** Whether all tests run once for each mutant of the library: with few examples, and few kinds of directories. */
export const BRIEF = MMAP_DIRECTORY_BRIEF !== undefined

/** Whether tests that start a process are left out as well. */
export const ALONE = BRIEF && MMAP_DIRECTORY_BRIEF !== 'processes'

/** How many examples a property is tried with. */
export function examples(count: number): number {
  return BRIEF ? Math.min(count, 10) : count
}
