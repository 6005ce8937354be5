import { type Directory, FileNotFoundError } from 'mmap-directory'

import type { IndexStatistics } from './bm25.js'
import { type Commit, lastGeneration, readLastCommit } from './commit.js'
import { LiveDocs } from './live-docs.js'
import { SegmentReader } from './segment-reader.js'

/** A segment, and what is not deleted of it: undefined when nothing is deleted. */
export interface LeafSource {
  readonly reader: SegmentReader
  readonly liveDocs: LiveDocs | undefined
}

/** A segment of an index reader. */
export interface Leaf extends LeafSource {
  /** What is added to the numbers of its documents to make them numbers of the whole index. */
  readonly docBase: number
}

/**
 * An index as it was at one moment, whatever a writer does meanwhile. A value for a SnapshotStore.
 * Belongs to one thread.
 */
export class IndexReader implements Disposable {
  readonly leaves: readonly Leaf[]
  /** The commit that it shows; 0 where it shows more, or nothing. */
  readonly generation: number
  readonly statistics: IndexStatistics
  /** How many documents can be found. */
  readonly liveCount: number
  #open = true

  /** Takes over one hold on each of the segment readers. */
  constructor(segments: readonly LeafSource[], generation = 0) {
    let docBase = 0
    let length = 0
    this.leaves = segments.map(({ reader, liveDocs }) => {
      const leaf = { reader, liveDocs, docBase }
      docBase += reader.info.maxDoc
      length += reader.info.length
      return leaf
    })
    this.generation = generation
    this.statistics = { documents: docBase, length }
    this.liveCount = segments.reduce(
      (sum, { reader, liveDocs }) => sum + (liveDocs?.count ?? reader.info.maxDoc),
      0,
    )
  }

  /**
   * Opens the last commit. Segments that `previous` has are not opened again. Throws
   * CorruptIndexError, or FileNotFoundError when there is no commit.
   */
  static open(directory: Directory, previous?: IndexReader): IndexReader {
    for (;;) {
      const commit = readLastCommit(directory)
      try {
        return new IndexReader(openSegments(directory, commit, previous), commit.generation)
      } catch (error) {
        // A writer may have made the next commit meanwhile and removed what was only in this one.
        if (!(error instanceof FileNotFoundError) || lastGeneration(directory) === commit.generation)
          throw error
      }
    }
  }

  /** What was stored with a document. */
  document(doc: number): ReadonlyMap<string, string> {
    const leaf = this.#leafOf(doc)
    return leaf.reader.stored.get(doc - leaf.docBase)
  }

  isLive(doc: number): boolean {
    const leaf = this.#leafOf(doc)
    return leaf.liveDocs?.isLive(doc - leaf.docBase) ?? true
  }

  /** Reads all of it and throws CorruptIndexError where it is not what was written. Blocks. */
  checkIntegrity(): void {
    for (const { reader } of this.leaves) reader.checkIntegrity()
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    for (const { reader } of this.leaves) reader.release()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #leafOf(doc: number): Leaf {
    if (!(doc >= 0 && doc < this.statistics.documents)) throw new RangeError(`No document ${doc}`)
    return this.leaves.findLast(({ docBase }) => docBase <= doc)!
  }
}

function openSegments(directory: Directory, { segments }: Commit, previous: IndexReader | undefined) {
  const opened: LeafSource[] = []
  const known = new Map(previous?.leaves.map(({ reader }) => [reader.info.id.join(), reader]))
  try {
    for (const { info, liveGeneration } of segments) {
      const liveDocs = liveGeneration === 0 ? undefined : LiveDocs.read(directory, info, liveGeneration)
      opened.push({
        reader: known.get(info.id.join())?.retain() ?? SegmentReader.open(directory, info),
        liveDocs,
      })
    }
    return opened
  } catch (error) {
    for (const { reader } of opened) reader.release()
    throw error
  }
}
