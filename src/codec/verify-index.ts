import { checkOptions, invalidType } from '../store/arguments.js'
import { Directory } from '../store/directory.js'
import { CorruptIndexError, FileNotFoundError, InvalidFileNameError, NotAFileError } from '../store/errors.js'
import { CommitSurvey } from './commit-survey.js'
import { describeFile } from './file-kind.js'
import { type FileVerification, fromError, unchecked } from './file-verification.js'
import { FileVerifier } from './file-verifier.js'
import { CODEC_FILE_PATTERN } from './index-file-names.js'
import type { SegmentsFile } from './segments-file.js'
import { caught } from './storage-failure.js'

export interface VerifyProgress {
  /** The file that is being read. */
  readonly name: string
  /** Files that are done, and all. */
  readonly files: number
  readonly totalFiles: number
  /** Bytes that are done, and all. */
  readonly bytes: number
  readonly totalBytes: number
}

export interface VerifyOptions {
  /** Ends the work early: the next step throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called at least once a file and once a MiB. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/** What verifyIndex() returns after its last result. */
export interface IndexVerification {
  /** Whether nothing that was found is damaged, missing or unreadable. */
  readonly ok: boolean
  /** The name of the last commit; undefined where there is none, which is not an index then. */
  readonly segmentsFile: string | undefined
  /** That commit; undefined where it could not be read, so that nothing tells which files are needed. */
  readonly commit: SegmentsFile | undefined
  /** Results, with those of files in compound files, by status. */
  readonly counts: Readonly<Record<FileVerification['status'], number>>
  /** Bytes of the files that were checked. */
  readonly bytes: number
}

/**
 * Checks every file of an index, and every file in its compound files, against its checksum, its
 * segment and the last commit. Yields one result a file, in the order of listAll() (the contents of
 * a compound file after it, missing files at the end), and returns what it comes to:
 *
 *     for await (const file of verifyIndex(directory)) if (!file.ok) console.error(file.name, file.error)
 *
 * Damage is reported, not thrown, and so are files that cannot be read. A directory without a
 * commit is checked file by file. Throws what listAll() throws, AlreadyClosedError when the
 * directory is closed meanwhile, and the signal's reason. Reads in slices of a MiB between which
 * the event loop runs, and has one file open at a time.
 */
export async function* verifyIndex(
  directory: Directory,
  options: VerifyOptions = {},
): AsyncGenerator<FileVerification, IndexVerification, void> {
  if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
  checkOptions('verifyIndex', options, ['signal', 'onProgress'])
  const { signal, onProgress } = options
  signal?.throwIfAborted()
  const names = directory.listAll()
  const survey = new CommitSurvey(directory, names)
  const verifier = new FileVerifier(directory, survey)
  const targets = names.map((name) => targetOf(directory, name, survey))
  const totalBytes = targets.reduce((sum, target) => sum + (target.length ?? 0), 0)
  const counts = { ok: 0, damaged: 0, missing: 0, unreadable: 0, unchecked: 0 }
  let bytes = 0

  for (const [files, { name, length = 0, result }] of targets.entries()) {
    signal?.throwIfAborted()
    const report = (done: number) =>
      onProgress?.({ name, files, totalFiles: targets.length, bytes: bytes + done, totalBytes })
    report(0)
    const results =
      result === undefined ? await verifier.verify(name, { signal, onProgress: report }) : [result]
    bytes += length
    for (const one of results) {
      counts[one.status]++
      yield one
    }
  }

  for (const name of [...survey.referenced].sort()) {
    if (names.includes(name)) continue
    counts.missing++
    yield fromError(
      name,
      new FileNotFoundError(`${survey.fileName} refers to it, but it is not there: ${directory.toString()}`, {
        path: name,
      }),
    )
  }
  return {
    ok: counts.damaged + counts.missing + counts.unreadable === 0,
    segmentsFile: survey.fileName,
    commit: survey.commit,
    counts,
    bytes,
  }
}

interface Target {
  readonly name: string
  /** Of what will be read. */
  readonly length?: number
  /** Where there is nothing to read. */
  readonly result?: FileVerification
}

/** What is to be done with a directory's entry, as far as its name and length tell. */
function targetOf(directory: Directory, name: string, survey: CommitSurvey): Target {
  let length: number
  try {
    length = directory.fileLength(name)
  } catch (error) {
    const expected = survey.referenced.has(name) || survey.errors.has(name)
    if (error instanceof NotAFileError && !expected)
      return { name, result: unchecked(name, undefined, 'not a file') }
    if (error instanceof InvalidFileNameError) {
      return { name, result: unchecked(name, undefined, 'a name that no index has') }
    }
    if (error instanceof FileNotFoundError && !survey.referenced.has(name)) {
      return { name, result: unchecked(name, undefined, 'was removed meanwhile') }
    }
    return { name, result: fromError(name, caught(error)) }
  }
  if (survey.referenced.has(name)) return { name, length }
  switch (describeFile(name)) {
    case 'lock':
      return { name, result: verifyLock(name, length) }
    case 'unfinished commit':
      return { name, result: unchecked(name, length, 'a commit that was not finished') }
    case 'temporary':
      return { name, result: unchecked(name, length, 'a temporary file') }
    case 'commit':
      return { name, length }
    default:
      return CODEC_FILE_PATTERN.test(name)
        ? { name, length }
        : { name, result: unchecked(name, length, 'not a file of Lucene') }
  }
}

/** A lock file is there to be locked, not to be written to. */
function verifyLock(name: string, length: number): FileVerification {
  if (length === 0) return { name, length, status: 'ok', ok: true }
  return {
    ...fromError(
      name,
      new CorruptIndexError(`a lock file should be empty, but has ${length} bytes: ${name}`),
    ),
    length,
  }
}
