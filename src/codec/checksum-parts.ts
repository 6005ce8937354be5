import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'

import type { IndexInput } from '../store/index-input.js'
import { bufferOf, bytesOf, newBytes } from '../store/intrinsics.js'
import { WindowedInput } from '../store/windowed-input.js'

export interface ChecksumOptions {
  /** Ends the work early: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called between slices and at the end, with the bytes that are summed up and those of the file. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** A file within a file. */
export interface FilePart {
  readonly offset: number
  readonly length: number
}

/** CRC-32 of a file and of files within it, each without the checksum that it ends with. */
export interface Checksums {
  readonly whole: number
  readonly parts: readonly number[]
}

/**
 * Sums up a file and the parts of it, which are sorted and do not overlap, in one pass, and lets
 * the event loop run after every MiB. The input's position stays.
 */
export async function checksumParts(
  input: IndexInput,
  parts: readonly FilePart[],
  { signal, onProgress }: ChecksumOptions = {},
): Promise<Checksums> {
  signal?.throwIfAborted()
  const total = input.length()
  const end = total - CHECKSUM_LENGTH
  const sums = parts.map(() => 0)
  let piece: Uint8Array | undefined
  const reader = input.clone()
  let whole = 0
  let current = 0
  let pause = SLICE
  try {
    for (let position = 0; position < end;) {
      while (current < parts.length && position >= endOf(parts[current]!)) current++
      const part = parts[current]
      const summed = part !== undefined && position >= part.offset && position < sumEnd(part)
      const count = Math.min(PIECE, nextBoundary(position, part, end) - position)
      const direct = WindowedInput.checksum(reader, position, count, whole)
      if (direct === undefined) {
        piece ??= newBytes(PIECE)
        reader.seek(position)
        reader.readBytes(piece, 0, count)
        const bytes = bytesOf(bufferOf(piece), 0, count)
        whole = crc32(bytes, whole)
        if (summed) sums[current] = crc32(bytes, sums[current])
      } else {
        whole = direct
        if (summed) sums[current] = WindowedInput.checksum(reader, position, count, sums[current]!)!
      }
      position += count
      if (position >= pause) {
        pause = position + SLICE
        onProgress?.(position, total)
        await setImmediate()
        signal?.throwIfAborted()
      }
    }
  } finally {
    reader.close()
  }
  onProgress?.(total, total)
  return { whole, parts: sums }
}

function endOf(part: FilePart): number {
  return part.offset + part.length
}

function sumEnd(part: FilePart): number {
  return endOf(part) - CHECKSUM_LENGTH
}

/** Where the next read must stop, so that no piece lies in two parts. */
function nextBoundary(position: number, part: FilePart | undefined, end: number): number {
  if (part === undefined) return end
  const boundary = [part.offset, sumEnd(part), endOf(part)].find((at) => at > position) ?? end
  return Math.min(boundary, end)
}

/** The last eight bytes of a footer. */
const CHECKSUM_LENGTH = 8
// Small enough to stay in the processor's cache from one checksum to the other.
const PIECE = 64 * 1024
// About a millisecond of work.
const SLICE = 1024 * 1024
