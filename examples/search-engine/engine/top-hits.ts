/** A document that was found. */
export interface Hit {
  readonly doc: number
  readonly score: number
}

/** Keeps the best of all hits that it is told of: the higher score, and of equal ones the document that came first. */
export class TopHits {
  readonly best: Hit[] = []
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Documents come in ascending order. */
  add(doc: number, score: number): void {
    const { best } = this
    if (best.length === this.#limit && !(score > (best.at(-1)?.score ?? Infinity))) return
    // Few hits are kept, and after the first few hundred documents hardly any comes in: a heap would gain nothing.
    let at = best.length
    while (at > 0 && best[at - 1]!.score < score) at--
    best.splice(at, 0, { doc, score })
    if (best.length > this.#limit) best.pop()
  }
}
