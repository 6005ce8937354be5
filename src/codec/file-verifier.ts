import type { Directory } from '../store/directory.js'
import { CorruptIndexError, FileNotFoundError, type StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import { IOContext } from '../store/io-context.js'
import { type ChecksumOptions, checksumParts } from './checksum-parts.js'
import type { CommitSurvey } from './commit-survey.js'
import { checkCompoundLength } from './compound-directory.js'
import {
  COMPOUND_DATA_CODEC,
  COMPOUND_ENTRIES_CODEC,
  type CompoundEntries,
  type CompoundEntry,
  readCompoundEntries,
} from './compound-entries.js'
import { FileCheck, outOfBounds } from './file-check.js'
import { type FileVerification, fromCheck, fromError, unchecked } from './file-verification.js'
import { parseSegmentName, segmentFileName, stripExtension, stripSegmentName } from './index-file-names.js'
import { generationOfSegmentsFile } from './segments-file.js'
import { caught } from './storage-failure.js'

/** Verifies the files of one directory, which it reads one after the other. */
export class FileVerifier {
  readonly #directory: Directory
  readonly #survey: CommitSurvey
  /** Ids that good files have, for segments of which nothing else tells it. */
  readonly #seenIds = new Map<string, Uint8Array>()

  constructor(directory: Directory, survey: CommitSurvey) {
    this.#directory = directory
    this.#survey = survey
  }

  /** One result for the file, and after it one for each file in it. Throws only what `signal` does. */
  async verify(name: string, options: ChecksumOptions): Promise<FileVerification[]> {
    try {
      const input = this.#directory.openInput(name, IOContext.READONCE)
      try {
        return await this.#verifyInput(name, input, options)
      } finally {
        input.close()
      }
    } catch (error) {
      const failure = caught(error)
      if (failure instanceof FileNotFoundError && !this.#survey.referenced.has(name)) {
        return [unchecked(name, undefined, 'was removed meanwhile')]
      }
      return [fromError(name, failure)]
    }
  }

  async #verifyInput(name: string, input: IndexInput, options: ChecksumOptions): Promise<FileVerification[]> {
    const survey = this.#survey
    const check = new FileCheck(input)
    const generation = generationOfSegmentsFile(name)
    const segment = generation === undefined ? parseSegmentName(name) : undefined
    const known = segment === undefined || survey.has(segment) || survey.referenced.has(name)
    if (!known && check.header === undefined && check.checksum === undefined) {
      return [unchecked(name, check.length, 'not a file of Lucene')]
    }

    const compound =
      segment !== undefined && name === segmentFileName(segment, '', 'cfs')
        ? this.#entriesOf(segment, check)
        : undefined
    const parts = await sumUp(input, check, compound?.entries ?? [], options)

    const note = this.#noteOn(name, compound)
    if (segment === undefined) {
      check.belongsTo({ id: undefined, suffix: generation === 0 ? '' : generation!.toString(36) })
    } else {
      if (compound?.contents !== undefined) {
        this.#attempt(check, () => checkCompoundLength(input, compound.contents!))
        if (!check.hasCodec(COMPOUND_DATA_CODEC)) check.fail(wrongCodec(COMPOUND_DATA_CODEC, input))
      }
      check.belongsTo({ id: this.#idOf(segment, compound?.contents), suffix: suffixOf(name) })
      if (name === segmentFileName(segment, '', 'cfe') && check.error === undefined) {
        if (check.hasCodec(COMPOUND_ENTRIES_CODEC)) {
          this.#attempt(check, () => readCompoundEntries(this.#directory, segment))
        }
      }
    }
    const error = survey.errors.get(name)
    if (error !== undefined) check.fail(error)
    if (check.error === undefined && segment !== undefined && check.header !== undefined) {
      this.#seenIds.set(segment, check.header.id)
    }

    const results = [fromCheck(name, check, { note })]
    for (const { entry, check: part, error: broken } of parts) {
      if (part === undefined) {
        results.push(fromError(entry.name, broken, name))
        continue
      }
      part.belongsTo({ id: this.#idOf(segment!, compound?.contents), suffix: suffixOf(entry.name) })
      results.push(fromCheck(entry.name, part, { parent: name }))
    }
    return results
  }

  #idOf(segment: string, contents?: CompoundEntries): Uint8Array | undefined {
    return this.#survey.idOf(segment) ?? this.#seenIds.get(segment) ?? contents?.id
  }

  #noteOn(name: string, compound: Compound | undefined): string | undefined {
    const survey = this.#survey
    const notes = [survey.notes.get(name), compound?.note]
    if (survey.complete && !survey.referenced.has(name)) notes.push(`${survey.fileName} does not refer to it`)
    return notes.filter((note) => note !== undefined).join('; ') || undefined
  }

  #entriesOf(segment: string, check: FileCheck): Compound {
    const entriesFile = segmentFileName(segment, '', 'cfe')
    try {
      const contents = readCompoundEntries(this.#directory, segment)
      return { contents, entries: contents.entries, note: undefined }
    } catch (error) {
      const failure = caught(error)
      const why =
        failure instanceof FileNotFoundError
          ? `${entriesFile} is missing`
          : check.header !== undefined && !check.hasCodec(COMPOUND_DATA_CODEC)
            ? `${check.header.codec} is not read`
            : `${entriesFile} is damaged`
      return { contents: undefined, entries: [], note: `the files in it were not told apart: ${why}` }
    }
  }

  #attempt(check: FileCheck, action: () => void): void {
    try {
      action()
    } catch (error) {
      check.fail(caught(error))
    }
  }
}

interface Compound {
  readonly contents: CompoundEntries | undefined
  readonly entries: readonly CompoundEntry[]
  readonly note: string | undefined
}

type PartCheck =
  | { readonly entry: CompoundEntry; readonly check: FileCheck; readonly error?: undefined }
  | { readonly entry: CompoundEntry; readonly check?: undefined; readonly error: StorageError }

/** Compares a file, and the files in it, with their checksums. Reads it once, or not at all where that says nothing new. */
async function sumUp(
  input: IndexInput,
  check: FileCheck,
  entries: readonly CompoundEntry[],
  options: ChecksumOptions,
): Promise<PartCheck[]> {
  const parts = entries.map((entry): PartCheck => {
    const end = entry.offset + entry.length
    if (end > check.length) {
      return { entry, error: outOfBounds(entry.name, end, check.length, input.toString()) }
    }
    return { entry, check: new FileCheck(input.slice(entry.name, entry.offset, entry.length)) }
  })
  const within = parts.flatMap((part) => (part.check === undefined ? [] : [part]))
  if (check.error !== undefined && within.length === 0) return parts
  try {
    const sums = await checksumParts(
      input,
      within.map(({ entry }) => entry),
      options,
    )
    check.summedUp(sums.whole)
    for (const [i, part] of within.entries()) part.check.summedUp(sums.parts[i]!)
  } catch (error) {
    if (options.signal?.aborted) throw error
    const failure = caught(error)
    check.fail(failure)
    for (const part of within) part.check.fail(failure)
  }
  return parts
}

/** What the header of a segment's file has for a suffix: its name without the segment's. */
function suffixOf(name: string): string {
  return stripExtension(stripSegmentName(name)).slice(1)
}

function wrongCodec(expected: string, input: IndexInput): CorruptIndexError {
  return new CorruptIndexError(`codec mismatch: expected codec=${expected}: ${input.toString()}`)
}
