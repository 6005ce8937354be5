import { invalidType, outOfRange } from '../store/arguments.js'
import type { DataInput } from '../store/data-input.js'
import { CorruptIndexError, EndOfFileError } from '../store/errors.js'

/** Throws unless `text` is printable ASCII of at most `longest` characters. */
export function checkAscii(name: string, text: string, longest: number): void {
  if (typeof text !== 'string') throw invalidType(name, 'a string', text)
  if (text.length > longest || !PRINTABLE.test(text)) {
    throw outOfRange(name, `printable ASCII of at most ${longest} characters`, text)
  }
}

/**
 * Reads `length` bytes as printable ASCII. Throws CorruptIndexError for others, so that a name out
 * of a damaged file neither takes memory nor drives a terminal; and where the file ends in a name of
 * another length than `expected`: it was not cut then, its length was changed.
 */
export function readAscii(
  input: DataInput,
  name: string,
  length: number,
  longest: number,
  expected = length,
): string {
  if (length < 0 || length > longest) {
    throw new CorruptIndexError(
      `${name} mismatch: a length of ${length} bytes where ${longest} are the most: ${String(input)}`,
    )
  }
  const bytes = new Uint8Array(length)
  try {
    input.readBytes(bytes)
  } catch (cause) {
    if (length === expected || !(cause instanceof EndOfFileError)) throw cause
    throw new CorruptIndexError(
      `${name} mismatch: a length of ${length} bytes where ${expected} were expected, and the file ends: ${String(input)}`,
      { cause },
    )
  }
  const text = String.fromCharCode(...bytes)
  if (!PRINTABLE.test(text)) {
    throw new CorruptIndexError(`${name} mismatch: the bytes are not printable ASCII: ${String(input)}`)
  }
  return text
}

const PRINTABLE = /^[\x20-\x7e]*$/
