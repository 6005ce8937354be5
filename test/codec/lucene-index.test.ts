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

/** What the library finds in a file, in the form in which Lucene's own findings are kept. */
async function findingsIn(input: IndexInput): Promise<ExpectedFile> {
  const length = input.length()
  const bytes = new Uint8Array(length)
  input.readBytes(bytes)
  const findings = { length, crc32: crc32(bytes).toString(16) }
  if (length === 0) return { ...findings, header: null, footer: null }

  input.seek(0)
  const { id, ...rest } = parseIndexHeader(input)
  const header = { ...rest, id: hex(id) }
  expect(input.getFilePointer()).toBe(header.length)
  expect(CodecUtil.indexHeaderLength(header.codec, header.suffix)).toBe(header.length)
  expect(CodecUtil.readIndexHeader(input)).toEqual(bytes.subarray(0, header.length))
  expect(CodecUtil.readFooter(input)).toEqual(bytes.subarray(-CodecUtil.footerLength()))

  input.seek(1)
  const checksum = CodecUtil.checksumEntireFile(input)
  expect(await CodecUtil.checksumEntireFileAsync(input)).toBe(checksum)
  expect(input.getFilePointer()).toBe(1)
  expect(CodecUtil.retrieveChecksum(input, length)).toBe(checksum)
  const footer = { magicOk: true, algorithmID: 0, checksum: checksum.toString(16), verified: true }
  return { ...findings, header, footer }
}

/** Reads the header that Lucene says is there as whoever opens the file does. */
function checkHeaderOf(input: IndexInput, { header }: ExpectedFile): void {
  if (header === null) return
  const { codec, version, id, suffix } = header
  input.seek(0)
  CodecUtil.checkIndexHeader(input, codec, version, version, Buffer.from(id, 'hex'), suffix)
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
    for (const { sha256, entries: _, name, ...file } of expected.files) {
      using input = directory.openInput(name)
      checkHeaderOf(input, file)
      input.seek(0)
      const hash = createHash('sha256').update(input.view(0, input.length())).digest('hex')
      expect({ name, sha256: hash, ...(await findingsIn(input)) }).toEqual({ name, sha256, ...file })
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

  it.runIf(expected.compound)('has the files in compound files that Lucene wrote', async () => {
    for (const file of expected.files.filter(({ entries }) => entries !== undefined)) {
      const segment = IndexFileNames.parseSegmentName(file.name)
      const id = Buffer.from(file.header!.id, 'hex')
      using compound = CompoundDirectory.open(directory, segment, { id, context: IOContext.READ })
      expect(compound.listAll()).toEqual(file.entries!.map((entry) => segment + entry.id).sort())
      for (const { id: suffix, offset, ...entry } of file.entries!) {
        const name = segment + suffix
        using input = compound.openInput(name)
        expect(input.toString()).toContain(`[slice=${name}]`)
        expect(compound.fileLength(name)).toBe(entry.length)
        checkHeaderOf(input, entry)
        input.seek(0)
        expect({ name, offset: compound.fileOffset(name), ...(await findingsIn(input)) }).toEqual({
          name,
          offset,
          ...entry,
        })
      }
      compound.checkIntegrity()
    }
  })
})
