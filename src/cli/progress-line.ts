import { bar, formatThroughput, printable, truncate } from './format.js'
import type { Io } from './io.js'

/** One line on a terminal that says how far work has come; nothing where nobody is looking. */
export class ProgressLine {
  readonly #io: Io
  readonly #started: number
  #drawn = -Infinity
  #visible = false

  constructor(io: Io) {
    this.#io = io
    this.#started = performance.now()
  }

  /** `what` is being worked on; `done` of `total` bytes are behind. Draws ten times a second. */
  update(what: string, done: number, total: number): void {
    if (!this.#io.stderrIsTTY) return
    const now = performance.now()
    if (now - this.#drawn < 100) return
    this.#drawn = now
    this.#visible = true
    const fraction = total === 0 ? 1 : done / total
    const percent = `${Math.floor(fraction * 100)}%`.padStart(4)
    const rate = formatThroughput(done, now - this.#started)
    const line = `${bar(fraction, 24)} ${percent}  ${rate}  ${printable(what)}`
    // One column is left free: some terminals wrap as soon as the last one is written.
    this.#io.stderr(`\r${truncate(line, this.#io.columns - 1)}\u001b[K`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#visible) this.#io.stderr('\r\u001b[K')
    this.#visible = false
    this.#drawn = -Infinity
  }
}
