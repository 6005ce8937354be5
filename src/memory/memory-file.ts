import type { OutputSink } from '../store/buffered-index-output.js'
import { bytesOf } from '../store/intrinsics.js'
import { Window, type WindowSource } from '../store/window.js'

/** How far a block repeats the start of the next one: a value that begins in a block is whole there. */
const OVERLAP = 8

/**
 * A file in memory, in blocks of one size; a file smaller than a block takes what it needs. Once
 * it is complete, its blocks are the windows of everybody who reads it.
 */
export class MemoryFile implements OutputSink {
  readonly #blockLength: number
  readonly #blocks: Uint8Array[] = []
  #windows: Window[] = []
  #length = 0
  #complete = false

  constructor(blockPower: number) {
    this.#blockLength = 1 << blockPower // a small integer, unlike the result of `**`
  }

  /** 0 until the file is complete. */
  get length(): number {
    return this.#complete ? this.#length : 0
  }

  get complete(): boolean {
    return this.#complete
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    const at = this.#length % this.#blockLength
    const count = Math.min(length, this.#blockLength - at)
    if (at === 0)
      this.#blocks.push(new Uint8Array(Math.min(Math.max(count, SMALLEST), this.#blockLength) + OVERLAP))
    const last = this.#blocks.length - 1
    let block = this.#blocks[last]!
    if (at + count + OVERLAP > block.length) {
      const grown = new Uint8Array(Math.min(Math.max(at + count, 2 * at), this.#blockLength) + OVERLAP)
      grown.set(bytesOf(block.buffer, 0, at))
      this.#blocks[last] = block = grown
    }
    block.set(bytes.subarray(offset, offset + count), at)
    this.#length += count
    return count
  }

  /** A file whose writing failed is not complete, and nobody can open it. */
  close(complete: boolean): void {
    if (!complete) return
    this.#windows = this.#blocks.map((block, index) => {
      const next = this.#blocks[index + 1]
      if (next !== undefined) block.set(next.subarray(0, OVERLAP), this.#blockLength)
      const start = index * this.#blockLength
      return new Window(start, block, Math.min(this.#blockLength + OVERLAP, this.#length - start))
    })
    this.#complete = true
  }

  /** A source for one opened input. */
  source(): WindowSource {
    const blockLength = this.#blockLength
    const windows = this.#windows
    return {
      length: this.#length,
      window: (position) => windows[(position / blockLength) | 0]!,
      close: () => {},
    }
  }
}

const SMALLEST = 1024
