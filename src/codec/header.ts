import { checkInstance, outOfRange } from '../store/arguments.js'
import { DataInput } from '../store/data-input.js'
import type { DataOutput } from '../store/data-output.js'
import { CorruptIndexError, IndexFormatTooNewError, IndexFormatTooOldError } from '../store/errors.js'
import { readBEInt, writeBEInt } from './big-endian.js'
import { CODEC_MAGIC, hex32 } from './codec-magic.js'
import { checkAscii, readAscii } from './simple-ascii.js'

/** Longest name of a codec, in characters. */
const LONGEST_CODEC = 127

/**
 * Writes a header: what wrote the file, and which version of it. `codec` is printable ASCII of at
 * most 127 characters, `version` an int32; otherwise a RangeError, and nothing is written.
 */
export function writeHeader(output: DataOutput, codec: string, version: number): void {
  checkAscii('codec', codec, LONGEST_CODEC)
  checkVersion('version', version)
  writeBEInt(output, CODEC_MAGIC)
  output.writeString(codec)
  writeBEInt(output, version)
}

/** Bytes of the header that writeHeader() writes for `codec`. */
export function headerLength(codec: string): number {
  checkAscii('codec', codec, LONGEST_CODEC)
  return 9 + codec.length
}

/**
 * Reads a header and returns its version. Throws CorruptIndexError when it is none or of another
 * codec, IndexFormatTooOldError for a version before `minVersion`, IndexFormatTooNewError for one
 * after `maxVersion`, EndOfFileError where the file ends in it. The position is after the header,
 * or somewhere in it after a failure.
 */
export function checkHeader(input: DataInput, codec: string, minVersion: number, maxVersion: number): number {
  readMagic(input)
  return checkHeaderNoMagic(input, codec, minVersion, maxVersion)
}

/** As checkHeader(), for a header whose first four bytes were read already. */
export function checkHeaderNoMagic(
  input: DataInput,
  codec: string,
  minVersion: number,
  maxVersion: number,
): number {
  checkInstance('input', input, DataInput)
  checkAscii('codec', codec, LONGEST_CODEC)
  checkVersion('minVersion', minVersion)
  checkVersion('maxVersion', maxVersion)
  const actual = readCodecName(input, codec.length)
  if (actual !== codec) {
    throw new CorruptIndexError(
      `codec mismatch: actual codec=${actual} vs expected codec=${codec}: ${String(input)}`,
    )
  }
  const version = readBEInt(input)
  const range = `needs to be between ${minVersion} and ${maxVersion}`
  if (version < minVersion) {
    throw new IndexFormatTooOldError(
      `Format version is no longer supported: ${version} (${range}): ${String(input)}`,
    )
  }
  if (version > maxVersion) {
    throw new IndexFormatTooNewError(
      `Format version is not supported yet: ${version} (${range}): ${String(input)}`,
    )
  }
  return version
}

/** Throws CorruptIndexError unless the next four bytes are CODEC_MAGIC. */
export function readMagic(input: DataInput): void {
  const actual = readBEInt(input)
  if (actual !== CODEC_MAGIC) {
    throw new CorruptIndexError(
      `codec header mismatch: actual header=${hex32(actual)} vs expected header=${hex32(CODEC_MAGIC)}: ${String(input)}`,
    )
  }
}

export function readCodecName(input: DataInput, expectedLength?: number): string {
  return readAscii(input, 'codec', input.readVInt(), LONGEST_CODEC, expectedLength)
}

function checkVersion(name: string, version: number): void {
  if (typeof version !== 'number' || (version | 0) !== version) throw outOfRange(name, 'an int32', version)
}
