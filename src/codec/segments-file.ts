import type { ChecksumIndexInput } from '../store/checksum-index-input.js'
import type { DataInput } from '../store/data-input.js'
import type { Directory } from '../store/directory.js'
import { CorruptIndexError } from '../store/errors.js'
import { checkString, invalidValue } from '../store/arguments.js'
import { readBEInt, readBELong } from './big-endian.js'
import { checkHeader } from './header.js'
import { parseBase36 } from './base-36.js'
import { fileNameFromGeneration, SEGMENTS } from './index-file-names.js'
import { checkIndexHeaderSuffix } from './index-header.js'
import { LuceneVersion } from './lucene-version.js'
import { readToFooter } from './read-to-footer.js'
import { readFileNames } from './referenced-files.js'
import { readId } from './segment-id.js'

/** What a commit says of one segment. Generations are −1 where there is none. */
export interface CommittedSegment {
  readonly name: string
  /** 16 bytes, the same in all files of the segment. */
  readonly id: Uint8Array
  /** The codec that reads the segment, such as `Lucene104`. */
  readonly codec: string
  readonly delGen: number
  /** Documents that are deleted. */
  readonly delCount: number
  /** Documents that are deleted softly: by a field's value. */
  readonly softDelCount: number
  readonly fieldInfosGen: number
  readonly docValuesGen: number
  /** Changes with every change of the segment, 16 bytes; undefined before Lucene 8.6. */
  readonly commitId: Uint8Array | undefined
  readonly fieldInfosFiles: ReadonlySet<string>
  /** The files of updated doc values, by the number of the field. */
  readonly docValuesUpdatesFiles: ReadonlyMap<number, ReadonlySet<string>>
}

/** What a `segments_N` file says. */
export interface SegmentsFile {
  readonly fileName: string
  /** N */
  readonly generation: number
  /** The version of the format, 9 or 10. */
  readonly format: number
  /** 16 bytes, different in every commit. */
  readonly id: Uint8Array
  /** The Lucene that wrote the commit. */
  readonly luceneVersion: LuceneVersion
  /** The major version of the Lucene that made the index. */
  readonly indexCreatedVersionMajor: number
  /** Grows with every change of the index. */
  readonly version: bigint
  /** The number of the next segment. */
  readonly counter: bigint
  /** The oldest Lucene that wrote a segment; undefined when there are no segments. */
  readonly minSegmentVersion: LuceneVersion | undefined
  readonly segments: readonly CommittedSegment[]
  readonly userData: ReadonlyMap<string, string>
}

/** The generation in the name of a commit, `segments_N`; undefined for any other name. */
export function generationOfSegmentsFile(fileName: string): number | undefined {
  checkString('fileName', fileName)
  const generation = fileName === SEGMENTS ? 0 : parseBase36(fileName.slice(SEGMENTS.length + 1))
  // Only the one way to write it: `segments_04` is somebody else's.
  return generation !== undefined && fileNameFromGeneration(SEGMENTS, '', generation) === fileName
    ? generation
    : undefined
}

/** The commit of the highest generation among file names; undefined where there is none. */
export function lastSegmentsFile(fileNames: readonly string[]): string | undefined {
  let last = -1
  for (const name of fileNames) last = Math.max(last, generationOfSegmentsFile(name) ?? -1)
  return fileNameFromGeneration(SEGMENTS, '', last)
}

/**
 * Reads a `segments_N` file of Lucene 9 or 10 without what it refers to. Throws FileNotFoundError,
 * CorruptIndexError when it is damaged, IndexFormatTooOldError and IndexFormatTooNewError.
 */
export function readSegmentsFile(directory: Directory, fileName: string): SegmentsFile {
  const generation = generationOfSegmentsFile(fileName)
  if (generation === undefined) throw invalidValue(`Not the name of a commit: '${fileName}'`)
  return readToFooter(directory, fileName, (input) => {
    const format = checkHeader(input, SEGMENTS, OLDEST, NEWEST)
    const id = readId(input)
    checkIndexHeaderSuffix(input, generation.toString(36))
    return { fileName, generation, format, id, ...readBody(input, format) }
  })
}

function readBody(
  input: ChecksumIndexInput,
  format: number,
): Omit<SegmentsFile, 'fileName' | 'generation' | 'format' | 'id'> {
  const readVersion = () => LuceneVersion.read(input, () => input.readVInt())
  const luceneVersion = readVersion()
  const indexCreatedVersionMajor = input.readVInt()
  if (indexCreatedVersionMajor < 0 || indexCreatedVersionMajor > luceneVersion.major) {
    throw new CorruptIndexError(
      `creation version [${indexCreatedVersionMajor}.x] cannot be after the version that wrote the commit [${luceneVersion}]: ${String(input)}`,
    )
  }
  const version = readBELong(input)
  const counter = input.readVLong()
  const count = readCount(input, 'segment count')
  const minSegmentVersion = count > 0 ? readVersion() : undefined
  const segments = new Map<string, CommittedSegment>()
  for (let i = 0; i < count; i++) {
    const segment = readSegment(input, format)
    if (segments.has(segment.name)) {
      throw new CorruptIndexError(`segment ${segment.name} appears twice: ${String(input)}`)
    }
    segments.set(segment.name, segment)
  }
  return {
    luceneVersion,
    indexCreatedVersionMajor,
    version,
    counter,
    minSegmentVersion,
    segments: [...segments.values()],
    userData: input.readMapOfStrings(),
  }
}

function readSegment(input: ChecksumIndexInput, format: number): CommittedSegment {
  const name = input.readString()
  if (!/^_[0-9a-z]+$/.test(name)) {
    throw new CorruptIndexError(`not the name of a segment: ${JSON.stringify(name)}: ${String(input)}`)
  }
  const id = readId(input)
  const codec = input.readString()
  const delGen = readGeneration(input)
  const delCount = readCount(input, 'deletion count')
  const fieldInfosGen = readGeneration(input)
  const docValuesGen = readGeneration(input)
  const softDelCount = readCount(input, 'soft deletion count')
  const commitId = format > 9 ? readCommitId(input) : undefined
  const fieldInfosFiles = readFileNames(input, name)
  const docValuesUpdatesFiles = new Map<number, ReadonlySet<string>>()
  const fieldCount = readCount(input, 'count of updated fields')
  for (let i = 0; i < fieldCount; i++) {
    const field = readBEInt(input)
    docValuesUpdatesFiles.set(field, readFileNames(input, name))
  }
  return {
    name,
    id,
    codec,
    delGen,
    delCount,
    softDelCount,
    fieldInfosGen,
    docValuesGen,
    commitId,
    fieldInfosFiles,
    docValuesUpdatesFiles,
  }
}

function readCount(input: DataInput, what: string): number {
  const count = readBEInt(input)
  if (count < 0) throw new CorruptIndexError(`invalid ${what}: ${count}: ${String(input)}`)
  return count
}

function readGeneration(input: DataInput): number {
  const generation = readBELong(input)
  if (generation < -1n || generation > Number.MAX_SAFE_INTEGER) {
    throw new CorruptIndexError(`invalid generation: ${generation}: ${String(input)}`)
  }
  return Number(generation)
}

function readCommitId(input: DataInput): Uint8Array | undefined {
  const marker = input.readByte()
  if (marker > 1) {
    throw new CorruptIndexError(`invalid SegmentCommitInfo ID marker: ${marker}: ${String(input)}`)
  }
  return marker === 1 ? readId(input) : undefined
}

/** Lucene 7.4 */
const OLDEST = 9
/** Lucene 8.6, and still that of 10.4. */
const NEWEST = 10
