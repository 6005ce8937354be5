import type { ChecksumIndexInput } from '../store/checksum-index-input.js'
import type { Directory } from '../store/directory.js'
import { CorruptIndexError } from '../store/errors.js'
import { decodeUtf8 } from '../store/intrinsics.js'
import type { FilePart } from './checksum-parts.js'
import { footerLength } from './footer.js'
import { checkHeader } from './header.js'
import { segmentFileName } from './index-file-names.js'
import { checkIndexHeaderSuffix, idMismatch, indexHeaderLength } from './index-header.js'
import { readToFooter } from './read-to-footer.js'
import { checkReferencedName } from './referenced-files.js'
import { readId, sameId } from './segment-id.js'

export const COMPOUND_DATA_CODEC = 'Lucene90CompoundData'
export const COMPOUND_ENTRIES_CODEC = 'Lucene90CompoundEntries'
export const COMPOUND_VERSION = 0

/** What fits into the name of a file, which each entry was before. */
const LONGEST_ID = 255

/** One byte for the length of its name, two int64. */
const SHORTEST_ENTRY = 1 + 8 + 8

/** Far more than any real one: a segment has some tens of files. */
const MOST_ENTRIES = 2 ** 16

/** Where a file lies in a compound file. */
export interface CompoundEntry extends FilePart {
  /** The file's name with the segment's: `_0_Lucene90_0.dvd`. */
  readonly name: string
}

/** What a `.cfe` file says. */
export interface CompoundEntries {
  /** The segment's id. */
  readonly id: Uint8Array
  /** In the order in which they lie in the compound file. */
  readonly entries: readonly CompoundEntry[]
  /** Bytes that the compound file must have. */
  readonly dataLength: number
}

/**
 * Reads the `.cfe` file of a segment. Throws CorruptIndexError when it is damaged, of another id
 * than `expectedId`, or when entries have the same name, overlap or cannot be in a file.
 */
export function readCompoundEntries(
  directory: Directory,
  segmentName: string,
  expectedId?: Uint8Array,
): CompoundEntries {
  return readToFooter(directory, segmentFileName(segmentName, '', 'cfe'), (input) => {
    checkHeader(input, COMPOUND_ENTRIES_CODEC, COMPOUND_VERSION, COMPOUND_VERSION)
    const id = readId(input)
    if (expectedId !== undefined && !sameId(id, expectedId)) throw idMismatch(expectedId, id, String(input))
    checkIndexHeaderSuffix(input, '')
    const entries = readEntries(input, segmentName)
    const start = indexHeaderLength(COMPOUND_DATA_CODEC, '')
    return { id, entries, dataLength: checkOrder(entries, start, input) + footerLength() }
  })
}

function readEntries(input: ChecksumIndexInput, segmentName: string): CompoundEntry[] {
  const count = input.readVInt()
  const left = input.length() - input.getFilePointer() - footerLength()
  const most = Math.min(MOST_ENTRIES, Math.floor(left / SHORTEST_ENTRY))
  if (count < 0 || count > most) {
    throw new CorruptIndexError(`a number of entries not from 0 to ${most}: ${count}: ${String(input)}`)
  }
  const entries = new Map<string, CompoundEntry>()
  for (let i = 0; i < count; i++) {
    const id = readEntryId(input)
    // Only these can follow a segment's name so that the two can be told apart again.
    if (!/^[._]/.test(id)) {
      throw new CorruptIndexError(`no name of a file in a segment: ${JSON.stringify(id)}: ${String(input)}`)
    }
    const name = checkReferencedName(segmentName + id, input)
    if (entries.has(name)) throw new CorruptIndexError(`Duplicate cfs entry id=${id}: ${String(input)}`)
    const offset = readExtent(input, name)
    const length = readExtent(input, name)
    entries.set(name, { name, offset, length })
  }
  return [...entries.values()].sort((a, b) => a.offset - b.offset || a.length - b.length)
}

/** A name without its segment's. Its length is looked at before memory is taken for it. */
function readEntryId(input: ChecksumIndexInput): string {
  const length = input.readVInt()
  if (length < 0 || length > LONGEST_ID) {
    throw new CorruptIndexError(
      `a name of ${length} bytes where ${LONGEST_ID} are the most: ${String(input)}`,
    )
  }
  const bytes = new Uint8Array(length)
  input.readBytes(bytes)
  return decodeUtf8(bytes, 0, length)
}

function readExtent(input: ChecksumIndexInput, name: string): number {
  const value = input.readLong()
  // Half the safe range, so that offset + length is exact.
  if (value < 0n || value > 2n ** 52n) {
    throw new CorruptIndexError(`an offset or length out of bounds: ${value}: ${name} in ${String(input)}`)
  }
  return Number(value)
}

/** Where the last entry ends. Throws when one begins before `start` or before another's end. */
function checkOrder(entries: readonly CompoundEntry[], start: number, input: ChecksumIndexInput): number {
  let end = start
  for (const { name, offset, length } of entries) {
    if (offset < end) {
      throw new CorruptIndexError(
        `entries overlap: ${name} begins at ${offset}, before ${end}: ${String(input)}`,
      )
    }
    end = offset + length
  }
  return end
}
