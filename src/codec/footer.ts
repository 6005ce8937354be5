import { checkInstance, outOfRange } from '../store/arguments.js'
import { ChecksumIndexInput } from '../store/checksum-index-input.js'
import { CorruptIndexError, IndexFormatTooOldError } from '../store/errors.js'
import { IndexInput } from '../store/index-input.js'
import { IndexOutput } from '../store/index-output.js'
import { readBEInt, readBELong, writeBEInt, writeBELong } from './big-endian.js'
import { FOOTER_MAGIC, hex32 } from './codec-magic.js'

/** Bytes of a footer: magic, algorithm (0 = CRC-32) and the checksum of all bytes before itself. */
const FOOTER_LENGTH = 16

/** Bytes of a footer: 16. */
export function footerLength(): number {
  return FOOTER_LENGTH
}

/** Ends a file with the checksum of all that was written. To be called last, before close(). */
export function writeFooter(output: IndexOutput): void {
  checkInstance('output', output, IndexOutput)
  writeBEInt(output, FOOTER_MAGIC)
  writeBEInt(output, 0)
  writeCRC(output)
}

/**
 * Reads the footer, which must be all that is left, and returns the checksum. Throws
 * CorruptIndexError when the footer is misplaced or no footer, or when the bytes that were read
 * are not those that were written.
 *
 * With the error that reading the file has ended with (undefined and null are none), always throws: a CorruptIndexError whose
 * cause is that error when the checksum tells that the file is damaged, otherwise the error
 * itself, whose `suppressed` then lists what was found out about the checksum.
 */
export function checkFooter(input: ChecksumIndexInput, priorError?: unknown): number {
  checkInstance('input', input, ChecksumIndexInput)
  if (priorError === undefined || priorError === null) return checkPlainFooter(input)
  try {
    const remaining = input.length() - input.getFilePointer()
    if (remaining < FOOTER_LENGTH) {
      throw new CorruptIndexError(
        `checksum status indeterminate: remaining=${remaining}; all files should be checked: ${String(input)}`,
      )
    }
    input.skipBytes(remaining - FOOTER_LENGTH)
    const checksum = checkPlainFooter(input)
    // A format that is too old explains itself.
    if (!(priorError instanceof IndexFormatTooOldError)) {
      suppress(
        priorError,
        new CorruptIndexError(
          `checksum passed (${checksum.toString(16)}). possibly transient resource issue, or a bug: ${String(input)}`,
        ),
      )
    }
  } catch (error) {
    if (error instanceof CorruptIndexError) throw new CorruptIndexError(error.message, { cause: priorError })
    suppress(
      priorError,
      new CorruptIndexError(`checksum status indeterminate: unexpected error: ${String(input)}`, {
        cause: error,
      }),
    )
  }
  throw priorError
}

/**
 * The checksum that a file's footer states, without reading the file. Throws CorruptIndexError
 * when there is no footer at its end, or when the file is not `expectedLength` bytes long. The
 * position is at the end afterwards.
 */
export function retrieveChecksum(input: IndexInput, expectedLength?: number): number {
  checkInstance('input', input, IndexInput)
  const length = input.length()
  if (expectedLength !== undefined) {
    if (!Number.isSafeInteger(expectedLength) || expectedLength < FOOTER_LENGTH) {
      throw outOfRange('expectedLength', `a whole number from ${FOOTER_LENGTH}`, expectedLength)
    }
    if (length !== expectedLength) {
      const what = length < expectedLength ? 'truncated file' : 'file too long'
      throw new CorruptIndexError(
        `${what}: length=${length} but expectedLength==${expectedLength}: ${String(input)}`,
      )
    }
  }
  seekFooter(input)
  readFooterStart(input)
  return readCRC(input)
}

/** The 16 bytes of a file's footer. Throws CorruptIndexError when there is none. */
export function readFooter(input: IndexInput): Uint8Array {
  seekFooter(input)
  readFooterStart(input)
  const bytes = new Uint8Array(FOOTER_LENGTH)
  seekFooter(input)
  input.readBytes(bytes)
  return bytes
}

/** Reads a CRC-32, 0..2^32 − 1. Throws CorruptIndexError for a value that cannot be one. */
export function readCRC(input: IndexInput): number {
  const value = readBELong(input)
  if (value < 0n || value > 0xffff_ffffn) {
    throw new CorruptIndexError(`Illegal CRC-32 checksum: ${value}: ${String(input)}`)
  }
  return Number(value)
}

/** Writes the CRC-32 of all that was written so far. */
export function writeCRC(output: IndexOutput): void {
  checkInstance('output', output, IndexOutput)
  const checksum = output.getChecksum()
  // An output of somebody else's may err.
  if (checksum >>> 0 !== checksum) {
    throw outOfRange(`the checksum of ${String(output)}`, 'a CRC-32', checksum)
  }
  writeBELong(output, checksum)
}

function checkPlainFooter(input: ChecksumIndexInput): number {
  readFooterStart(input)
  const actual = input.getChecksum()
  const expected = readCRC(input)
  if (expected !== actual) throw checksumMismatch(expected, actual, String(input))
  return actual
}

export function checksumMismatch(expected: number, actual: number, resource: string): CorruptIndexError {
  return new CorruptIndexError(
    `checksum failed (hardware problem?) : expected=${expected.toString(16)} actual=${actual.toString(16)}: ${resource}`,
  )
}

export function seekFooter(input: IndexInput): void {
  checkInstance('input', input, IndexInput)
  const length = input.length()
  if (length < FOOTER_LENGTH) {
    throw new CorruptIndexError(
      `misplaced codec footer (file truncated?): length=${length} but footerLength==${FOOTER_LENGTH}: ${String(input)}`,
    )
  }
  input.seek(length - FOOTER_LENGTH)
}

/** Reads what a footer has before its checksum. */
function readFooterStart(input: IndexInput): void {
  const position = input.getFilePointer()
  const remaining = input.length() - position
  if (remaining !== FOOTER_LENGTH) {
    const guess = remaining < FOOTER_LENGTH ? 'truncated' : 'extended'
    throw new CorruptIndexError(
      `misplaced codec footer (file ${guess}?): remaining=${remaining}, expected=${FOOTER_LENGTH}, fp=${position}: ${String(input)}`,
    )
  }
  const magic = readBEInt(input)
  if (magic !== FOOTER_MAGIC) {
    throw new CorruptIndexError(
      `codec footer mismatch (file truncated?): actual footer=${hex32(magic)} vs expected footer=${hex32(FOOTER_MAGIC)}: ${String(input)}`,
    )
  }
  const algorithm = readBEInt(input)
  if (algorithm !== 0) {
    throw new CorruptIndexError(`codec footer mismatch: unknown algorithmID: ${algorithm}: ${String(input)}`)
  }
}

/** Java's addSuppressed: notes on an error, which itself stays what it is. */
function suppress(error: unknown, suppressed: Error): void {
  if (typeof error !== 'object' || error === null || !Object.isExtensible(error)) return
  const noted = (error as { suppressed?: unknown }).suppressed
  Object.defineProperty(error, 'suppressed', {
    value: Array.isArray(noted) ? [...(noted as unknown[]), suppressed] : [suppressed],
    configurable: true,
    writable: true,
  })
}
