import { invalidType } from '../store/arguments.js'
import type { IndexInput } from '../store/index-input.js'
import { bufferOf, byteOffsetOf, bytesOf, partLength, lengthOfKind } from '../store/intrinsics.js'
import { WindowedInput } from '../store/windowed-input.js'
import { BuffersSource } from './buffers-source.js'

/**
 * Lucene's ByteArrayDataInput: reads from an array. What it makes is the IndexInput that every
 * directory opens: see ByteBuffersDataInput.
 */
export const ByteArrayDataInput = Object.freeze({
  /**
   * An input over `length` bytes of an array from `offset` (by default all). Position 0 is the byte
   * at `offset`. The array is not copied and must not be changed, detached or shrunk while it is
   * read. Throws a TypeError for what is no Uint8Array, a RangeError for a part that is not in it.
   */
  from(bytes: Uint8Array, offset = 0, length?: number): IndexInput {
    const available = lengthOfKind(bytes, 'Uint8Array')
    if (available === undefined) throw invalidType('bytes', 'a Uint8Array', bytes)
    const count = partLength(offset, length, available)
    const part = bytesOf(bufferOf(bytes), byteOffsetOf(bytes) + offset, count)
    return WindowedInput.over(new BuffersSource([part]), 'ByteArrayDataInput()')
  },
})
