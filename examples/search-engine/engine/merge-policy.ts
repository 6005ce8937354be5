/** Segments of about the same size become one when there are this many. */
const MERGE_FACTOR = 8

/** Below this, all segments count as equally small. */
const SMALLEST = 64

/**
 * Which of the segments to merge, by the numbers of their living documents; undefined when there are
 * not too many of any size. Each document is then copied about once for each level of sizes.
 */
export function findMerge<T>(segments: readonly T[], sizeOf: (segment: T) => number): T[] | undefined {
  const levels = new Map<number, T[]>()
  for (const segment of segments) {
    const level = Math.floor(Math.log(Math.max(sizeOf(segment), SMALLEST)) / Math.log(MERGE_FACTOR))
    const same = levels.get(level) ?? []
    levels.set(level, same)
    same.push(segment)
    if (same.length === MERGE_FACTOR) return same
  }
  return undefined
}
