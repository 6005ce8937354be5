import { invalidType } from '../store/arguments.js'
import { Directory } from '../store/directory.js'
import { CorruptIndexError, FileNotFoundError } from '../store/errors.js'
import { fileNameFromGeneration, SEGMENTS } from './index-file-names.js'
import { readSegmentInfo, type SegmentInfo } from './segment-info.js'
import {
  type CommittedSegment,
  lastSegmentsFile,
  readSegmentsFile,
  type SegmentsFile,
} from './segments-file.js'

/** A segment of a commit: what the commit and the segment's own `.si` file say of it. */
export interface Segment extends CommittedSegment {
  readonly info: SegmentInfo
  /** All files of the segment in this commit, sorted. */
  readonly files: readonly string[]
}

/** A commit: what an index consists of. */
export interface SegmentInfos extends SegmentsFile {
  readonly segments: readonly Segment[]
  /** All files that the commit needs, itself among them, sorted. */
  readonly files: readonly string[]
}

/**
 * Reads a commit of an index of Lucene 9 or 10: the last one, or that of the name `segments_N`.
 * Throws FileNotFoundError when there is none or a `.si` file is missing, CorruptIndexError when
 * what it reads is damaged or contradicts itself, IndexFormatTooOldError, IndexFormatTooNewError.
 * Whether the other files are there is not checked: see verifyIndex(). Leaves nothing open.
 */
export function readSegmentInfos(directory: Directory, fileName?: string): SegmentInfos {
  if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
  const commit = readSegmentsFile(directory, fileName ?? findLastCommit(directory))
  const segments = commit.segments.map((segment) => {
    const info = readSegmentInfo(directory, segment.name, segment.id)
    checkDeletions(segment, info, commit.fileName)
    return { ...segment, info, files: [...committedFiles(segment), ...info.files].sort() }
  })
  const files = [commit.fileName, ...segments.flatMap((segment) => segment.files)].sort()
  return { ...commit, segments, files }
}

/** The files of a segment that the commit itself names: those that were written after the segment. */
export function committedFiles(segment: CommittedSegment): readonly string[] {
  const files = [...segment.fieldInfosFiles]
  const liveDocs = fileNameFromGeneration(segment.name, 'liv', segment.delGen)
  if (liveDocs !== undefined) files.push(liveDocs)
  for (const updates of segment.docValuesUpdatesFiles.values()) files.push(...updates)
  return files
}

/** Throws CorruptIndexError when more documents are deleted than there are. */
export function checkDeletions(segment: CommittedSegment, info: SegmentInfo, resource: string): void {
  const { delCount, softDelCount } = segment
  if (delCount + softDelCount > info.maxDoc) {
    throw new CorruptIndexError(
      `invalid deletion count: ${delCount} and ${softDelCount} soft ones of maxDoc=${info.maxDoc} in ${segment.name}: ${resource}`,
    )
  }
}

function findLastCommit(directory: Directory): string {
  const names = directory.listAll()
  const last = lastSegmentsFile(names)
  if (last !== undefined) return last
  throw new FileNotFoundError(
    `No ${SEGMENTS}_N file: no index, or one that was never committed; there are ${names.length} files: ${directory.toString()}`,
  )
}
