import {
  ByteBuffersDirectory,
  type Directory,
  FSDirectory,
  GenerationPublisher,
  MMapDirectory,
  NRTCachingDirectory,
  SnapshotStore,
} from 'mmap-directory'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { Document } from '../engine/document.js'
import { IndexReader } from '../engine/index-reader.js'
import { IndexWriter } from '../engine/index-writer.js'
import { type PublishedIndex, publishIndex } from './published-index.js'
import { answer, documentsOf, naiveAnswer } from './answer.js'
import { checkSame } from './check-same.js'
import { readCorpus } from './corpus.js'
import { runKillRounds } from './kill-rounds.js'
import type { NaiveDocument } from './naive-scan.js'
import { queriesOf, type Query } from './queries.js'
import type { WorkerReport } from './search-worker.js'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const DOCUMENTS = 3000
const DOCUMENTS_IN_COMMIT = 250
const KILLS = 5
const WORKERS = 2

const documents = readCorpus(ROOT, DOCUMENTS)
const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
const texts = new Map(documents.map(({ key, text }) => [key, text]))
const queries = queriesOf(documents, 300)
console.log(`${documents.length} documents, ${(bytes / 1e6).toFixed(1)} MB of text`)

const folder = mkdtempSync(join(tmpdir(), 'search-engine-'))
try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const path = join(folder, 'index')
  await buildWhileSearching(path)
  const commits = await runKillRounds({
    program: fileURLToPath(new URL('killed-writer.js', import.meta.url)),
    path: join(folder, 'killed'),
    documents: documents.slice(0, 1000),
    queries: queries.slice(0, 20),
    rounds: KILLS,
    random: Math.random,
  })
  console.log(`kill -9        ${KILLS} times, ${commits} commits; each time the last one opened and verified`)
  await compareDirectories(path)
}

/** Indexes everything in small commits, with changes and deletions, while workers search without pause. */
async function buildWhileSearching(path: string): Promise<void> {
  const disk = MMapDirectory.open(path, { create: true })
  // Small new segments stay in memory until they are committed, or merged away before that.
  const directory = new NRTCachingDirectory(disk, { maxMergeSizeMB: 8, maxCachedMB: 64 })
  const writer = new IndexWriter(directory)
  const publisher = new GenerationPublisher<PublishedIndex>()
  const workers = Array.from({ length: WORKERS }, () => startWorker(publisher))
  const store = new SnapshotStore(writer.openReader())
  const history = new Map<number, NaiveDocument[]>()
  let published: IndexReader | undefined
  let written = 0
  const start = performance.now()
  let other = 0 // time that is not the index's
  for (let from = 0; from < documents.length; from += DOCUMENTS_IN_COMMIT) {
    for (const document of documents.slice(from, from + DOCUMENTS_IN_COMMIT)) writer.addDocument(document)
    for (const document of changesOf(from)) writer.addDocument(document)
    for (const document of documents.slice(from / 2, from / 2 + 3)) writer.deleteDocument(document.key)
    written += DOCUMENTS_IN_COMMIT
    // What was not committed is seen by readers of this thread already.
    store.swap(writer.openReader())
    await writer.commit()
    // Workers get the mapped files of the commit: what is in memory cannot be shared.
    const next = IndexReader.open(disk, published)
    publishIndex(publisher, next)
    published?.close()
    published = next
    const pause = performance.now()
    const committed = documentsOf(next, textOf)
    history.set(next.generation, committed)
    await setImmediate()
    other += performance.now() - pause
  }
  const seconds = (performance.now() - start - other) / 1000
  const reports = await Promise.all(workers.map(stopWorker))

  let checked = 0
  for (const { samples } of reports) {
    for (const { generation, query, hits } of samples) {
      checkSame(query, hits, naiveAnswer(history.get(generation)!, query))
      checked++
    }
  }
  const current = store.snapshot()
  const expected = documentsOf(current.value, textOf)
  for (const query of queries.slice(0, 100))
    checkSame(query, answer(current.value, query), naiveAnswer(expected, query))
  current.release()
  console.log(
    `indexed        in ${seconds.toFixed(1)} s, ${history.size} commits, ${published!.leaves.length} segments`,
  )
  const searched = reports.reduce((sum, report) => sum + report.queries, 0)
  console.log(
    `workers        ${searched} queries meanwhile in ${WORKERS} threads; ${checked} answers of ${generationsOf(reports)} commits equal to a naive scan`,
  )
  store.close()
  published!.close()
  publisher.close()
  writer.close()
  directory.close()
}

/** A few documents that were indexed before, with other text. */
function changesOf(from: number): Document[] {
  return documents.slice(Math.max(from - 20, 0), from).map((document, i) => changed(document, i % 5))
}

function changed({ key, text, stored }: Document, version: number): Document {
  return {
    key,
    text: textOfVersion(text, version),
    stored: new Map([...(stored ?? []), ['version', String(version)]]),
  }
}

function textOfVersion(text: string, version: number): string {
  return `${text} changed in version ${version}`
}

function textOf(fields: ReadonlyMap<string, string>): string {
  const text = texts.get(fields.get('key')!)!
  const version = fields.get('version')
  return version === undefined ? text : textOfVersion(text, Number(version))
}

function startWorker(publisher: GenerationPublisher<PublishedIndex>): Worker {
  const subscription = publisher.subscribe()
  return new Worker(new URL('search-worker.js', import.meta.url), {
    workerData: { subscription, queries },
    transferList: [subscription.port],
  })
}

async function stopWorker(worker: Worker): Promise<WorkerReport> {
  const report = once(worker, 'message') as Promise<[WorkerReport]>
  const exit = once(worker, 'exit')
  worker.postMessage('stop')
  const [said] = await report
  await exit
  return said
}

function generationsOf(reports: readonly WorkerReport[]): number {
  return new Set(reports.flatMap(({ samples }) => samples.map(({ generation }) => generation))).size
}

/** The same queries on the same files, in each kind of directory. */
async function compareDirectories(path: string): Promise<void> {
  const memory = new ByteBuffersDirectory()
  const disk = FSDirectory.open(path)
  for (const name of disk.listAll()) memory.copyFrom(disk, name, name)
  disk.close()
  const kinds: [string, Directory][] = [
    ['MMapDirectory', MMapDirectory.open(path)],
    ['FSDirectory', FSDirectory.open(path)],
    ['ByteBuffersDirectory', memory],
  ]
  console.log(`\n${'directory'.padEnd(22)}queries/s   hits equal to a naive scan`)
  for (const [name, directory] of kinds) {
    const reader = IndexReader.open(directory)
    reader.checkIntegrity()
    const expected = documentsOf(reader, textOf)
    for (const query of queries) checkSame(query, answer(reader, query), naiveAnswer(expected, query))
    console.log(
      `${name.padEnd(22)}${queriesPerSecond(reader, queries).toFixed(0).padStart(9)}   yes, of all ${queries.length} queries`,
    )
    reader.close()
    directory.close()
  }
  console.log(
    `(one thread, files in the system's cache, ${availableParallelism()} processors, Node.js ${process.version})`,
  )
}

function queriesPerSecond(reader: IndexReader, all: readonly Query[]): number {
  let best = 0
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    for (const query of all) answer(reader, query)
    best = Math.max(best, (1000 * all.length) / (performance.now() - start))
  }
  return best
}
