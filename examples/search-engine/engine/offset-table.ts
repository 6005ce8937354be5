import {
  CodecUtil,
  CorruptIndexError,
  type IndexInput,
  type IndexOutput,
  type RandomAccessInput,
} from 'mmap-directory'

/** Writes where entries of a file begin, as the last thing before its footer. */
export function writeOffsets(output: IndexOutput, offsets: readonly number[]): void {
  for (const offset of offsets) output.writeLong(offset)
  output.writeInt(offsets.length)
}

/** Where the entries of a file begin. Read in place: a table of any length takes no memory of the heap. */
export class OffsetTable {
  readonly length: number
  /** Where the table begins. */
  readonly start: number
  readonly #table: RandomAccessInput

  constructor(input: IndexInput) {
    const end = input.length() - CodecUtil.footerLength() - 4
    this.length = input.randomAccessSlice(end, 4).readInt(0)
    this.start = end - 8 * this.length
    if (this.length < 0 || this.start < 0) {
      throw new CorruptIndexError(`no table of ${this.length} offsets: ${input.toString()}`)
    }
    this.#table = input.randomAccessSlice(this.start, end - this.start)
  }

  get(index: number): number {
    return this.#table.readSafeLong(8 * index)
  }
}
