import { checkSize, invalidType } from '../store/arguments.js'
import type { DataInput } from '../store/data-input.js'
import { CorruptIndexError } from '../store/errors.js'

/** A version of Lucene. */
export class LuceneVersion {
  readonly major: number
  readonly minor: number
  readonly bugfix: number

  constructor(major: number, minor: number, bugfix: number) {
    this.major = major
    this.minor = minor
    this.bugfix = bugfix
  }

  /** Three values of a file, each read with `next`. Throws CorruptIndexError for what is no version. */
  static read(input: DataInput, next: () => number): LuceneVersion {
    if (typeof next !== 'function') throw invalidType('next', 'a function', next)
    const parts = [next(), next(), next()] as const
    if (parts.some((part) => part < 0 || part > 255)) {
      throw new CorruptIndexError(`not a version of Lucene: ${parts.join('.')}: ${String(input)}`)
    }
    return new LuceneVersion(...parts)
  }

  /** Whether this is the version major.minor or a later one. */
  onOrAfter(major: number, minor = 0): boolean {
    checkSize('major', major)
    checkSize('minor', minor)
    return this.major > major || (this.major === major && this.minor >= minor)
  }

  /** `9.12.2` */
  toString(): string {
    return `${this.major}.${this.minor}.${this.bugfix}`
  }

  toJSON(): string {
    return this.toString()
  }
}
