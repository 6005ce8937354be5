import { ERRORS, OPERATIONS } from './board.mjs'

export const PAGE = 4096

/** The most that a kernel clears at once where a file is cut, while mapped pages of it can still be read. */
const FOLIO = 2 ** 21

/** From this many bytes on, a bulk read looks at the file's length. */
const CLOSE_LOOK = 64 * 1024

const endOf = (unit, offset) => Math.ceil(offset / unit) * unit
export const pageAfter = (offset) => endOf(PAGE, offset)

/**
 * Whether bytes may have been read before and kept: where chunks do not lie side by side, a value of
 * up to 8 bytes that crosses the border of two windows is put together in a copy.
 */
function mayBeCopied(from, end) {
  const border = Math.round(from / PAGE) * PAGE
  return from > border - 8 && end < border + 8
}

/** What a thread of a stress run knows of files, so that it can tell what reads may return. */
export class Model {
  #board
  #history = []

  constructor(board) {
    this.#board = board
  }

  count(operation, ...details) {
    const row = OPERATIONS.indexOf(operation)
    if (row < 0) throw new Error(`no such operation: ${operation}`)
    Atomics.add(this.#board.operations, row, 1)
    this.#history.push([operation, ...details])
    if (this.#history.length > 40) this.#history.shift()
  }

  countError(operation, error) {
    const column = ERRORS.indexOf(error?.code)
    if (column < 0) this.fail(`${operation} threw what it must not: ${error?.stack ?? error}`)
    Atomics.add(this.#board.errors, OPERATIONS.indexOf(operation) * ERRORS.length + column, 1)
  }

  fail(what) {
    const history = this.#history.map((entry) => entry.map((one) => JSON.stringify(one)).join(' ')).join('\n')
    throw new Error(`${what}\nafter\n${history}\nat`)
  }

  expected(file, from, length) {
    return this.#board.content.subarray(file.salt + from, file.salt + from + length)
  }

  /** Whether a family may have lost bytes: its file was cut, or is being cut, to less than it had. */
  mayBeLost({ file, length }) {
    const cutting = Atomics.load(this.#board.cutting, file.id)
    return cutting > 0 && cutting - 1 < length
  }

  /** From where on bytes were lost before now; Infinity when none were. */
  lostFrom({ file, length }) {
    const cut = Atomics.load(this.#board.cut, file.id)
    return cut > 0 && cut - 1 < length ? cut - 1 : Infinity
  }

  /**
   * Does something with an input of a family and checks what it throws, and that it throws where
   * it has to. `need` are the bytes it takes from `from` on in the input; `shorter` where zeros in the place of what was lost may make
   * that less. Undefined after an error.
   */
  attempt(operation, entry, run, from = 0, need = 0, shorter = false) {
    const { family } = entry
    const closed = entry.closed || family.closed
    this.count(operation, family.file.id, entry.start, entry.length, from, need)
    let value
    try {
      value = run()
    } catch (error) {
      this.countError(operation, error)
      this.#allow(operation, entry, error.code, closed, from + need > entry.length)
      return undefined
    }
    if (closed) this.fail(`${operation} worked after close`)
    if (family.faulted) this.fail(`${operation} worked after a fault`)
    const past = from + need > entry.length && !(shorter && this.mayBeLost(family))
    if (past) this.fail(`${operation} worked past the end`)
    return { value }
  }

  #allow(operation, { family }, code, closed, past) {
    if (closed) {
      if (code !== 'ERR_ALREADY_CLOSED') this.fail(`${operation} after close: ${code}`)
    } else if (code === 'ERR_FILE_FAULT') {
      if (!this.mayBeLost(family)) this.fail(`${operation}: a fault, and nothing was lost`)
      family.faulted = true
    } else if (family.faulted) {
      this.fail(`${operation} after a fault: ${code}`)
    } else if (code === 'ERR_END_OF_FILE') {
      if (!past && (family.mapped || !this.mayBeLost(family))) this.fail(`${operation}: an end in the middle`)
    } else {
      this.fail(`${operation}: ${code}`)
    }
  }

  /** Checks bytes that were read from `from` on in a file, of which those from `lost` on were lost before. */
  checkRead(operation, family, from, bytes, lost) {
    const end = from + bytes.length
    const expected = this.expected(family.file, from, bytes.length)
    if (
      family.mapped &&
      (end > pageAfter(lost) || (end > lost && bytes.length >= CLOSE_LOOK)) &&
      end > from &&
      !(mayBeCopied(from, end) && Buffer.compare(bytes, expected) === 0)
    ) {
      const both = [bytes, expected].map((some) => Buffer.from(some.subarray(0, 40)).toString('hex'))
      this.fail(
        `${operation} read [${from}, ${end}) of a file that was cut at ${lost}: ${both.join(' instead of ')}`,
      )
    }
    const overtaken = lost === Infinity && bytes.length < CLOSE_LOOK
    const unit = overtaken ? FOLIO : PAGE
    this.#check(operation, family, from, bytes, expected, family.mapped ? unit : 1)
  }

  /** Checks a view, or a copy of one. Says whether pages of it are lost. */
  checkView(operation, { family, start, written }, bytes) {
    const expected = written ?? this.expected(family.file, start, bytes.length)
    return this.#check(operation, family, start, bytes, expected, family.mapped ? undefined : 1)
  }

  /** There may be zeros from a cut on: to the end of the unit in which it is, if one is given. */
  #check(operation, family, from, bytes, expected, unit) {
    if (Buffer.compare(bytes, expected) === 0) return false
    const cut = this.mayBeLost(family) ? Atomics.load(this.#board.cutting, family.file.id) - 1 : Infinity
    let lost = false
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === expected[i]) continue
      const at = from + i
      if (bytes[i] !== 0 || at < cut || (unit !== undefined && at >= endOf(unit, cut))) {
        this.fail(`${operation}: byte ${at} is ${bytes[i]} instead of ${expected[i]}, cut at ${cut}`)
      }
      lost ||= at >= pageAfter(cut)
    }
    return lost
  }
}
