/** A whole number in base 36, as Lucene writes generations; undefined for anything else. */
export function parseBase36(text: string): number | undefined {
  if (!/^[0-9a-z]+$/.test(text)) return undefined
  const value = Number.parseInt(text, 36)
  return Number.isSafeInteger(value) ? value : undefined
}
