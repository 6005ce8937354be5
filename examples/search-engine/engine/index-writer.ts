import { type Directory, IOContext, type Lock, LockValidatingDirectoryWrapper } from 'mmap-directory'

import { KEY, termOf } from './analyzer.js'
import {
  type Commit,
  filesOf,
  isIndexFile,
  lastGeneration,
  pendingCommitFile,
  readLastCommit,
  writeCommit,
} from './commit.js'
import { checkDocument, type Document } from './document.js'
import { DocumentBuffer } from './document-buffer.js'
import { IndexReader } from './index-reader.js'
import { LiveDocs } from './live-docs.js'
import { findMerge } from './merge-policy.js'
import { NO_MORE_DOCS } from './postings.js'
import type { SegmentInfo } from './segment-info.js'
import { SegmentMerger } from './segment-merger.js'
import { SegmentReader } from './segment-reader.js'
import { writeSegment } from './segment-writer.js'

/** A segment as the writer knows it: more may be deleted of it than was written. */
interface WriterSegment {
  readonly reader: SegmentReader
  liveDocs: LiveDocs | undefined
  /** The file that was written last; 0 is none. */
  liveGeneration: number
  /** Whether something was deleted since. */
  changed: boolean
  /** Whether an index reader has `liveDocs`, which must not change any more then. */
  lent: boolean
}

/**
 * Changes an index: the one writer that it has, which the write lock sees to. Adding and deleting
 * blocks as long as it takes, now and then for a merge. What was not committed is lost with the
 * writer. Belongs to one thread.
 */
export class IndexWriter implements Disposable {
  readonly #directory: Directory
  readonly #lock: Lock
  readonly #maxBufferedDocs: number
  #buffer = new DocumentBuffer()
  #segments: WriterSegment[] = []
  #nextSegment: number
  #committed: Commit
  #committing: Promise<unknown> = Promise.resolve()
  #pendingFiles: readonly string[] = [] // of a commit under way

  /**
   * Opens the last commit, or begins an index. Documents become a segment when there are
   * `maxBufferedDocs` of them, or when a reader or a commit needs them. Throws LockObtainFailedError
   * while there is another writer.
   */
  constructor(directory: Directory, maxBufferedDocs = 1000) {
    this.#maxBufferedDocs = maxBufferedDocs
    this.#lock = directory.obtainLock('write.lock')
    // Nothing is changed without the lock, not even by a commit that close() has overtaken.
    this.#directory = new LockValidatingDirectoryWrapper(directory, this.#lock)
    try {
      const exists = lastGeneration(directory) > 0
      this.#committed = exists ? readLastCommit(directory) : { generation: 0, nextSegment: 0, segments: [] }
      for (const { info, liveGeneration } of this.#committed.segments) {
        const liveDocs = liveGeneration === 0 ? undefined : LiveDocs.read(directory, info, liveGeneration)
        this.#addSegment(info, liveDocs, liveGeneration)
      }
      this.#nextSegment = this.#committed.nextSegment
      this.#deleteUnusedFiles() // what a writer has left that was killed
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Adds a document in place of the one that has its key, if there is one. Throws a TypeError for a bad one. */
  addDocument(document: Document): void {
    checkDocument(document)
    this.deleteDocument(document.key)
    this.#buffer.add(document)
    if (this.#buffer.size >= this.#maxBufferedDocs) this.#flush()
  }

  deleteDocument(key: string): void {
    const term = termOf(KEY, key)
    this.#buffer.delete(term)
    for (const segment of this.#segments) {
      const entry = segment.reader.terms.find(term)
      if (entry === undefined) continue
      const postings = segment.reader.postings(entry)
      for (let doc = postings.nextDoc(); doc !== NO_MORE_DOCS; doc = postings.nextDoc())
        deleteFrom(segment, doc)
    }
  }

  /** The index with everything up to now, committed or not: near real time. */
  openReader(): IndexReader {
    this.#flush()
    return new IndexReader(
      this.#segments.map((segment) => {
        segment.lent = true
        return { reader: segment.reader.retain(), liveDocs: segment.liveDocs }
      }),
    )
  }

  /** Makes one segment of all, without the deleted documents. */
  forceMerge(): void {
    this.#flush()
    if (this.#segments.length > 1 || this.#segments[0]?.liveDocs !== undefined)
      this.#merge([...this.#segments])
  }

  /**
   * Everything up to now survives a power cut when this resolves with the commit's generation; what
   * comes before that may be in it or not. One commit waits for the other.
   */
  commit(): Promise<number> {
    const committed = this.#committing.then(() => this.#commit())
    this.#committing = committed.catch(() => {}) // whoever asked is told
    return committed
  }

  /** Ends the writer. What was not committed is lost; a commit under way fails. */
  close(): void {
    for (const { reader } of this.#segments.splice(0)) reader.release()
    this.#lock.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #commit(): Promise<number> {
    this.#deleteUnusedFiles() // what a commit has left that failed
    this.#flush()
    for (const segment of this.#segments) this.#writeLiveDocs(segment)
    const commit = this.#nextCommit()
    const known = new Set(filesOf(this.#committed))
    const unsynced = filesOf({ ...commit, generation: 0 }).filter((file) => !known.has(file))
    this.#pendingFiles = [...filesOf(commit), pendingCommitFile(commit.generation)]
    try {
      await writeCommit(this.#directory, commit, unsynced)
      this.#committed = commit
    } finally {
      this.#pendingFiles = []
    }
    this.#deleteUnusedFiles()
    return commit.generation
  }

  #nextCommit(): Commit {
    return {
      generation: this.#committed.generation + 1,
      nextSegment: this.#nextSegment,
      segments: this.#segments.map(({ reader, liveGeneration }) => ({ info: reader.info, liveGeneration })),
    }
  }

  #flush(): void {
    if (this.#buffer.size > 0) {
      const { size, bytes } = this.#buffer
      const context = IOContext.flush({ numDocs: size, estimatedSegmentSize: bytes })
      const info = writeSegment(this.#directory, this.#newName(), this.#buffer, context)
      const segment = this.#addSegment(info)
      for (const doc of this.#buffer.deleted) deleteFrom(segment, doc)
      this.#buffer = new DocumentBuffer()
    }
    let merge: WriterSegment[] | undefined
    while ((merge = findMerge(this.#segments, liveCountOf)) !== undefined) this.#merge(merge)
  }

  #merge(segments: readonly WriterSegment[]): void {
    const totalMaxDoc = segments.reduce((sum, segment) => sum + liveCountOf(segment), 0)
    const estimatedMergeBytes = segments.reduce((sum, { reader }) => sum + reader.bytes, 0)
    const info = { totalMaxDoc, estimatedMergeBytes, isExternal: false, mergeMaxNumSegments: -1 }
    const context = IOContext.merge(info)
    // Opened once more: read from start to end, which the mappings that searches use need not know.
    const readers: SegmentReader[] = []
    try {
      for (const { reader } of segments)
        readers.push(SegmentReader.open(this.#directory, reader.info, context))
      for (const reader of readers) reader.checkIntegrity() // damage is not to be copied with a new checksum
      const inputs = readers.map((reader, i) => ({ reader, liveDocs: segments[i]!.liveDocs }))
      const merged = new SegmentMerger(inputs)
      if (totalMaxDoc > 0) this.#addSegment(writeSegment(this.#directory, this.#newName(), merged, context))
    } finally {
      for (const reader of readers) reader.release()
    }
    const gone = new Set(segments)
    this.#segments = this.#segments.filter((segment) => !gone.has(segment))
    for (const { reader } of gone) reader.release()
    this.#deleteUnusedFiles()
  }

  #addSegment(info: SegmentInfo, liveDocs?: LiveDocs, liveGeneration = 0): WriterSegment {
    const reader = SegmentReader.open(this.#directory, info)
    const segment = { reader, liveDocs, liveGeneration, changed: false, lent: false }
    this.#segments.push(segment)
    return segment
  }

  #writeLiveDocs(segment: WriterSegment): void {
    if (!segment.changed) return
    segment.liveDocs!.write(this.#directory, segment.reader.info, ++segment.liveGeneration)
    segment.changed = false
  }

  #newName(): string {
    return `_${(this.#nextSegment++).toString(36)}`
  }

  /** Removes files of neither the last commit, nor one under way, nor the segments as they are now. */
  #deleteUnusedFiles(): void {
    const now = filesOf({ ...this.#nextCommit(), generation: 0 })
    const used = new Set([...filesOf(this.#committed), ...this.#pendingFiles, ...now])
    for (const name of this.#directory.listAll()) {
      if (isIndexFile(name) && !used.has(name)) this.#directory.deleteFile(name)
    }
  }
}

function liveCountOf({ reader, liveDocs }: WriterSegment): number {
  return liveDocs?.count ?? reader.info.maxDoc
}

function deleteFrom(segment: WriterSegment, doc: number): void {
  if (segment.liveDocs?.isLive(doc) === false) return
  segment.liveDocs ??= LiveDocs.all(segment.reader.info.maxDoc)
  if (segment.lent) segment.liveDocs = segment.liveDocs.copy()
  segment.lent = false
  segment.liveDocs.delete(doc)
  segment.changed = true
}
