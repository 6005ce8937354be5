/** What is indexed: text to be found by, and values to be shown. */
export interface Document {
  /** Tells it from all others: adding a document replaces the one with the same key. */
  readonly key: string
  readonly text: string
  /** Kept as it is and given back with a hit. The key is kept besides. */
  readonly stored?: ReadonlyMap<string, string>
}
