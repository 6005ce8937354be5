import { checkSize, outOfRange } from '../store/arguments.js'
import { memoryFor } from '../store/memory-for.js'

/** Where a ByteBuffersDataOutput gets its blocks from. */
export interface BlockAllocator {
  /** An array of exactly `length` bytes, whatever they are. */
  allocate(length: number): Uint8Array
  /** Takes back a block that reset() has let go of. */
  reuse?(block: Uint8Array): void
}

/**
 * Keeps blocks that were let go of and hands them out again, with what was in them: see
 * ByteBuffersDataOutput.newResettableInstance().
 */
export class ByteBufferRecycler implements BlockAllocator {
  readonly #blocks: Uint8Array[] = []

  /** A kept block of that length, or a new one. Kept blocks of other lengths, met on the way, are dropped. */
  allocate(length: number): Uint8Array {
    checkSize('length', length)
    if (length > LONGEST_BLOCK) throw outOfRange('length', `at most ${LONGEST_BLOCK}`, length)
    for (let block = this.#blocks.shift(); block !== undefined; block = this.#blocks.shift()) {
      if (block.length === length) return block
    }
    return new Uint8Array(memoryFor(length, 'a block'))
  }

  reuse(block: Uint8Array): void {
    this.#blocks.push(block)
  }
}

/** ByteBuffersDataOutput takes no longer ones. */
const LONGEST_BLOCK = 2 ** 30
