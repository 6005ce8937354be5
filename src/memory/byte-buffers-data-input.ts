import { invalidType } from '../store/arguments.js'
import type { IndexInput } from '../store/index-input.js'
import { lengthOfKind } from '../store/intrinsics.js'
import { WindowedInput } from '../store/windowed-input.js'
import { BuffersSource } from './buffers-source.js'

/**
 * Lucene's ByteBuffersDataInput: reads from a list of arrays as if they were one. What it makes is
 * the IndexInput that every directory opens, so that reads are as fast, may be anywhere, and fail
 * in the same way: EndOfFileError past the end.
 */
export const ByteBuffersDataInput = Object.freeze({
  /**
   * An input over arrays of any lengths, none of which is copied. They must not be changed,
   * detached or shrunk while they are read; the input keeps them from being collected. Throws a
   * TypeError for what is no list of Uint8Arrays.
   */
  from(buffers: Iterable<Uint8Array>, description = 'ByteBuffersDataInput()'): IndexInput {
    if (typeof (buffers as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] !== 'function') {
      throw invalidType('buffers', 'a list of Uint8Arrays', buffers)
    }
    const list = [...buffers]
    for (const buffer of list) {
      if (lengthOfKind(buffer, 'Uint8Array') === undefined) {
        throw invalidType('each of the buffers', 'a Uint8Array', buffer)
      }
    }
    return WindowedInput.over(new BuffersSource(list), description)
  },
})
