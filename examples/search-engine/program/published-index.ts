import type { AttachedGeneration, GenerationPublisher, IndexInput } from 'mmap-directory'

import { IndexReader, type LeafSource } from '../engine/index-reader.js'
import { LiveDocs } from '../engine/live-docs.js'
import { ALL_PARTS } from '../engine/segment-files.js'
import type { SegmentInfo } from '../engine/segment-info.js'
import { SegmentReader } from '../engine/segment-reader.js'

/** What other threads are told of an index besides its inputs: plain data. */
export interface PublishedIndex {
  readonly generation: number
  readonly segments: readonly {
    readonly info: SegmentInfo
    readonly deleted?: { bits: Uint8Array; count: number }
  }[]
}

/** Tells other threads of an index; the reader stays open until the next one is published. */
export function publishIndex(publisher: GenerationPublisher<PublishedIndex>, reader: IndexReader): void {
  const inputs: IndexInput[] = reader.leaves.flatMap((leaf) => leaf.reader.inputs)
  const segments = reader.leaves.map(({ reader: { info }, liveDocs }) =>
    liveDocs === undefined ? { info } : { info, deleted: { bits: liveDocs.bits, count: liveDocs.count } },
  )
  publisher.publish(inputs, { generation: reader.generation, segments })
}

/** The index in another thread, over the same mappings. Closing it closes this thread's inputs. */
export function attachIndex(published: AttachedGeneration<PublishedIndex>): IndexReader {
  const { generation, segments } = published.data
  const leaves = segments.map(({ info, deleted }, i): LeafSource => {
    const inputs = published.inputs.slice(i * ALL_PARTS.length, (i + 1) * ALL_PARTS.length)
    const liveDocs = deleted === undefined ? undefined : new LiveDocs(deleted.bits, deleted.count)
    return { reader: SegmentReader.over(info, inputs), liveDocs }
  })
  return new IndexReader(leaves, generation)
}
