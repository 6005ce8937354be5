import * as fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'

import { BlockPostings } from '../../examples/search-engine/engine/block-postings.js'
import { IndexReader } from '../../examples/search-engine/engine/index-reader.js'
import { IndexWriter } from '../../examples/search-engine/engine/index-writer.js'
import { NO_MORE_DOCS } from '../../examples/search-engine/engine/postings.js'
import { PostingsWriter } from '../../examples/search-engine/engine/postings-writer.js'
import { search } from '../../examples/search-engine/engine/search.js'
import { endOutput } from '../../examples/search-engine/engine/segment-files.js'
import { TermDictionary } from '../../examples/search-engine/engine/term-dictionary.js'
import { TermsWriter } from '../../examples/search-engine/engine/terms-writer.js'
import { answer, documentsOf, naiveAnswer } from '../../examples/search-engine/program/answer.js'
import {
  ByteBuffersDirectory,
  FilterDirectory,
  type IndexInput,
  LockObtainFailedError,
} from '../../src/index.js'
import { MockDirectory } from '../../src/testing/index.js'

type Entry = readonly [doc: number, freq: number]

/** Documents in ascending order, more than fit into a block, with distances of one to four bytes. */
const anyEntries: fc.Arbitrary<Entry[]> = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 21 })),
      fc.integer({ min: 1, max: 70_000 }),
    ),
    {
      minLength: 1,
      maxLength: 600,
    },
  )
  .map((pairs) => {
    let doc = -1
    return pairs.map(([distance, freq]) => [(doc += distance), freq] as const)
  })

function written(write: (output: ReturnType<ByteBuffersDirectory['createOutput']>) => void): IndexInput {
  const directory = new ByteBuffersDirectory()
  const output = directory.createOutput('file')
  output.writeString('something before it')
  write(output)
  endOutput(output)
  return directory.openInput('file')
}

function postingsOver(entries: readonly Entry[]): () => BlockPostings {
  let docFreq = 0
  let start = 0
  const input = written((output) => {
    start = output.getFilePointer()
    let at = -1
    docFreq = new PostingsWriter(output).write({
      get freq() {
        return entries[at]![1]
      },
      nextDoc: () => entries[++at]?.[0] ?? NO_MORE_DOCS,
    })
    expect(docFreq).toBe(entries.length)
  })
  return () => new BlockPostings(input.clone(), docFreq, start)
}

describe('postings in blocks of group-varint', () => {
  it('give back what was written, one after the other', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const postings = postingsOver(entries)()
        const found: Entry[] = []
        while (postings.nextDoc() !== NO_MORE_DOCS) found.push([postings.docId, postings.freq])
        expect(found).toEqual(entries)
        expect(postings.nextDoc()).toBe(NO_MORE_DOCS)
      }),
      { numRuns: 50 },
    )
  })

  it('go to the first document from a target on, over any number of blocks', () => {
    const anySteps = fc.array(fc.tuple(fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(anyEntries, anySteps, (entries, steps) => {
        const postings = postingsOver(entries)()
        const last = entries.at(-1)![0]
        const found: Entry[] = []
        const expected: Entry[] = []
        let doc = -1
        for (const [next, share] of steps) {
          const target = doc + 1 + (next ? 0 : Math.floor(share ** 3 * (last + 1 - doc)))
          const entry = entries.find(([one]) => one >= target)
          doc = next ? postings.nextDoc() : postings.advance(target)
          found.push([doc, postings.freq])
          expected.push(entry ?? [NO_MORE_DOCS, postings.freq])
          if (doc === NO_MORE_DOCS) break
        }
        expect(found).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })
})

it('a dictionary finds each of its terms, and no other', () => {
  const anyTerm = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', 'b', '😀', '😁'), maxLength: 8 }),
  )
  fc.assert(
    fc.property(fc.uniqueArray(anyTerm, { maxLength: 200 }), fc.array(anyTerm), (terms, others) => {
      const sorted = [...terms].sort()
      const input = written((output) => {
        const writer = new TermsWriter(output)
        for (const [i, term] of sorted.entries()) writer.add(term, i + 1, i * i)
        writer.finish()
      })
      const dictionary = new TermDictionary(input)
      const entries = sorted.map((term, i) => ({ term, docFreq: i + 1, pointer: i * i }))
      expect([...dictionary]).toEqual(entries)
      for (const entry of entries) expect(dictionary.find(entry.term)).toEqual(entry)
      for (const other of others) expect(dictionary.find(other) !== undefined).toBe(terms.includes(other))
    }),
    { numRuns: 50 },
  )
})

const WORDS = ['the', 'of', 'index', 'page', 'mapped', 'ß', 'naïve', 'x1']
const anyText = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' '))
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), key: fc.nat(30), text: anyText }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(30) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('reopen' as const, 'commit' as const, 'merge' as const, 'restart' as const),
    }),
  },
)

/** The texts of an index, and every query of one and two words, which a naive scan has to answer the same. */
function expectSameAsNaive(reader: IndexReader, live: ReadonlyMap<string, string>): void {
  const documents = documentsOf(reader, (fields) => fields.get('text')!)
  const found = documents.filter((document) => document.live).map(({ key, text }) => [key, text] as const)
  expect(found.sort()).toEqual([...live].sort())
  expect(reader.liveCount).toBe(live.size)
  for (const [i, first] of WORDS.entries()) {
    for (const text of [first, `${first} ${WORDS[(i + 3) % WORDS.length]}`]) {
      for (const operator of ['all', 'any'] as const) {
        expect(answer(reader, { text, operator })).toEqual(naiveAnswer(documents, { text, operator }))
      }
    }
  }
}

/** Takes some turns of the event loop for what a disk takes time for. */
class SlowlySynced extends FilterDirectory {
  override async sync(names: Iterable<string>): Promise<void> {
    for (let i = 0; i < 3; i++) await setImmediate()
    await super.sync(names)
  }

  override async syncMetaData(): Promise<void> {
    for (let i = 0; i < 3; i++) await setImmediate()
    await super.syncMetaData()
  }
}

const withText = (key: string, text: string) => ({ key, text, stored: new Map([['text', text]]) })

function expectSameNow(writer: IndexWriter, live: ReadonlyMap<string, string>): void {
  using reader = writer.openReader()
  expectSameAsNaive(reader, live)
}

describe('an index', () => {
  it('answers as a naive scan by BM25 does, whatever was added, deleted, merged and reopened', async () => {
    let histories = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 120 }), async (steps) => {
        const directory = new ByteBuffersDirectory()
        let writer = new IndexWriter(directory, 5)
        let model = new Map<string, string>()
        let committed = new Map<string, string>()
        for (const step of steps) {
          if (step.kind === 'add') {
            writer.addDocument(withText(`k${step.key}`, step.text))
            model.set(`k${step.key}`, step.text)
          } else if (step.kind === 'delete') {
            writer.deleteDocument(`k${step.key}`)
            model.delete(`k${step.key}`)
          } else if (step.kind === 'merge') {
            writer.forceMerge()
          } else if (step.kind === 'restart') {
            writer.close() // what was not committed is lost
            writer = new IndexWriter(directory, 5)
            model = new Map(committed)
          } else if (step.kind === 'reopen') {
            expectSameNow(writer, model)
          } else {
            await writer.commit()
            committed = new Map(model)
            const reader = IndexReader.open(directory)
            expectSameAsNaive(reader, committed)
            reader.checkIntegrity()
            reader.close()
          }
        }
        expectSameNow(writer, model)
        histories++
        writer.close()
      }),
      { numRuns: 40 },
    )
    expect(histories).toBe(40)
  })

  it('gives the same hits and scores after a merge as before, but for the numbers of documents', async () => {
    const directory = new ByteBuffersDirectory()
    const writer = new IndexWriter(directory, 7)
    for (let i = 0; i < 60; i++)
      writer.addDocument(withText(`k${i}`, WORDS.slice(i % 5, 3 + (i % 7)).join(' ')))
    const before = writer.openReader()
    expect(before.leaves.length).toBeGreaterThan(1)
    writer.forceMerge()
    const after = writer.openReader()
    expect(after.leaves).toHaveLength(1)
    for (const text of ['the index', 'page', 'mapped of']) {
      expect(search(after, text, 'any', 100).map(({ score }) => score)).toEqual(
        search(before, text, 'any', 100).map(({ score }) => score),
      )
      expect(
        answer(after, { text, operator: 'any' })
          .map(({ key }) => key)
          .sort(),
      ).toHaveLength(10)
    }
    before.close()
    after.close()
    writer.close()
  })

  it('keeps a reader as it was while documents are deleted and segments merged and removed', async () => {
    const directory = new ByteBuffersDirectory()
    const writer = new IndexWriter(directory, 4)
    const model = new Map(Array.from({ length: 20 }, (_, i) => [`k${i}`, `index page ${i}`] as const))
    for (const [key, text] of model) writer.addDocument(withText(key, text))
    writer.deleteDocument('k3')
    model.delete('k3')
    const reader = writer.openReader()
    writer.deleteDocument('k4')
    await writer.commit()
    for (const key of model.keys()) if (key !== 'k5') writer.deleteDocument(key)
    writer.forceMerge()
    await writer.commit()
    expectSameAsNaive(reader, model)
    const next = IndexReader.open(directory)
    expectSameAsNaive(next, new Map([['k5', 'index page 5']]))
    expect(next.statistics.documents).toBe(1)
    reader.close()
    next.close()
    writer.close()
  })

  it('is reopened with the segments that are there already', async () => {
    const directory = new ByteBuffersDirectory()
    const writer = new IndexWriter(directory, 100)
    for (let i = 0; i < 10; i++) writer.addDocument(withText(`k${i}`, 'index'))
    await writer.commit()
    const first = IndexReader.open(directory)
    writer.addDocument(withText('k1', 'page'))
    await writer.commit()
    const second = IndexReader.open(directory, first)
    expect(second.generation).toBe(first.generation + 1)
    expect(second.leaves[0]!.reader).toBe(first.leaves[0]!.reader)
    expect(search(first, 'page', 'all', 10)).toHaveLength(0)
    first.close()
    expect(search(second, 'page', 'all', 10)).toHaveLength(1)
    expect(search(second, 'index', 'all', 10)).toHaveLength(9)
    second.close()
    writer.close()
  })

  it('has one writer at a time', () => {
    const directory = new ByteBuffersDirectory()
    const writer = new IndexWriter(directory)
    expect(() => new IndexWriter(directory)).toThrow(LockObtainFailedError)
    writer.close()
    new IndexWriter(directory).close()
  })

  it('merges while a commit is under way, and leaves the files of both alone', async () => {
    const memory = new ByteBuffersDirectory()
    const directory = new SlowlySynced(memory)
    const writer = new IndexWriter(directory, 2)
    let number = 0
    for (let round = 0; round < 4; round++) {
      const state = { done: false }
      writer.addDocument(withText(`k${number++}`, 'index'))
      const committed = writer.commit().finally(() => {
        state.done = true
      })
      while (!state.done) {
        for (let i = 0; i < 9; i++) writer.addDocument(withText(`k${number++}`, 'index'))
        writer.forceMerge()
        await setImmediate()
      }
      expect(await committed).toBe(round + 1)
      const reader = IndexReader.open(memory)
      expect(reader.generation).toBe(round + 1)
      expect(search(reader, 'index', 'all', 10_000)).toHaveLength(reader.liveCount)
      reader.checkIntegrity()
      reader.close()
    }
    await writer.commit()
    writer.close()
    const reader = IndexReader.open(memory)
    expect(reader.liveCount).toBe(number)
    expect(memory.listAll().filter((name) => name.startsWith('pending_'))).toEqual([])
    reader.close()
  })

  it('is committed at the second try where the first one fails, at whatever step', async () => {
    for (const [kind, times] of [
      ['sync', 3],
      ['syncMetaData', 2],
      ['create', 1],
      ['write', 1],
      ['rename', 1],
    ] as const) {
      for (let nth = 1; nth <= times; nth++) {
        const disk = new ByteBuffersDirectory()
        const directory = new MockDirectory(disk)
        const writer = new IndexWriter(directory)
        writer.addDocument(withText('k1', 'index'))
        writer.openReader().close() // what fails is to be the commit itself
        let left = nth
        const mine = new Error(`${kind} ${nth}`)
        directory.setFaults({
          failure: (operation) => (operation === kind && --left === 0 ? mine : undefined),
        })
        await expect(writer.commit()).rejects.toBe(mine)
        writer.addDocument(withText('k2', 'index'))
        expect(await writer.commit()).toBe(1)
        writer.close()
        const reader = IndexReader.open(disk)
        expect(reader.liveCount).toBe(2)
        reader.close()
        directory.close()
      }
    }
  })

  it('is not changed by a commit that is under way when its writer is closed', async () => {
    const memory = new ByteBuffersDirectory()
    const writer = new IndexWriter(new SlowlySynced(memory))
    writer.addDocument(withText('k1', 'index'))
    const committed = writer.commit()
    await setImmediate()
    writer.close()
    const names = memory.listAll()
    await expect(committed).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
    expect(memory.listAll()).toEqual(names)
  })

  it('makes commits one after the other, however they were asked for', async () => {
    const directory = new ByteBuffersDirectory()
    const writer = new IndexWriter(directory)
    const commits = [1, 2, 3].map((number) => {
      writer.addDocument(withText(`k${number}`, 'index'))
      return writer.commit()
    })
    writer.addDocument(withText('k4', 'index'))
    expect(await Promise.all(commits)).toEqual([1, 2, 3])
    const reader = IndexReader.open(directory)
    expect(reader.liveCount).toBe(4)
    reader.close()
    writer.close()
  })
})

it.each<[string, object]>([
  ['half of a surrogate pair in its key', { key: 'a\ud800', text: 'b' }],
  ['half of a surrogate pair in a stored value', { key: 'a', text: 'b', stored: new Map([['c', '\udc00']]) }],
  ['a stored value that is no string', { key: 'a', text: 'b', stored: new Map([['c', 5]]) }],
  ['a key that is no string', { key: 5, text: 'b' }],
  ['no text', { key: 'a' }],
])('a document with %s is refused, and keeps no other from being committed', async (_, bad) => {
  const directory = new ByteBuffersDirectory()
  using writer = new IndexWriter(directory)
  writer.addDocument({ key: 'a', text: 'first', stored: new Map([['c', '\u{10ffff}']]) })
  expect(() => writer.addDocument(bad as never)).toThrow(TypeError)
  await writer.commit()
  using reader = writer.openReader()
  expect([reader.liveCount, search(reader, 'first', 'any', 5).length]).toEqual([1, 1])
})

it('the engine is small enough to be read: a thousand lines of code besides imports, comments and empty lines', () => {
  const engine = join(import.meta.dirname, '..', '..', 'examples', 'search-engine', 'engine')
  const lines = readdirSync(engine).flatMap((name) =>
    readFileSync(join(engine, name), 'utf8')
      .replace(/^import [^;]*? from '[^']+'$/gm, '')
      .split('\n'),
  )
  expect(lines.filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length).toBeLessThanOrEqual(1000)
})
