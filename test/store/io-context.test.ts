import { describe, expect, it } from 'vitest'

import {
  adviceFor,
  DataAccessHint,
  FileDataHint,
  FileTypeHint,
  IOContext,
  NoReuseHint,
  PreloadHint,
  ReadOnceHint,
} from '../../src/store/io-context.js'

describe('IOContext', () => {
  const own = Object.freeze({ kind: 'Own', value: 'X' })

  it('begins without hints, but for READONCE', () => {
    expect(IOContext.DEFAULT.hints).toEqual([])
    expect(IOContext.READ.hints).toEqual([])
    expect(IOContext.merge().hints).toEqual([])
    expect(IOContext.flush().hints).toEqual([])
    expect(IOContext.READONCE.hints).toEqual([DataAccessHint.SEQUENTIAL, ReadOnceHint.INSTANCE])
  })

  it('knows the hints that Lucene has, each kind by its name', () => {
    const all = [DataAccessHint, FileTypeHint, FileDataHint, PreloadHint, ReadOnceHint, NoReuseHint]
    expect(
      all.flatMap((hints) => Object.entries(hints)).map(([name, hint]) => [name, hint.kind, hint.value]),
    ).toEqual([
      ['RANDOM', 'DataAccessHint', 'RANDOM'],
      ['SEQUENTIAL', 'DataAccessHint', 'SEQUENTIAL'],
      ['INDEX', 'FileTypeHint', 'INDEX'],
      ['DATA', 'FileTypeHint', 'DATA'],
      ['POSTINGS', 'FileDataHint', 'POSTINGS'],
      ['KNN_VECTORS', 'FileDataHint', 'KNN_VECTORS'],
      ['INSTANCE', 'PreloadHint', 'INSTANCE'],
      ['INSTANCE', 'ReadOnceHint', 'INSTANCE'],
      ['INSTANCE', 'NoReuseHint', 'INSTANCE'],
    ])
    expect([...all, ...all.flatMap((hints) => Object.values(hints))].every(Object.isFrozen)).toBe(true)
  })

  it('replaces its hints with withHints()', () => {
    const context = IOContext.READONCE.withHints(FileTypeHint.INDEX, own)
    expect(context.hints).toEqual([FileTypeHint.INDEX, own])
    expect(context.hasHint(DataAccessHint.SEQUENTIAL)).toBe(false)
    expect(context.withHints().hints).toEqual([])
    expect(IOContext.READONCE.hints).toHaveLength(2)
  })

  it('adds hints with union(), each once', () => {
    const context = IOContext.DEFAULT.withHints(DataAccessHint.RANDOM).union(
      FileDataHint.KNN_VECTORS,
      DataAccessHint.RANDOM,
      PreloadHint.INSTANCE,
    )
    expect(context.hints).toEqual([DataAccessHint.RANDOM, FileDataHint.KNN_VECTORS, PreloadHint.INSTANCE])
  })

  it.each([
    [
      'merge',
      IOContext.merge({ totalMaxDoc: 1, estimatedMergeBytes: 2, isExternal: true, mergeMaxNumSegments: 3 }),
    ],
    ['flush', IOContext.flush({ numDocs: 1, estimatedSegmentSize: 2 })],
    ['read', IOContext.READ],
    ['default', IOContext.DEFAULT],
  ])('drops no hint and nothing else: %s', (kind, context) => {
    const hinted = context.withHints(FileTypeHint.DATA).union(own)
    expect(hinted.kind).toBe(kind)
    expect(hinted.hints).toEqual([FileTypeHint.DATA, own])
    expect(hinted.mergeInfo).toEqual(context.mergeInfo)
    expect(hinted.flushInfo).toEqual(context.flushInfo)
  })

  it('refuses two hints of one kind', () => {
    const both = [DataAccessHint.RANDOM, DataAccessHint.SEQUENTIAL]
    expect(() => IOContext.DEFAULT.withHints(...both)).toThrow(TypeError)
    expect(() => IOContext.DEFAULT.withHints(own, own)).toThrow(TypeError)
    expect(() => IOContext.READONCE.union(DataAccessHint.RANDOM)).toThrow(TypeError)
    expect(() => IOContext.DEFAULT.union(FileTypeHint.DATA, FileTypeHint.INDEX)).toThrow(TypeError)
  })

  it.each([undefined, null, 'RANDOM', {}, { kind: 'A' }, { kind: 1, value: 'x' }])(
    'refuses what is no hint: %j',
    (hint) => {
      expect(() => IOContext.DEFAULT.withHints(hint as never)).toThrow(TypeError)
    },
  )

  it('finds the hint of a kind', () => {
    const context = IOContext.READONCE.union(own, NoReuseHint.INSTANCE)
    expect(context.hintOf('Own')).toBe(own)
    expect(context.hintOf('ReadOnceHint')).toBe(ReadOnceHint.INSTANCE)
    expect(context.hintOf('FileTypeHint')).toBeUndefined()
    expect(context.hasHint(NoReuseHint.INSTANCE)).toBe(true)
    expect(context.hasHint({ kind: 'Own', value: 'Y' })).toBe(false)
  })

  it('refuses what is no information on a merge or flush', () => {
    const merge = { totalMaxDoc: 1, estimatedMergeBytes: 2, isExternal: true, mergeMaxNumSegments: -1 }
    const flush = { numDocs: 1, estimatedSegmentSize: 2 }
    expect(IOContext.merge(merge).mergeInfo).toEqual(merge)
    expect(IOContext.flush(flush).flushInfo).toEqual(flush)
    for (const wrong of [{ totalMaxDoc: -1 }, { estimatedMergeBytes: 0.5 }, { mergeMaxNumSegments: -2 }]) {
      expect(() => IOContext.merge({ ...merge, ...wrong })).toThrow(RangeError)
    }
    expect(() => IOContext.flush({ ...flush, numDocs: NaN })).toThrow(RangeError)
    expect(() => IOContext.flush({ ...flush, estimatedSegmentSize: -1 })).toThrow(RangeError)
    expect(() => IOContext.merge({ ...merge, isExternal: 1 as never })).toThrow(TypeError)
    expect(() => IOContext.merge(null as never)).toThrow(TypeError)
    expect(() => IOContext.flush({} as never)).toThrow(TypeError)
    expect(() => IOContext.flush(null as never)).toThrow(TypeError)
  })

  it('does not change', () => {
    const info = { numDocs: 1, estimatedSegmentSize: 2 }
    const context = IOContext.flush(info).withHints(own)
    info.numDocs = 99
    expect(context.flushInfo).toEqual({ numDocs: 1, estimatedSegmentSize: 2 })
    expect(() => (context.hints as unknown[]).push(own)).toThrow(TypeError)
    expect(() => Object.assign(context, { kind: 'merge' })).toThrow(TypeError)
    expect(() => Object.assign(context.flushInfo!, { numDocs: 3 })).toThrow(TypeError)
  })

  it.each([
    ['DEFAULT', IOContext.DEFAULT, 'normal'],
    ['READ', IOContext.READ, 'random'],
    ['READONCE', IOContext.READONCE, 'sequential'],
    ['merge', IOContext.merge(), 'sequential'],
    ['flush', IOContext.flush(), 'sequential'],
    ['a RANDOM hint', IOContext.DEFAULT.withHints(DataAccessHint.RANDOM), 'random'],
    ['a SEQUENTIAL hint', IOContext.DEFAULT.withHints(DataAccessHint.SEQUENTIAL), 'sequential'],
    ['READ with a SEQUENTIAL hint', IOContext.READ.withHints(DataAccessHint.SEQUENTIAL), 'sequential'],
    ['other hints', IOContext.DEFAULT.withHints(FileTypeHint.INDEX, PreloadHint.INSTANCE, own), 'normal'],
  ] as const)('asks for advice: %s', (_, context, advice) => {
    expect(adviceFor(context)).toBe(advice)
  })
})
