import { crc32 } from 'node:zlib'

import type { IndexInput } from './index-input.js'
import { bufferOf, bytesOf, newBytes } from './intrinsics.js'
import { WindowedInput } from './windowed-input.js'

/** Continues the CRC-32 `checksum` with the bytes at `offset` of an input, whose position stays. */
export function checksumRange(input: IndexInput, offset: number, length: number, checksum: number): number {
  const direct = WindowedInput.checksum(input, offset, length, checksum)
  if (direct !== undefined) return direct
  const reader = input.clone()
  try {
    reader.seek(offset)
    const piece = newBytes(Math.min(length, PIECE))
    for (let done = 0; done < length;) {
      const count = Math.min(piece.length, length - done)
      reader.readBytes(piece, 0, count)
      checksum = crc32(bytesOf(bufferOf(piece), 0, count), checksum)
      done += count
    }
    return checksum
  } finally {
    reader.close()
  }
}

// Small enough to stay in the processor's cache between the copy and the checksum.
const PIECE = 64 * 1024
