import {
  CompoundDirectory,
  CorruptIndexError,
  type Directory,
  type IndexInput,
  IOContext,
  type RandomAccessInput,
} from 'mmap-directory'

import { BlockPostings } from './block-postings.js'
import { ALL_PARTS, openPart } from './segment-files.js'
import type { SegmentInfo } from './segment-info.js'
import { StoredFields } from './stored-fields.js'
import { TermDictionary, type TermEntry } from './term-dictionary.js'

/**
 * Reads one segment. May be part of several index readers, one for each commit or reopening that the
 * segment is in: each retains it, and the last one to release it closes it. Belongs to one thread.
 */
export class SegmentReader {
  readonly info: SegmentInfo
  readonly terms: TermDictionary
  readonly stored: StoredFields
  /** The parts, to be shared with another thread: see over(). */
  readonly inputs: readonly IndexInput[]
  readonly #postings: IndexInput
  readonly #norms: RandomAccessInput
  readonly #compound: CompoundDirectory | undefined
  #holders = 1

  private constructor(info: SegmentInfo, inputs: readonly IndexInput[], compound?: CompoundDirectory) {
    const [terms, postings, stored, norms] = inputs as [IndexInput, IndexInput, IndexInput, IndexInput]
    this.info = info
    this.inputs = inputs
    this.#compound = compound
    this.terms = new TermDictionary(terms)
    this.stored = new StoredFields(stored)
    // The position is behind the header, where the lengths begin.
    const start = norms.getFilePointer()
    if (norms.length() < start + 4 * info.maxDoc) {
      throw new CorruptIndexError(`no norms of ${info.maxDoc} documents: ${norms.toString()}`)
    }
    this.#norms = norms.randomAccessSlice(start, 4 * info.maxDoc)
    this.#postings = postings
  }

  /** Opens a segment of a directory. Throws CorruptIndexError, FileNotFoundError. */
  static open(directory: Directory, info: SegmentInfo, context = IOContext.DEFAULT): SegmentReader {
    const compound = CompoundDirectory.open(directory, info.name, { id: info.id, context })
    try {
      const inputs = ALL_PARTS.map((part) => openPart(compound, info, part, context))
      return new SegmentReader(info, inputs, compound)
    } catch (error) {
      compound.close()
      throw error
    }
  }

  /** Reads a segment whose inputs came from another thread, and closes them with the last release(). */
  static over(info: SegmentInfo, inputs: readonly IndexInput[]): SegmentReader {
    return new SegmentReader(info, inputs)
  }

  /** The documents that have a term. Any number can be gone through at a time. */
  postings({ docFreq, pointer }: TermEntry): BlockPostings {
    return new BlockPostings(this.#postings.clone(), docFreq, pointer)
  }

  /** How long its files are in all. */
  get bytes(): number {
    return this.inputs.reduce((sum, input) => sum + input.length(), 0)
  }

  /** How many words a document has. */
  lengthOf(doc: number): number {
    return this.#norms.readInt(4 * doc)
  }

  /** Reads everything and throws CorruptIndexError where it is not what was written. */
  checkIntegrity(): void {
    this.#compound?.checkIntegrity()
  }

  retain(): this {
    this.#holders++
    return this
  }

  release(): void {
    if (--this.#holders > 0) return
    for (const input of this.inputs) input.close()
    this.#compound?.close() // and with it all clones and slices
  }
}
