import type { Directory } from '../store/directory.js'
import { FileNotFoundError, type StorageError } from '../store/errors.js'
import { CODEC_FILE_PATTERN, parseSegmentName, segmentFileName } from './index-file-names.js'
import { readSegmentInfo } from './segment-info.js'
import { checkDeletions, committedFiles } from './segment-infos.js'
import { lastSegmentsFile, readSegmentsFile, type SegmentsFile } from './segments-file.js'
import { caught, meansUnknownFormat } from './storage-failure.js'

/**
 * What the last commit says about the files of a directory, as far as it can be read. Nothing is
 * thrown for damage: it is noted for the file that has it.
 */
export class CommitSurvey {
  /** The name of the last commit, whether or not it can be read; undefined where there is none. */
  readonly fileName: string | undefined
  readonly commit: SegmentsFile | undefined
  /** Files that the commit needs. */
  readonly referenced = new Set<string>()
  /** Whether `referenced` is all of them. */
  readonly complete: boolean
  /** What is wrong in files whose checksum may be right. */
  readonly errors = new Map<string, StorageError>()
  readonly notes = new Map<string, string>()
  readonly #ids = new Map<string, Uint8Array>()
  readonly #directory: Directory

  constructor(directory: Directory, fileNames: readonly string[]) {
    this.#directory = directory
    const fileName = lastSegmentsFile(fileNames)
    this.fileName = fileName
    const commit =
      fileName === undefined
        ? undefined
        : this.#attempt(fileName, () => readSegmentsFile(directory, fileName))
    this.commit = commit
    if (commit === undefined) {
      this.complete = false
      this.#learnIds(fileNames)
      return
    }
    this.referenced.add(commit.fileName)
    let complete = true
    for (const segment of commit.segments) {
      this.#ids.set(segment.name, segment.id)
      for (const file of committedFiles(segment)) this.referenced.add(file)
      const infoFile = segmentFileName(segment.name, '', 'si')
      this.referenced.add(infoFile)
      const info = this.#attempt(infoFile, () => readSegmentInfo(directory, segment.name, segment.id))
      if (info === undefined) {
        complete = false
        continue
      }
      for (const file of info.files) this.referenced.add(file)
      this.#attempt(commit.fileName, () => checkDeletions(segment, info, commit.fileName))
    }
    this.complete = complete
  }

  /** The id that files of a segment must have; undefined when nothing tells. */
  idOf(segmentName: string): Uint8Array | undefined {
    return this.#ids.get(segmentName)
  }

  /** Whether a segment of this name is known. */
  has(segmentName: string): boolean {
    return this.#ids.has(segmentName)
  }

  /** Without a commit, the segments' own files tell their ids. */
  #learnIds(fileNames: readonly string[]): void {
    for (const name of fileNames) {
      if (!CODEC_FILE_PATTERN.test(name) || !name.endsWith('.si')) continue
      const segmentName = parseSegmentName(name)
      const info = this.#attempt(name, () => readSegmentInfo(this.#directory, segmentName))
      if (info !== undefined) this.#ids.set(segmentName, info.id)
    }
  }

  #attempt<T>(fileName: string, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      const failure = caught(error)
      if (meansUnknownFormat(failure)) this.notes.set(fileName, failure.message)
      // What is missing is found out by whoever compares names.
      else if (!(failure instanceof FileNotFoundError)) this.errors.set(fileName, failure)
      return undefined
    }
  }
}
