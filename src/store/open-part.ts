import type { IndexInput } from './index-input.js'
import type { IOContext } from './io-context.js'

/** The key of the method by which an input that is not the library's own opens a part of itself as a file. */
export const openPart = Symbol('mmap-directory:openPart')

/** An input that knows how to open a part of itself: see WindowedInput.openPart(). */
export interface PartOpener {
  [openPart](name: string, offset: number, length: number, context: IOContext): IndexInput
}

export function opensParts(input: IndexInput): input is IndexInput & PartOpener {
  return openPart in input
}
