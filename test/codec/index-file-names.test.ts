import { describe, expect, it } from 'vitest'

import { describeFile, IndexFileNames } from '../../src/index.js'

describe('IndexFileNames', () => {
  it.each([
    ['_0', '', '', '_0'],
    ['_0', '', 'fdt', '_0.fdt'],
    ['_0', 'Lucene90_0', 'dvd', '_0_Lucene90_0.dvd'],
    ['_0', '1', '', '_0_1'],
  ])('segmentFileName(%s, %s, %s)', (segment, suffix, extension, expected) => {
    expect(IndexFileNames.segmentFileName(segment, suffix, extension)).toBe(expected)
  })

  it.each([
    [-1, undefined],
    [0, '_0.liv'],
    [1, '_0_1.liv'],
    [35, '_0_z.liv'],
    [36, '_0_10.liv'],
  ])('fileNameFromGeneration of %i', (generation, expected) => {
    expect(IndexFileNames.fileNameFromGeneration('_0', 'liv', generation)).toBe(expected)
  })

  it('refuses what is no generation or extension', () => {
    expect(() => IndexFileNames.fileNameFromGeneration('_0', 'liv', -2)).toThrow(RangeError)
    expect(() => IndexFileNames.fileNameFromGeneration('_0', 'liv', 0.5)).toThrow(RangeError)
    expect(() => IndexFileNames.segmentFileName('_0', '', '.liv')).toThrow(RangeError)
  })

  it.each([
    ['_0.fdt', '_0', '.fdt', 0, '_0', 'fdt'],
    ['_z9_1.liv', '_z9', '_1.liv', 1, '_z9_1', 'liv'],
    ['_0_Lucene90_0.dvd', '_0', '_Lucene90_0.dvd', 0, '_0_Lucene90_0', 'dvd'],
    ['_0_10_Lucene90_0.dvd', '_0', '_10_Lucene90_0.dvd', 36, '_0_10_Lucene90_0', 'dvd'],
    ['_0', '_0', '_0', 0, '_0', undefined],
    ['_0.cfs.tmp', '_0', '.cfs.tmp', 0, '_0', 'cfs.tmp'],
  ])('takes %s apart', (name, segment, rest, generation, stem, extension) => {
    expect(IndexFileNames.parseSegmentName(name)).toBe(segment)
    expect(IndexFileNames.stripSegmentName(name)).toBe(rest)
    expect(IndexFileNames.parseGeneration(name)).toBe(generation)
    expect(IndexFileNames.stripExtension(name)).toBe(stem)
    expect(IndexFileNames.getExtension(name)).toBe(extension)
  })

  it.each([
    ['_0', '0'],
    ['_z9', 'z9'],
    ['_', undefined],
    ['_A', undefined],
    ['__0', undefined],
    ['_0.si', undefined],
    ['segments_1', undefined],
  ])('parseSegmentIdentifier(%s)', (name, identifier) => {
    expect(IndexFileNames.parseSegmentIdentifier(name)).toBe(identifier)
  })

  it('knows a name by its extension, which has to follow a dot', () => {
    expect(IndexFileNames.matchesExtension('_0.fdt', 'fdt')).toBe(true)
    expect(IndexFileNames.matchesExtension('_0.cfs.tmp', 'tmp')).toBe(true)
    expect(IndexFileNames.matchesExtension('_0.cfs.tmp', 'cfs')).toBe(false)
    expect(IndexFileNames.matchesExtension('_0.xfdt', 'fdt')).toBe(false)
    expect(IndexFileNames.matchesExtension('fdt', 'fdt')).toBe(false)
  })

  it('refuses a generation that is not in base 36', () => {
    expect(() => IndexFileNames.parseGeneration('_0_A.liv')).toThrow(TypeError)
  })

  it.each([
    ['_0.fdt', true],
    ['_51a_1_gg_ff.si', true],
    ['_0', false],
    ['__0.si', false],
    ['segments_1', false],
    ['_A.si', false],
    ['_.si', false],
  ])('CODEC_FILE_PATTERN and %s', (name, expected) => {
    expect(IndexFileNames.CODEC_FILE_PATTERN.test(name)).toBe(expected)
  })
})

describe('describeFile', () => {
  it.each([
    ['segments_a', 'commit'],
    ['segments', 'commit'],
    ['segments_0a', undefined],
    ['segments_A', undefined],
    ['pending_segments_2', 'unfinished commit'],
    ['write.lock', 'lock'],
    ['_0.fdt', 'stored fields'],
    ['_0_Lucene912_0.tim', 'terms'],
    ['_0_Lucene90FieldsIndex-doc_ids_0.tmp', 'temporary'],
    ['readme.doc', undefined],
    ['_0.what', undefined],
  ])('%s', (name, kind) => {
    expect(describeFile(name)).toBe(kind)
  })
})
