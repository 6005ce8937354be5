import { CodecUtil, type Directory, IndexFileNames, type IndexOutput, type IOContext } from 'mmap-directory'

import type { SegmentName } from './segment-info.js'

/** The parts of a segment, in the order in which readers have them: extension, and the codec in the header. */
const PARTS = {
  terms: ['tim', 'SearchExampleTerms'],
  postings: ['doc', 'SearchExamplePostings'],
  stored: ['fdt', 'SearchExampleStored'],
  norms: ['nrm', 'SearchExampleNorms'],
} as const

export type Part = keyof typeof PARTS
export const ALL_PARTS = Object.keys(PARTS) as Part[]
const VERSION = 0

/** Makes the file of a part, which begins with its header. Ended by endOutput(). */
export function createPart(directory: Directory, { name, id }: SegmentName, part: Part, context: IOContext) {
  const [extension, codec] = PARTS[part]
  const output = directory.createOutput(IndexFileNames.segmentFileName(name, '', extension), context)
  CodecUtil.writeIndexHeader(output, codec, VERSION, id, '')
  return output
}

/** Ends a file with its checksum. */
export function endOutput(output: IndexOutput): void {
  CodecUtil.writeFooter(output)
  output.close()
}

/**
 * Opens a part, whose position is behind its header then. Throws CorruptIndexError for a file of
 * another segment or version, or one that was cut; contents are compared with the checksum only by
 * SegmentReader.checkIntegrity(), because that reads all of them.
 */
export function openPart(directory: Directory, { name, id }: SegmentName, part: Part, context: IOContext) {
  const [extension, codec] = PARTS[part]
  const input = directory.openInput(IndexFileNames.segmentFileName(name, '', extension), context)
  CodecUtil.retrieveChecksum(input)
  input.seek(0)
  CodecUtil.checkIndexHeader(input, codec, VERSION, VERSION, id, '')
  return input
}
