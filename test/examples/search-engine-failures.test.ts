import { join } from 'node:path'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { lastGeneration } from '../../examples/search-engine/engine/commit.js'
import { IndexReader } from '../../examples/search-engine/engine/index-reader.js'
import { IndexWriter } from '../../examples/search-engine/engine/index-writer.js'
import { search } from '../../examples/search-engine/engine/search.js'
import { documentsOf, naiveAnswer } from '../../examples/search-engine/program/answer.js'
import { readCorpus } from '../../examples/search-engine/program/corpus.js'
import { runKillRounds } from '../../examples/search-engine/program/kill-rounds.js'
import type { NaiveDocument } from '../../examples/search-engine/program/naive-scan.js'
import { type PublishedIndex, publishIndex } from '../../examples/search-engine/program/published-index.js'
import { queriesOf } from '../../examples/search-engine/program/queries.js'
import type { WorkerReport } from '../../examples/search-engine/program/search-worker.js'
import {
  ByteBuffersDirectory,
  CompoundDirectory,
  CorruptIndexError,
  type Directory,
  GenerationPublisher,
  IndexFormatTooNewError,
  IndexFormatTooOldError,
  MMapDirectory,
} from '../../src/index.js'
import { MockDirectory } from '../../src/testing/index.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'examples', 'search-engine', 'build', 'program')
/** 3 in every run; nightly 100. */
const KILLS = Number(process.env['SEARCH_ENGINE_KILLS'] ?? 3)

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(() => {
  removeDirectory(path)
})

/** The keys that can be found in an index. */
function keysOf(reader: IndexReader): string[] {
  const documents = documentsOf(reader, () => '')
  return documents.flatMap(({ key, live }) => (live ? key : [])).sort()
}

/** What each commit has that was begun, and which one is known to be made. */
interface Promised {
  readonly begun: Map<number, readonly string[]>
  made: number
}

const nothingPromised = (): Promised => ({ begun: new Map(), made: 0 })

/**
 * Adds, deletes, commits and merges, and keeps in `promised` what each commit has. One that is begun
 * may be made even where that is not told.
 */
async function change(directory: Directory, promised: Promised): Promise<void> {
  const writer = new IndexWriter(directory, 3)
  try {
    const opened = writer.openReader()
    const keys = new Set(keysOf(opened))
    opened.close()
    for (let i = 0; i < 24; i++) {
      const key = `k${(i * 7) % 30}`
      writer.addDocument({ key, text: `index page ${i}` })
      keys.add(key)
      if (i % 4 === 2) {
        writer.deleteDocument(`k${i}`)
        keys.delete(`k${i}`)
      }
      if (i === 17) writer.forceMerge()
      if (i % 6 === 5) {
        promised.begun.set(lastGeneration(directory) + 1, [...keys].sort())
        promised.made = await writer.commit()
      }
    }
  } finally {
    writer.close()
  }
}

/** The last commit is one of those that were begun, not older than the last that was made, and whole. */
function expectPromised(disk: Directory, { begun, made }: Promised): void {
  if (made === 0 && lastGeneration(disk) === 0) return
  const reader = IndexReader.open(disk)
  expect(reader.generation).toBeGreaterThanOrEqual(made)
  expect(keysOf(reader)).toEqual(begun.get(reader.generation))
  reader.checkIntegrity()
  reader.close()
}

describe('a crash', () => {
  it('of the system before any operation leaves the last commit whole, and an index that is gone on with', async () => {
    let operation = 1
    for (let failed = true; failed; operation++) {
      failed = false
      const disk = new ByteBuffersDirectory()
      const mock = new MockDirectory(disk, { seed: operation })
      const promised = nothingPromised()
      let left = operation
      const crash = new Error('the power is off')
      // Not before each read: what the disk has does not change by reading.
      mock.setFaults({ failure: (kind) => (kind !== 'read' && --left <= 0 ? crash : undefined) })
      let error: unknown = await change(mock, promised).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      failed = error !== undefined
      while (error instanceof CorruptIndexError) error = error.cause
      expect([undefined, crash]).toContain(error)
      mock.crash()
      expectPromised(disk, promised)
      await change(disk, promised)
      expectPromised(disk, promised)
    }
    expect(operation).toBeGreaterThan(100)
  })

  it('leaves nothing open but what the system closes, and nothing at all in a program that goes on', async () => {
    for (let operation = 1; operation < 400; operation += 7) {
      const disk = new ByteBuffersDirectory()
      const mock = new MockDirectory(disk, { complain: true })
      const promised = nothingPromised()
      let left = operation
      mock.setFaults({ failure: () => (--left === 0 ? new Error('once') : undefined) })
      await change(mock, promised).catch(() => undefined)
      expect(mock.openHandles().map(({ kind, name, stack }) => `${kind} ${name} ${stack}`)).toEqual([])
      mock.setFaults({})
      const reader = promised.made > 0 ? IndexReader.open(mock) : undefined
      reader?.close()
      mock.close()
    }
  })

  it(`of a writer by kill -9 at any moment leaves its last commit whole, ${KILLS} times`, async () => {
    const documents = readCorpus(ROOT, 300)
    const commits = await runKillRounds({
      program: join(BUILT, 'killed-writer.js'),
      path: join(path, 'index'),
      documents,
      queries: queriesOf(documents, 5),
      rounds: KILLS,
      random: Math.random,
    })
    expect(commits).toBeGreaterThanOrEqual(0)
  }, 600_000)
})

it('workers answer from clones of the same mappings, each commit as a naive scan does', async () => {
  const documents = readCorpus(ROOT, 200)
  const texts = new Map(documents.map(({ key, text }) => [key, text]))
  const directory = MMapDirectory.open(path)
  const writer = new IndexWriter(directory, 20)
  const publisher = new GenerationPublisher<PublishedIndex>()
  const workers = [0, 1].map(() => {
    const subscription = publisher.subscribe()
    return new Worker(join(BUILT, 'search-worker.js'), {
      workerData: { subscription, queries: queriesOf(documents, 30) },
      transferList: [subscription.port],
    })
  })
  const history = new Map<number, NaiveDocument[]>()
  let published: IndexReader | undefined
  for (const [i, document] of documents.entries()) {
    writer.addDocument(document)
    if (i % 5 === 0) writer.deleteDocument(documents[Math.floor(i / 2)]!.key)
    if (i % 40 !== 39) continue
    await writer.commit()
    const next = IndexReader.open(directory, published)
    publishIndex(publisher, next)
    published?.close()
    published = next
    history.set(
      next.generation,
      documentsOf(next, (fields) => texts.get(fields.get('key')!)!),
    )
    await setImmediate()
  }
  const reports: WorkerReport[] = []
  for (const worker of workers) {
    while (reports.length === workers.indexOf(worker)) {
      const said = once(worker, 'message') as Promise<[WorkerReport]>
      worker.postMessage('stop')
      reports.push((await said)[0])
    }
  }
  for (const { samples } of reports) {
    for (const { generation, query, hits } of samples) {
      expect(hits).toEqual(naiveAnswer(history.get(generation)!, query))
    }
  }
  expect(reports.flatMap(({ samples }) => samples).length).toBeGreaterThan(0)
  published!.close()
  publisher.close()
  writer.close()
  directory.close()
})

function bytesOf(directory: Directory, name: string): Uint8Array {
  const input = directory.openInput(name)
  const bytes = new Uint8Array(input.length())
  input.readBytes(bytes)
  input.close()
  return bytes
}

function openAndCheck(from: Directory, damaged: string, bytes: Uint8Array): void {
  const directory = new ByteBuffersDirectory()
  for (const name of from.listAll()) if (name !== damaged) directory.copyFrom(from, name, name)
  const output = directory.createOutput(damaged)
  output.writeBytes(bytes)
  output.close()
  const reader = IndexReader.open(directory)
  reader.checkIntegrity()
  reader.close()
}

describe('a file that is damaged', () => {
  it('is a CorruptIndexError when the index is opened or checked, whichever byte it is', async () => {
    const directory = new ByteBuffersDirectory()
    await change(directory, nothingPromised())
    const names = directory.listAll()
    expect(names.map((name) => name.replace(/^.*\./, '.')).sort()).toEqual(
      expect.arrayContaining(['.cfe', '.cfs', '.liv', 'commit_4']),
    )
    let damages = 0
    for (const name of names) {
      const bytes = bytesOf(directory, name)
      expect(() => openAndCheck(directory, name, bytes)).not.toThrow()
      for (let at = 0; at < bytes.length; at += bytes.length > 2000 ? 23 : 1) {
        const damaged = bytes.slice()
        damaged[at]! ^= 1 << (at % 8)
        expectCorrupt(() => openAndCheck(directory, name, damaged))
        if (at % 5 === 0) expectCorrupt(() => openAndCheck(directory, name, bytes.subarray(0, at)))
        damages++
      }
      expectCorrupt(() => openAndCheck(directory, name, new Uint8Array([...bytes, 0])))
    }
    expect(damages).toBeGreaterThan(500)
  })

  it('is not merged', async () => {
    const memory = new ByteBuffersDirectory()
    const writer = new IndexWriter(memory, 10)
    for (let i = 0; i < 15; i++) writer.addDocument({ key: `k${i}`, text: 'index page' })
    await writer.commit()
    writer.close()
    const bytes = bytesOf(memory, '_0.cfs')
    bytes[CompoundDirectory.open(memory, '_0').fileOffset('_0.doc') + 60]! ^= 1
    const directory = new ByteBuffersDirectory()
    for (const name of memory.listAll()) if (name !== '_0.cfs') directory.copyFrom(memory, name, name)
    const output = directory.createOutput('_0.cfs')
    output.writeBytes(bytes)
    output.close()
    const names = directory.listAll()
    const next = new IndexWriter(directory)
    expect(() => next.forceMerge()).toThrow(CorruptIndexError)
    expect(directory.listAll()).toEqual(names)
    const reader = next.openReader()
    expect(search(reader, 'page', 'all', 100)).toHaveLength(15)
    reader.close()
    next.close()
  })
})

function expectCorrupt(run: () => void): void {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error
  }
  const kinds = [CorruptIndexError, IndexFormatTooNewError, IndexFormatTooOldError]
  expect(kinds.some((kind) => thrown instanceof kind) ? 'corrupt' : thrown).toBe('corrupt')
}
