import { checkInstance } from '../store/arguments.js'
import { DataInput } from '../store/data-input.js'
import { checkInt, longOf, DataOutput } from '../store/data-output.js'

/**
 * Everything in an index is little-endian since Lucene 9.0, but headers, footers and `segments_N`
 * have stayed big-endian, so that files of older versions are recognised as such.
 */

/** The next four bytes as an int32, the highest first. Throws what readInt() throws. */
export function readBEInt(input: DataInput): number {
  checkInstance('input', input, DataInput)
  return swapInt(input.readInt())
}

/** The next eight bytes as an int64, the highest first. Throws what readLong() throws. */
export function readBELong(input: DataInput): bigint {
  checkInstance('input', input, DataInput)
  return swapLong(input.readLong())
}

/** Writes an int32, the highest byte first. Throws a RangeError for what is none. */
export function writeBEInt(output: DataOutput, value: number): void {
  checkInstance('output', output, DataOutput)
  checkInt(value)
  output.writeInt(swapInt(value))
}

/** Writes an int64, the highest byte first; a number must be a whole one within ±(2^53 − 1). */
export function writeBELong(output: DataOutput, value: bigint | number): void {
  checkInstance('output', output, DataOutput)
  output.writeLong(swapLong(longOf(value)))
}

function swapInt(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
}

function swapLong(value: bigint): bigint {
  scratch.setBigInt64(0, value, true)
  return scratch.getBigInt64(0, false)
}

const scratch = new DataView(new ArrayBuffer(8))
