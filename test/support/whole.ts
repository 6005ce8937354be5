import { CodecUtil, CorruptIndexError, type Directory, EndOfFileError } from '../../src/index.js'

/** Whether a file that test/support/commit-script.ts writes is all there. */
export function isWhole(directory: Directory, name: string): boolean {
  const input = directory.openInput(name)
  try {
    CodecUtil.checksumEntireFile(input)
    CodecUtil.checkIndexHeader(input, 'Whole', 0, 0, new Uint8Array(16), '')
    return true
  } catch (error) {
    if (error instanceof CorruptIndexError || error instanceof EndOfFileError) return false
    throw error
  } finally {
    input.close()
  }
}
