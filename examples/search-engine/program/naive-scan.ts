// What the engine is checked against. Shares no code with it, and has no index: every query looks at
// every document.

export interface NaiveDocument {
  readonly key: string
  readonly text: string
  /** False for one that is deleted and counts for nothing but the statistics. */
  readonly live: boolean
}

export interface NaiveHit {
  readonly key: string
  readonly score: number
}

const counted = new Map<string, Map<string, number>>()

/** How often a text has each word. Kept, because the same texts are scanned again and again. */
function wordCounts(text: string): Map<string, number> {
  let counts = counted.get(text)
  if (counts === undefined) {
    counts = new Map()
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
    counted.set(text, counts)
  }
  return counts
}

function splitWords(text: string): string[] {
  const words: string[] = []
  for (const run of text.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
    const letters = Array.from(run)
    for (let start = 0; start < letters.length; start += 64)
      words.push(letters.slice(start, start + 64).join(''))
  }
  return words
}

/** The best documents by BM25 as the textbook has it; of equal ones, those that come first. */
export function naiveScan(
  documents: readonly NaiveDocument[],
  query: string,
  operator: 'all' | 'any',
  limit: number,
): NaiveHit[] {
  const words = [...new Set(splitWords(query))]
  const all = documents.map((document) => {
    const counts = wordCounts(document.text)
    let length = 0
    for (const count of counts.values()) length += count
    return { document, counts, length }
  })
  const averageLength = all.reduce((sum, { length }) => sum + length, 0) / all.length
  const hits: NaiveHit[] = []
  const documentCounts = words.map((word) => all.filter(({ counts }) => counts.has(word)).length)
  for (const { document, counts, length } of all) {
    const found = words.filter((word) => counts.has(word)).length
    if (!document.live || found < (operator === 'all' ? Math.max(words.length, 1) : 1)) continue
    let score = 0
    for (const [i, word] of words.entries()) {
      const frequency = counts.get(word) ?? 0
      if (frequency === 0) continue
      const documentsWithWord = documentCounts[i]!
      const rarity = Math.log(1 + (all.length - documentsWithWord + 0.5) / (documentsWithWord + 0.5))
      score += (rarity * frequency) / (frequency + 1.2 * (1 - 0.75 + (0.75 * length) / averageLength))
    }
    hits.push({ key: document.key, score })
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, limit) // sort() keeps the order of equal ones
}
