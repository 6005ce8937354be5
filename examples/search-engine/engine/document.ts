/** What is indexed: text to be found by, and values to be shown. All of it is well-formed Unicode. */
export interface Document {
  /** Tells it from all others: adding a document replaces the one with the same key. */
  readonly key: string
  readonly text: string
  /** Kept as it is and given back with a hit. The key is kept besides. */
  readonly stored?: ReadonlyMap<string, string>
}

/** Throws a TypeError for what could not be kept as it is: UTF-8 has no halves of surrogate pairs. */
export function checkDocument({ key, text, stored = new Map() }: Document): void {
  for (const value of [key, text, ...stored.keys(), ...stored.values()])
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value))
      throw new TypeError('A document consists of well-formed strings')
}
