import { invalidType, invalidValue } from '../store/arguments.js'
import { Directory } from '../store/directory.js'
import { checkFileName } from '../store/file-names.js'
import { ignoringErrors } from '../store/ignoring-errors.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { writeBEInt, writeBELong } from './big-endian.js'
import { FOOTER_MAGIC } from './codec-magic.js'
import {
  COMPOUND_DATA_CODEC,
  COMPOUND_ENTRIES_CODEC,
  COMPOUND_VERSION,
  type CompoundEntry,
} from './compound-entries.js'
import { checkFooter, footerLength, writeFooter } from './footer.js'
import { parseSegmentName, segmentFileName, stripSegmentName } from './index-file-names.js'
import { verifyAndCopyIndexHeader, writeIndexHeader } from './index-header.js'
import { checkId } from './segment-id.js'

/** The segment whose files become a compound file. What readSegmentInfo() returns is one, but for its `.si`. */
export interface CompoundContents {
  /** The segment's name: `_0`. */
  readonly name: string
  /** The segment's id, 16 bytes, which all of its files must have. */
  readonly id: Uint8Array
  /** The names of the files. */
  readonly files: Iterable<string>
}

/**
 * Writes the compound file of a segment, `.cfs` and `.cfe`, as Lucene 10 does: the smallest file
 * first (of the same length, in the order of their names), each at a multiple of 64 bytes. The
 * files themselves stay; `context` is for the two new ones.
 *
 * Each file's header, id and checksum are checked while it is copied: throws CorruptIndexError for
 * a damaged one or one of another segment, FileNotFoundError for a missing one,
 * FileAlreadyExistsError when the segment has a compound file. Throws a TypeError for a name of
 * another segment, and for `.si`, `.cfs` and `.cfe`, which cannot be in a compound file. After a
 * failure, what was written is removed. Blocks until all is copied; nothing is synced.
 */
export function writeCompoundFile(
  directory: Directory,
  segment: CompoundContents,
  context: IOContext = IOContext.DEFAULT,
): void {
  if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
  if (segment === null || typeof segment !== 'object') throw invalidType('segment', 'an object', segment)
  const { name, id } = segment
  if (typeof name !== 'string') throw invalidType('segment.name', 'a string', name)
  checkId('segment.id', id)
  checkContext(context)
  const files = bySize(directory, checkFiles(name, segment.files))
  writeBoth(directory, name, context, (data, entries) => {
    writeIndexHeader(data, COMPOUND_DATA_CODEC, COMPOUND_VERSION, id, '')
    writeIndexHeader(entries, COMPOUND_ENTRIES_CODEC, COMPOUND_VERSION, id, '')
    entries.writeVInt(files.length)
    for (const file of files) {
      const { offset, length } = appendFile(directory, file, data, id)
      entries.writeString(stripSegmentName(file))
      entries.writeLong(offset)
      entries.writeLong(length)
    }
    writeFooter(data)
    writeFooter(entries)
  })
}

function checkFiles(segmentName: string, files: Iterable<string>): string[] {
  const names = new Set(files)
  for (const file of names) {
    checkFileName(file)
    if (parseSegmentName(file) !== segmentName || file === segmentName) {
      throw invalidValue(`segment.files: ${file} is no file of the segment ${segmentName}`)
    }
    if (OUTSIDE.some((extension) => file === segmentFileName(segmentName, '', extension))) {
      throw invalidValue(`segment.files: ${file} cannot be in a compound file, it says what is in there`)
    }
  }
  return [...names]
}

/** The smallest first, so that small files lie in few pages. */
function bySize(directory: Directory, names: readonly string[]): string[] {
  const lengths = new Map(names.map((name) => [name, directory.fileLength(name)]))
  return [...names].sort().sort((a, b) => lengths.get(a)! - lengths.get(b)!)
}

/** Makes both files. Where that fails, neither stays. */
function writeBoth(
  directory: Directory,
  segmentName: string,
  context: IOContext,
  write: (data: IndexOutput, entries: IndexOutput) => void,
): void {
  const outputs: IndexOutput[] = []
  const create = (extension: string): IndexOutput => {
    const output = directory.createOutput(segmentFileName(segmentName, '', extension), context)
    outputs.push(output)
    return output
  }
  try {
    write(create('cfs'), create('cfe'))
    for (const output of outputs) output.close()
  } catch (error) {
    for (const output of outputs) {
      ignoringErrors(() => output.close())
      ignoringErrors(() => directory.deleteFile(output.getName()))
    }
    throw error
  }
}

/** Copies a file to the next aligned position and returns where it lies. */
function appendFile(
  directory: Directory,
  name: string,
  data: IndexOutput,
  id: Uint8Array,
): Omit<CompoundEntry, 'name'> {
  const offset = data.alignFilePointer(ALIGNMENT)
  const input = directory.openChecksumInput(name)
  let failed = true
  try {
    verifyAndCopyIndexHeader(input, data, id)
    // Negative where the file ends in its header: checkFooter() tells.
    data.copyBytes(input, Math.max(input.length() - footerLength() - input.getFilePointer(), 0))
    const checksum = checkFooter(input)
    // Not writeFooter(), which would write the checksum of the whole compound file so far.
    writeBEInt(data, FOOTER_MAGIC)
    writeBEInt(data, 0)
    writeBELong(data, checksum)
    failed = false
  } finally {
    if (failed) ignoringErrors(() => input.close())
    else input.close() // tells of a file that was cut meanwhile
  }
  return { offset, length: data.getFilePointer() - offset }
}

/** What Lucene 10 aligns to; 9 aligned to 8. Readers take any. */
const ALIGNMENT = 64
/** The extensions of the files that are read before a compound file. */
const OUTSIDE = ['si', 'cfs', 'cfe']
