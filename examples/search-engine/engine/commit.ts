import { CodecUtil, type DataInput, type Directory, FileNotFoundError, IndexFileNames } from 'mmap-directory'
import { randomBytes } from 'node:crypto'

import { liveDocsFile } from './live-docs.js'
import { endOutput } from './segment-files.js'
import type { SegmentInfo } from './segment-info.js'

/** A segment as it is in a commit. */
export interface CommittedSegment {
  readonly info: SegmentInfo
  /** Which file says what is deleted of it; 0 is none. */
  readonly liveGeneration: number
}

/** What an index consists of at one moment. */
export interface Commit {
  /** Grows with every commit; 0 is an index that was never committed. */
  readonly generation: number
  /** The number of the next segment. */
  readonly nextSegment: number
  readonly segments: readonly CommittedSegment[]
}

const CODEC = 'SearchExampleCommit'
const VERSION = 0

function commitFile(generation: number): string {
  return IndexFileNames.fileNameFromGeneration('commit', '', generation)!
}

/** The name of a commit's file until it is whole. */
export function pendingCommitFile(generation: number): string {
  return IndexFileNames.fileNameFromGeneration('pending_commit', '', generation)!
}

/** Whether a file is one of an index of this engine, so that its writer may remove it. */
export function isIndexFile(name: string): boolean {
  return /^(_[0-9a-z]+[._]|(pending_)?commit_[0-9a-z]+$)/.test(name)
}

/** The files of a commit, the one that lists them among them. */
export function filesOf({ generation, segments }: Commit): string[] {
  const files = segments.flatMap(({ info: { name }, liveGeneration }) => [
    IndexFileNames.segmentFileName(name, '', 'cfs'),
    IndexFileNames.segmentFileName(name, '', 'cfe'),
    ...(liveGeneration === 0 ? [] : [liveDocsFile(name, liveGeneration)]),
  ])
  return generation === 0 ? files : [...files, commitFile(generation)]
}

/**
 * Makes a commit that survives a power cut when it resolves. Whenever that comes, either this commit
 * or the one before is the last one that is whole:
 *
 * - what the segments consist of is flushed, and so are the names, before anything refers to them;
 * - the file that refers to them is whole and flushed before it gets the name by which it is found.
 */
export async function writeCommit(directory: Directory, commit: Commit, unsynced: readonly string[]) {
  const { generation, nextSegment, segments } = commit
  await directory.sync(unsynced)
  await directory.syncMetaData()
  const pending = pendingCommitFile(generation)
  const output = directory.createOutput(pending)
  try {
    const id = randomBytes(CodecUtil.ID_LENGTH)
    CodecUtil.writeIndexHeader(output, CODEC, VERSION, id, generation.toString(36))
    output.writeVInt(nextSegment)
    output.writeVInt(segments.length)
    for (const { info, liveGeneration } of segments) {
      output.writeString(info.name)
      output.writeBytes(info.id)
      output.writeVInt(info.maxDoc)
      output.writeVLong(info.length)
      output.writeVInt(liveGeneration)
    }
    endOutput(output)
  } finally {
    output.close()
  }
  await directory.sync([pending])
  directory.rename(pending, commitFile(generation))
  await directory.syncMetaData()
}

/** The last commit. Throws CorruptIndexError when it is damaged, FileNotFoundError when there is none. */
export function readLastCommit(directory: Directory): Commit {
  const generation = lastGeneration(directory)
  if (generation === 0) throw new FileNotFoundError(`No commit in ${directory.toString()}`)
  return CodecUtil.readToFooter(directory, commitFile(generation), (input) => {
    CodecUtil.checkHeader(input, CODEC, VERSION, VERSION)
    input.skipBytes(CodecUtil.ID_LENGTH)
    CodecUtil.checkIndexHeaderSuffix(input, generation.toString(36))
    const nextSegment = input.readVInt()
    const segments = Array.from({ length: input.readVInt() }, () => readSegment(input))
    return { generation, nextSegment, segments }
  })
}

/** The generation of the last commit; 0 when there is none. */
export function lastGeneration(directory: Directory): number {
  const commits = directory.listAll().filter((name) => /^commit_[0-9a-z]+$/.test(name))
  return Math.max(0, ...commits.map((name) => IndexFileNames.parseGeneration(name)))
}

function readSegment(input: DataInput): CommittedSegment {
  const name = input.readString()
  const id = new Uint8Array(CodecUtil.ID_LENGTH)
  input.readBytes(id)
  const info = { name, id, maxDoc: input.readVInt(), length: input.readSafeVLong() }
  return { info, liveGeneration: input.readVInt() }
}
