import type { OutputSink } from '../store/buffered-index-output.js'
import { setPrototypeOf } from '../store/intrinsics.js'
import type { WindowSource } from '../store/window.js'
import { BuffersSource } from './buffers-source.js'
import type { ByteBuffersDataOutput } from './byte-buffers-data-output.js'

/** A file of a ByteBuffersDirectory: an output until it is complete, then what inputs read from. */
export class MemoryFile implements OutputSink {
  #output: ByteBuffersDataOutput | undefined
  #source: BuffersSource | undefined
  readonly #joinUpTo: number

  constructor(output: ByteBuffersDataOutput, joinUpTo: number) {
    this.#output = output
    this.#joinUpTo = joinUpTo
  }

  /** 0 until the file is complete. */
  get length(): number {
    return this.#source?.length ?? 0
  }

  /** What all inputs of a complete file read from: their windows are the same. */
  get source(): WindowSource | undefined {
    return this.#source
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    this.#output!.writeBytes(bytes, offset, length)
    return length
  }

  /** A file whose writing failed is not complete, and nobody can open it. */
  close(complete: boolean): void {
    const output = this.#output!
    this.#output = undefined
    if (!complete) {
      output.reset()
    } else if (output.size() <= this.#joinUpTo) {
      this.#source = new BuffersSource([output.toArrayCopy()])
      output.reset()
    } else {
      this.#source = new BuffersSource(output.toBufferList())
    }
  }
}

setPrototypeOf(MemoryFile.prototype, null) // see MappedSource
