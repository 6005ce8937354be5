import { checkInstance, checkOptions, checkWatching } from '../store/arguments.js'
import { BufferedChecksumIndexInput } from '../store/buffered-checksum-index-input.js'
import { IndexInput } from '../store/index-input.js'
import { type ChecksumOptions, checksumParts } from './checksum-parts.js'
import { checkFooter, checksumMismatch, retrieveChecksum, seekFooter } from './footer.js'

/**
 * Reads a whole file, compares it with the checksum in its footer and returns that. The input's
 * position stays. Blocks until the file is read: see checksumEntireFileAsync(). Throws
 * CorruptIndexError when the file is damaged.
 */
export function checksumEntireFile(input: IndexInput): number {
  checkInstance('input', input, IndexInput)
  const reader = input.clone()
  try {
    seekFooter(reader)
    reader.seek(0)
    const checksummed = new BufferedChecksumIndexInput(reader)
    seekFooter(checksummed)
    return checkFooter(checksummed)
  } finally {
    reader.close()
  }
}

/**
 * As checksumEntireFile(), in slices of a MiB between which the event loop runs. A missing footer
 * is found before anything else is read. When the input is closed meanwhile, rejects with
 * AlreadyClosedError.
 */
export async function checksumEntireFileAsync(
  input: IndexInput,
  options: ChecksumOptions = {},
): Promise<number> {
  checkInstance('input', input, IndexInput)
  checkOptions('checksumEntireFileAsync', options, ['signal', 'onProgress'])
  checkWatching(options.signal, options.onProgress)
  options.signal?.throwIfAborted()
  const reader = input.clone()
  let expected: number
  try {
    expected = retrieveChecksum(reader)
  } finally {
    reader.close()
  }
  const { whole } = await checksumParts(input, [], options)
  if (whole !== expected) throw checksumMismatch(expected, whole, String(input))
  return whole
}
