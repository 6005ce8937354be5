import { invalidType } from '../store/arguments.js'
import { BufferedIndexOutput } from '../store/buffered-index-output.js'
import type { IndexOutput } from '../store/index-output.js'
import { ByteBuffersDataOutput } from './byte-buffers-data-output.js'

/**
 * Lucene's ByteBuffersIndexOutput: an IndexOutput, with name and checksum, whose bytes go to a
 * ByteBuffersDataOutput.
 */
export const ByteBuffersIndexOutput = Object.freeze({
  /**
   * The IndexOutput that every directory makes, over `output`: what is written is buffered, and is
   * all in `output` when close() has returned. Throws InvalidFileNameError for a bad name.
   */
  into(output: ByteBuffersDataOutput, name: string): IndexOutput {
    if (!(output instanceof ByteBuffersDataOutput)) {
      throw invalidType('output', 'a ByteBuffersDataOutput', output)
    }
    return BufferedIndexOutput.over(
      {
        write(bytes, offset, length) {
          output.writeBytes(bytes, offset, length)
          return length
        },
        close: () => {},
      },
      name,
      `ByteBuffersIndexOutput(name="${name}")`,
    )
  },
})
