/**
 * Reads at absolute positions, counted from the start of the range that randomAccessSlice() was
 * given. No read moves anything: neither this object nor the input it came from has a position
 * that changes. Belongs to one thread; ends when the input that was opened is closed.
 *
 * Reads outside the range throw: RangeError for a position that is negative or no whole number,
 * EndOfFileError past the end. After close, AlreadyClosedError.
 */
export interface RandomAccessInput {
  length(): number
  readByte(position: number): number
  readShort(position: number): number
  readInt(position: number): number
  readLong(position: number): bigint
  /** An int64 as a number. Throws a RangeError when it is outside ±(2^53 − 1). */
  readSafeLong(position: number): number
  readFloat(position: number): number
  readDouble(position: number): number
  /** Fills `target` from `offset`, `length` bytes (by default to its end). */
  readBytes(position: number, target: Uint8Array, offset?: number, length?: number): void
  /** Says that a range will be read soon. Never waits, never fails because of the disk. */
  prefetch(offset: number, length: number): void
  /** Whether the whole range is in memory; undefined where the system does not tell. */
  isLoaded(): boolean | undefined
}
