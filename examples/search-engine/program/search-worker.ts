import { setTimeout } from 'node:timers/promises'
import { type GenerationSubscription, GenerationSubscriber, SnapshotStore } from 'mmap-directory'
import { parentPort, workerData } from 'node:worker_threads'

import { IndexReader } from '../engine/index-reader.js'
import { attachIndex, type PublishedIndex } from './published-index.js'
import { answer } from './answer.js'
import type { NaiveHit } from './naive-scan.js'
import type { Query } from './queries.js'

/** What a worker says when it is asked to stop. */
export interface WorkerReport {
  readonly queries: number
  /** The generations that it has searched, each with the answer to one query. */
  readonly samples: readonly {
    readonly generation: number
    readonly query: Query
    readonly hits: readonly NaiveHit[]
  }[]
}

const { subscription, queries } = workerData as {
  subscription: GenerationSubscription
  queries: readonly Query[]
}
const subscriber = new GenerationSubscriber<PublishedIndex>(subscription)
const store = new SnapshotStore(new IndexReader([]))
const samples = new Map<number, WorkerReport['samples'][number]>()
const asked = { toStop: false }
let count = 0

parentPort!.once('message', () => {
  asked.toStop = true
})

while (!asked.toStop) {
  const next = subscriber.poll()
  if (next !== undefined) store.swap(attachIndex(next))
  const snapshot = store.snapshot()
  const query = queries[count++ % queries.length]!
  const reader = snapshot.value
  const hits = answer(reader, query)
  // Of each generation, the last answer that is not empty is kept to be checked.
  if (hits.length > 0) samples.set(reader.generation, { generation: reader.generation, query, hits })
  snapshot.release()
  // Hears of the end, and leaves time for the writer where there are few processors.
  if (count % 50 === 0) await setTimeout(5)
}
store.close()
subscriber.close()
parentPort!.postMessage({ queries: count, samples: [...samples.values()] } satisfies WorkerReport)
parentPort!.close()
