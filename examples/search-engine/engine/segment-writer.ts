import {
  CodecUtil,
  type Directory,
  type IndexOutput,
  type IOContext,
  TrackingDirectoryWrapper,
  writeCompoundFile,
} from 'mmap-directory'
import { randomBytes } from 'node:crypto'

import type { Postings } from './postings.js'
import { PostingsWriter } from './postings-writer.js'
import { ALL_PARTS, createPart, endOutput, type Part } from './segment-files.js'
import type { SegmentInfo } from './segment-info.js'
import { StoredFieldsWriter } from './stored-fields.js'
import { TermsWriter } from './terms-writer.js'

/** What a segment is made of: documents in memory, or other segments. */
export interface SegmentSource {
  /** How many words each document has. */
  readonly lengths: readonly number[]
  /** Each document's stored fields, in order. */
  writeStored(writer: StoredFieldsWriter): void
  /** Each term with its postings, which are read before the next term is asked for. In ascending order. */
  terms(): Iterable<readonly [term: string, postings: Postings]>
}

/**
 * Writes a segment and packs its files into a compound file. Nothing is synced: that is for the
 * commit to do. Where it fails, nothing of it stays.
 */
export function writeSegment(directory: Directory, name: string, source: SegmentSource, context: IOContext) {
  const id = new Uint8Array(randomBytes(CodecUtil.ID_LENGTH))
  const parts = new TrackingDirectoryWrapper(directory) // never closed: that would close `directory`
  try {
    writeParts((part) => createPart(parts, { name, id }, part, context), source)
    writeCompoundFile(directory, { name, id, files: parts.getCreatedFiles() }, context)
  } finally {
    for (const file of parts.getCreatedFiles()) directory.deleteFile(file)
  }
  const length = source.lengths.reduce((sum, one) => sum + one, 0)
  return { name, id, maxDoc: source.lengths.length, length } satisfies SegmentInfo
}

function writeParts(create: (part: Part) => IndexOutput, source: SegmentSource): void {
  const opened: IndexOutput[] = []
  try {
    const [terms, postings, stored, norms] = ALL_PARTS.map((part) => {
      const output = create(part)
      opened.push(output)
      return output
    }) as [IndexOutput, IndexOutput, IndexOutput, IndexOutput]
    writeTerms(terms, postings, source)
    const storedWriter = new StoredFieldsWriter(stored)
    source.writeStored(storedWriter)
    storedWriter.finish()
    for (const length of source.lengths) norms.writeInt(length)
    for (const output of opened) endOutput(output)
  } finally {
    for (const output of opened) output.close() // does nothing where it has ended well
  }
}

function writeTerms(terms: IndexOutput, postings: IndexOutput, source: SegmentSource): void {
  const termsWriter = new TermsWriter(terms)
  const postingsWriter = new PostingsWriter(postings)
  for (const [term, docs] of source.terms()) {
    const pointer = postings.getFilePointer()
    const docFreq = postingsWriter.write(docs)
    if (docFreq > 0) termsWriter.add(term, docFreq, pointer)
  }
  termsWriter.finish()
}
