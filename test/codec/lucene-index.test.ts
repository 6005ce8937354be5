import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  CodecUtil,
  CompoundDirectory,
  type Directory,
  IndexFileNames,
  type IndexInput,
  IOContext,
  parseIndexHeader,
  readSegmentInfos,
} from '../../src/index.js'
import { DIRECTORY_KINDS } from '../support/directories.js'
import { type ExpectedFile, hex, LUCENE_INDEXES, openLuceneIndex } from '../support/lucene-indexes.js'

const CASES = LUCENE_INDEXES.flatMap((index) =>
  DIRECTORY_KINDS.filter(({ root }) => root === undefined).map(
    (kind) => [index.name, kind.name, index, kind] as const,
  ),
)

/** A file is what Lucene says it is: bytes, header, footer, checksum. */
function expectFile(input: IndexInput, name: string, expected: ExpectedFile): void {
  expect(input.length(), name).toBe(expected.length)
  const bytes = new Uint8Array(input.length())
  input.readBytes(bytes)
  expect(crc32(bytes).toString(16), name).toBe(expected.crc32)
  const { header, footer } = expected
  if (header === null || footer === null) return

  input.seek(0)
  const { id, ...rest } = parseIndexHeader(input)
  expect({ ...rest, id: hex(id) }, name).toEqual(header)
  expect(input.getFilePointer(), name).toBe(header.length)
  expect(CodecUtil.indexHeaderLength(header.codec, header.suffix), name).toBe(header.length)
  expect(CodecUtil.readIndexHeader(input), name).toEqual(bytes.subarray(0, header.length))

  input.seek(0)
  expect(
    CodecUtil.checkIndexHeader(
      input,
      header.codec,
      header.version,
      header.version,
      Buffer.from(header.id, 'hex'),
      header.suffix,
    ),
    name,
  ).toBe(header.version)

  expect(CodecUtil.readFooter(input), name).toEqual(bytes.subarray(-CodecUtil.footerLength()))
  expect(CodecUtil.retrieveChecksum(input, expected.length).toString(16), name).toBe(footer.checksum)
  input.seek(1)
  expect(CodecUtil.checksumEntireFile(input).toString(16), name).toBe(footer.checksum)
  expect(input.getFilePointer(), name).toBe(1)
}

describe.each(CASES)('%s through %s', (_index, _kind, index, kind) => {
  const { expected } = index
  let directory: Directory
  beforeEach(() => {
    directory = openLuceneIndex(index, kind)
  })
  afterEach(() => directory.close())

  it('has the files that Lucene wrote', async () => {
    expect(directory.listAll()).toEqual(expected.files.map(({ name }) => name).sort())
    for (const file of expected.files) {
      using input = directory.openInput(file.name)
      expectFile(input, file.name, file)
      const hash = createHash('sha256').update(input.view(0, input.length())).digest('hex')
      expect(hash, file.name).toBe(file.sha256)
      if (file.footer !== null) {
        const checksum = await CodecUtil.checksumEntireFileAsync(input)
        expect(checksum.toString(16), file.name).toBe(file.footer.checksum)
      }
    }
  })

  it('has the commit that Lucene wrote', () => {
    const infos = readSegmentInfos(directory)
    expect(infos.fileName).toBe(expected.segmentsFile)
    expect(infos.luceneVersion.toString()).toBe(expected.lucene)
    expect(Object.fromEntries(infos.userData)).toEqual(expected.userData)
    expect(
      infos.segments.map(({ info, ...segment }) => ({
        name: segment.name,
        id: hex(segment.id),
        maxDoc: info.maxDoc,
        delCount: segment.delCount,
        delGen: segment.delGen,
        fieldInfosGen: segment.fieldInfosGen,
        docValuesGen: segment.docValuesGen,
        codec: segment.codec,
        useCompoundFile: info.isCompound,
        files: segment.files,
      })),
    ).toEqual(expected.segments.map((segment) => ({ ...segment, files: [...segment.files].sort() })))
    const lockless = expected.files.map(({ name }) => name).filter((name) => name !== 'write.lock')
    expect(infos.files).toEqual(lockless.sort())
    for (const { info } of infos.segments) {
      expect(info.version.toString()).toBe(expected.lucene)
      expect(info.minVersion?.toString()).toBe(expected.lucene)
      expect(info.hasBlocks).toBe(false)
      expect(info.sortFieldCount).toBe(0)
      expect(info.diagnostics.get('lucene.version')).toBe(expected.lucene)
      expect(info.attributes.get('Lucene90StoredFieldsFormat.mode')).toBe('BEST_SPEED')
    }
  })

  it.runIf(expected.compound)('has the files in compound files that Lucene wrote', () => {
    for (const file of expected.files.filter(({ entries }) => entries !== undefined)) {
      const segment = IndexFileNames.parseSegmentName(file.name)
      const id = Buffer.from(file.header!.id, 'hex')
      using compound = CompoundDirectory.open(directory, segment, { id, context: IOContext.READ })
      expect(compound.listAll()).toEqual(file.entries!.map((entry) => segment + entry.id).sort())
      for (const entry of file.entries!) {
        const name = segment + entry.id
        expect(compound.fileLength(name)).toBe(entry.length)
        expect(compound.fileOffset(name)).toBe(entry.offset)
        using input = compound.openInput(name)
        expect(input.toString()).toContain(`[slice=${name}]`)
        expectFile(input, name, entry)
      }
      compound.checkIntegrity()
    }
  })
})
