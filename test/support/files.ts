import type { IndexInput } from '../../src/index.js'

export { contentOf, difference, inputOf, pattern, write } from '../../src/testing/files.js'

/** All bytes of an input, whose position is at their end then. */
export function everything(input: IndexInput): Uint8Array {
  const target = new Uint8Array(input.length())
  input.seek(0)
  input.readBytes(target)
  return target
}
