import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'

import { ByteBuffersDirectory, CodecUtil, type Directory, type IndexOutput } from '../../src/index.js'
import type { DirectoryKind } from './directories.js'

export interface ExpectedHeader {
  readonly codec: string
  readonly version: number
  readonly id: string
  readonly suffix: string
  readonly length: number
}

export interface ExpectedFile {
  readonly length: number
  readonly crc32: string
  readonly header: ExpectedHeader | null
  readonly footer: { readonly algorithmID: number; readonly checksum: string } | null
}

export interface ExpectedEntry extends ExpectedFile {
  readonly id: string
  readonly offset: number
}

export interface ExpectedSegment {
  readonly name: string
  readonly id: string
  readonly maxDoc: number
  readonly delCount: number
  readonly delGen: number
  readonly fieldInfosGen: number
  readonly docValuesGen: number
  readonly codec: string
  readonly useCompoundFile: boolean
  readonly files: readonly string[]
}

/** What Lucene says about one of its indexes: see test/fixtures/lucene/README.md. */
export interface ExpectedIndex {
  readonly lucene: string
  readonly compound: boolean
  readonly segmentsFile: string
  readonly userData: Readonly<Record<string, string>>
  readonly segments: readonly ExpectedSegment[]
  readonly files: readonly (ExpectedFile & {
    readonly name: string
    readonly sha256: string
    readonly entries?: readonly ExpectedEntry[]
  })[]
  readonly maxDoc: number
}

const FIXTURES = fileURLToPath(new URL('../fixtures/lucene', import.meta.url))

/** One of the two indexes. */
export interface LuceneIndex {
  readonly name: string
  readonly path: string
  readonly expected: ExpectedIndex
}

export const LUCENE_INDEXES: readonly LuceneIndex[] = ['index-9.12.2-plain', 'index-10.4.0-compound'].map(
  (name) => ({
    name,
    path: join(FIXTURES, name),
    expected: JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as ExpectedIndex,
  }),
)

export const [PLAIN, COMPOUND] = LUCENE_INDEXES as [LuceneIndex, LuceneIndex]

/** The bytes of an index's files, by name. */
export function filesOf(index: LuceneIndex): Map<string, Uint8Array> {
  return new Map(readdirSync(index.path).map((name) => [name, readFileSync(join(index.path, name))]))
}

/** An index in memory, which tests may change. */
export function inMemory(files: ReadonlyMap<string, Uint8Array>): ByteBuffersDirectory {
  const directory = new ByteBuffersDirectory()
  for (const [name, bytes] of files) writeFile(directory, name, bytes)
  return directory
}

export function writeFile(directory: Directory, name: string, bytes: Uint8Array): void {
  using output = directory.createOutput(name)
  output.writeBytes(bytes)
}

/** An index through one kind of directory. Nothing is written to the fixtures. */
export function openLuceneIndex(index: LuceneIndex, kind: DirectoryKind): Directory {
  const directory = kind.open(index.path)
  if (kind.type === 'memory') {
    for (const [name, bytes] of filesOf(index)) writeFile(directory, name, bytes)
  }
  return directory
}

export function hex(id: Uint8Array): string {
  return Buffer.from(id).toString('hex')
}

/** The same bytes with the checksum at their end put right, as somebody would who forges a file. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  copy.writeBigUInt64BE(BigInt(crc32(copy.subarray(0, -8))), copy.length - 8)
  return copy
}

/** A file in memory that begins with an index header, ends with a footer and has `body` between. */
export function writeCodecFile(
  directory: Directory,
  name: string,
  header: { codec: string; version?: number; id: Uint8Array; suffix?: string },
  body: (output: IndexOutput) => void = () => {},
): void {
  using output = directory.createOutput(name)
  CodecUtil.writeIndexHeader(output, header.codec, header.version ?? 0, header.id, header.suffix ?? '')
  body(output)
  CodecUtil.writeFooter(output)
}
