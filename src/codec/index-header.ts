import { checkInstance } from '../store/arguments.js'
import { DataInput } from '../store/data-input.js'
import type { DataOutput } from '../store/data-output.js'
import { CorruptIndexError } from '../store/errors.js'
import { IndexInput } from '../store/index-input.js'
import { readBEInt } from './big-endian.js'
import { checkHeader, headerLength, readCodecName, readMagic, writeHeader } from './header.js'
import { checkId, ID_LENGTH, idToString, readId, sameId } from './segment-id.js'
import { checkAscii, readAscii } from './simple-ascii.js'

/** Longest suffix, in characters: its length is one byte. */
const LONGEST_SUFFIX = 255

/** What an index header says. */
export interface IndexHeader {
  /** The name of the format. */
  readonly codec: string
  readonly version: number
  /** The id of the segment, 16 bytes. */
  readonly id: Uint8Array
  /** What distinguishes files of one format in one segment; often empty. */
  readonly suffix: string
  /** Bytes of the header itself. */
  readonly length: number
}

/**
 * Writes a header with the segment's id (16 bytes) and a suffix of at most 255 characters of
 * printable ASCII. Throws a RangeError or TypeError for others, and nothing is written.
 */
export function writeIndexHeader(
  output: DataOutput,
  codec: string,
  version: number,
  id: Uint8Array,
  suffix: string,
): void {
  checkId('id', id)
  checkAscii('suffix', suffix, LONGEST_SUFFIX)
  writeHeader(output, codec, version)
  output.writeBytes(id)
  writeSuffix(output, suffix)
}

/** Bytes of the header that writeIndexHeader() writes. */
export function indexHeaderLength(codec: string, suffix: string): number {
  checkAscii('suffix', suffix, LONGEST_SUFFIX)
  return headerLength(codec) + ID_LENGTH + 1 + suffix.length
}

/**
 * Reads an index header and returns its version. Throws as checkHeader() does, and
 * CorruptIndexError for another id or suffix.
 */
export function checkIndexHeader(
  input: DataInput,
  codec: string,
  minVersion: number,
  maxVersion: number,
  expectedId: Uint8Array,
  expectedSuffix: string,
): number {
  const version = checkHeader(input, codec, minVersion, maxVersion)
  checkIndexHeaderID(input, expectedId)
  checkIndexHeaderSuffix(input, expectedSuffix)
  return version
}

/** Reads the id of an index header and returns it. Throws CorruptIndexError for another one. */
export function checkIndexHeaderID(input: DataInput, expectedId: Uint8Array): Uint8Array {
  checkId('expectedId', expectedId)
  checkInstance('input', input, DataInput)
  const id = readId(input)
  if (!sameId(id, expectedId)) throw idMismatch(expectedId, id, String(input))
  return id
}

/** Reads the suffix of an index header and returns it. Throws CorruptIndexError for another one. */
export function checkIndexHeaderSuffix(input: DataInput, expectedSuffix: string): string {
  checkAscii('expectedSuffix', expectedSuffix, LONGEST_SUFFIX)
  const suffix = readSuffix(input, expectedSuffix.length)
  if (suffix !== expectedSuffix) throw suffixMismatch(expectedSuffix, suffix, String(input))
  return suffix
}

/**
 * The bytes of the index header that a file begins with. The position is after it. Throws
 * CorruptIndexError when there is none.
 */
export function readIndexHeader(input: IndexInput): Uint8Array {
  checkInstance('input', input, IndexInput)
  input.seek(0)
  const { length } = parseIndexHeader(input)
  const bytes = new Uint8Array(length)
  input.seek(0)
  input.readBytes(bytes)
  return bytes
}

/**
 * Copies an index header from an input's position to an output after checking its id; nothing is
 * written when the check fails. Throws CorruptIndexError.
 */
export function verifyAndCopyIndexHeader(input: DataInput, output: DataOutput, expectedId: Uint8Array): void {
  checkId('expectedId', expectedId)
  const { codec, version, id, suffix } = parseIndexHeader(input)
  if (!sameId(id, expectedId)) throw idMismatch(expectedId, id, String(input))
  writeIndexHeader(output, codec, version, id, suffix)
}

/**
 * Reads the index header at an input's position, whatever its codec is, and moves past it. Throws
 * CorruptIndexError when there is none, EndOfFileError where the file ends in it.
 */
export function parseIndexHeader(input: DataInput): IndexHeader {
  readMagic(input)
  const codec = readCodecName(input)
  const version = readBEInt(input)
  const id = readId(input)
  const suffix = readSuffix(input)
  return { codec, version, id, suffix, length: indexHeaderLength(codec, suffix) }
}

export function idMismatch(expected: Uint8Array, actual: Uint8Array, resource: string): CorruptIndexError {
  return new CorruptIndexError(
    `file mismatch, expected id=${idToString(expected)}, got=${idToString(actual)}: ${resource}`,
  )
}

export function suffixMismatch(expected: string, actual: string, resource: string): CorruptIndexError {
  return new CorruptIndexError(`file mismatch, expected suffix=${expected}, got=${actual}: ${resource}`)
}

function writeSuffix(output: DataOutput, suffix: string): void {
  output.writeByte(suffix.length)
  output.writeBytes(Uint8Array.from(suffix, (character) => character.charCodeAt(0)))
}

function readSuffix(input: DataInput, expectedLength?: number): string {
  checkInstance('input', input, DataInput)
  return readAscii(input, 'suffix', input.readByte(), LONGEST_SUFFIX, expectedLength)
}
