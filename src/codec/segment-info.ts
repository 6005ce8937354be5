import type { ChecksumIndexInput } from '../store/checksum-index-input.js'
import type { Directory } from '../store/directory.js'
import { CorruptIndexError, IndexFormatTooOldError } from '../store/errors.js'
import { footerLength } from './footer.js'
import { segmentFileName } from './index-file-names.js'
import { idMismatch, parseIndexHeader, suffixMismatch } from './index-header.js'
import { LuceneVersion } from './lucene-version.js'
import { readToFooter } from './read-to-footer.js'
import { readFileNames } from './referenced-files.js'
import { checkId, sameId } from './segment-id.js'

/** What a segment's `.si` file says. */
export interface SegmentInfo {
  readonly name: string
  /** 16 bytes, the same in all files of the segment. */
  readonly id: Uint8Array
  /** The Lucene that wrote the segment. */
  readonly version: LuceneVersion
  /** The oldest Lucene that wrote a part of it; undefined where that is not known. */
  readonly minVersion: LuceneVersion | undefined
  /** Documents in the segment, with those that were deleted since. */
  readonly maxDoc: number
  /** Whether its files are in a compound file. */
  readonly isCompound: boolean
  /** Whether documents were added in blocks; undefined for segments before Lucene 9.9. */
  readonly hasBlocks: boolean | undefined
  /** By how many fields the documents are sorted; 0 when they are not. */
  readonly sortFieldCount: number
  readonly diagnostics: ReadonlyMap<string, string>
  readonly attributes: ReadonlyMap<string, string>
  /** The files that the segment was written with; later generations are the commit's to know. */
  readonly files: ReadonlySet<string>
}

/**
 * Reads the `.si` file of a segment as Lucene 9 and 10 write it. Throws FileNotFoundError,
 * CorruptIndexError when it is damaged or of another id than `expectedId`, IndexFormatTooOldError
 * for one of an older Lucene.
 */
export function readSegmentInfo(
  directory: Directory,
  segmentName: string,
  expectedId?: Uint8Array,
): SegmentInfo {
  if (expectedId !== undefined) checkId('expectedId', expectedId)
  return readToFooter(directory, segmentFileName(segmentName, '', 'si'), (input) => {
    const { codec, version: format, id, suffix } = parseIndexHeader(input)
    if (/^Lucene[5-8]\dSegmentInfo$/.test(codec)) {
      throw new IndexFormatTooOldError(`Segment of a Lucene before 9.0: ${codec}: ${String(input)}`)
    }
    if (codec !== CODEC || format !== 0) {
      throw new CorruptIndexError(
        `codec mismatch: actual codec=${codec} ${format} vs expected codec=${CODEC} 0: ${String(input)}`,
      )
    }
    if (expectedId !== undefined && !sameId(id, expectedId)) throw idMismatch(expectedId, id, String(input))
    if (suffix !== '') throw suffixMismatch('', suffix, String(input))
    return { name: segmentName, id, ...readBody(input, segmentName) }
  })
}

function readBody(input: ChecksumIndexInput, segmentName: string): Omit<SegmentInfo, 'name' | 'id'> {
  const readVersion = () => LuceneVersion.read(input, () => input.readInt())
  const version = readVersion()
  const minVersion = readFlag(input, 'hasMinVersion', 0) ? readVersion() : undefined
  const maxDoc = input.readInt()
  if (maxDoc < 0) throw new CorruptIndexError(`invalid docCount: ${maxDoc}: ${String(input)}`)
  const isCompound = readFlag(input, 'isCompoundFile', NO)
  // The format got this byte in 9.9 without a name or a version of its own.
  const hasBlocks = version.onOrAfter(9, 9) ? readFlag(input, 'hasBlocks', NO) : undefined
  const diagnostics = input.readMapOfStrings()
  const files = readFileNames(input, segmentName)
  const attributes = input.readMapOfStrings()
  const sortFieldCount = input.readVInt()
  if (sortFieldCount < 0) {
    throw new CorruptIndexError(`invalid index sort field count: ${sortFieldCount}: ${String(input)}`)
  }
  if (sortFieldCount > 0) {
    // How documents are sorted is written by the kind of field; the checksum covers it all the same.
    input.skipBytes(Math.max(input.length() - footerLength() - input.getFilePointer(), 0))
  }
  return {
    version,
    minVersion,
    maxDoc,
    isCompound,
    hasBlocks,
    sortFieldCount,
    diagnostics,
    attributes,
    files,
  }
}

/** A byte that is 1 for yes and `no` otherwise. */
function readFlag(input: ChecksumIndexInput, name: string, no: number): boolean {
  const value = input.readByte()
  if (value !== 1 && value !== no) throw new CorruptIndexError(`invalid ${name}: ${value}: ${String(input)}`)
  return value === 1
}

const CODEC = 'Lucene90SegmentInfo'
/** Lucene's SegmentInfo.NO, −1. */
const NO = 0xff
