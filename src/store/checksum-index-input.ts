import { IndexInput } from './index-input.js'

/**
 * An input that knows the CRC-32 of all bytes from its start to its position. It moves forward
 * only, and skipping reads what it skips.
 */
export abstract class ChecksumIndexInput extends IndexInput {
  /** CRC-32 (as zlib's) of everything before the position, 0..2^32 − 1. */
  abstract getChecksum(): number
}
