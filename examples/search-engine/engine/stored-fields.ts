import type { IndexInput, IndexOutput } from 'mmap-directory'

import { OffsetTable, writeOffsets } from './offset-table.js'

/** Writes what hits are shown with, document by document. */
export class StoredFieldsWriter {
  readonly #output: IndexOutput
  readonly #starts: number[] = []

  constructor(output: IndexOutput) {
    this.#output = output
  }

  add(fields: ReadonlyMap<string, string>): void {
    this.#starts.push(this.#output.getFilePointer())
    this.#output.writeMapOfStrings(fields)
  }

  finish(): void {
    writeOffsets(this.#output, this.#starts)
  }
}

/** What was stored with the documents of a segment. */
export class StoredFields {
  readonly #input: IndexInput
  readonly #starts: OffsetTable

  constructor(input: IndexInput) {
    this.#input = input.clone()
    this.#starts = new OffsetTable(input)
  }

  get(doc: number): ReadonlyMap<string, string> {
    this.#input.seek(this.#starts.get(doc))
    return this.#input.readMapOfStrings()
  }
}
