import type { IndexInput } from '../store/index-input.js'
import type { RandomAccessInput } from '../store/random-access-input.js'

/** Absolute reads made of seek() and a read, on an input that nobody else moves. */
export class SeekingRandomAccess implements RandomAccessInput {
  readonly #input: IndexInput

  constructor(input: IndexInput) {
    this.#input = input
  }

  length(): number {
    return this.#input.length()
  }

  readByte(position: number): number {
    this.#input.seek(position)
    return this.#input.readByte()
  }

  readShort(position: number): number {
    this.#input.seek(position)
    return this.#input.readShort()
  }

  readInt(position: number): number {
    this.#input.seek(position)
    return this.#input.readInt()
  }

  readLong(position: number): bigint {
    this.#input.seek(position)
    return this.#input.readLong()
  }

  readSafeLong(position: number): number {
    this.#input.seek(position)
    return this.#input.readSafeLong()
  }

  readFloat(position: number): number {
    this.#input.seek(position)
    return this.#input.readFloat()
  }

  readDouble(position: number): number {
    this.#input.seek(position)
    return this.#input.readDouble()
  }

  readBytes(position: number, target: Uint8Array, offset?: number, length?: number): void {
    this.#input.seek(position)
    this.#input.readBytes(target, offset, length)
  }

  prefetch(offset: number, length: number): void {
    this.#input.prefetch(offset, length)
  }

  isLoaded(): boolean | undefined {
    return this.#input.isLoaded()
  }
}
