import type { DataInput } from '../store/data-input.js'
import { CorruptIndexError } from '../store/errors.js'
import { checkFileName } from '../store/file-names.js'
import { CODEC_FILE_PATTERN, stripSegmentName } from './index-file-names.js'

/**
 * Reads a set of names of a segment's files. Throws CorruptIndexError for what cannot be one: a
 * name out of a file must not lead out of the directory.
 */
export function readFileNames(input: DataInput, segmentName: string): ReadonlySet<string> {
  // Lucene names them anew for their segment, which addIndexes() may have given another name.
  return new Set(
    [...input.readSetOfStrings()].map((name) =>
      checkReferencedName(segmentName + stripSegmentName(checkReferencedName(name, input)), input),
    ),
  )
}

export function checkReferencedName(name: string, input: DataInput): string {
  try {
    checkFileName(name)
  } catch (cause) {
    throw new CorruptIndexError(`refers to ${JSON.stringify(name)}: ${String(input)}`, { cause })
  }
  if (!CODEC_FILE_PATTERN.test(name)) {
    throw new CorruptIndexError(
      `refers to ${JSON.stringify(name)}, which is no file of a segment: ${String(input)}`,
    )
  }
  return name
}
