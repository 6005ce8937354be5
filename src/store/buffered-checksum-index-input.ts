import { checkSize, invalidType, invalidValue, unsupported } from './arguments.js'
import { checksumRange } from './checksum.js'
import { ChecksumIndexInput } from './checksum-index-input.js'
import { EndOfFileError, type MapFailedError } from './errors.js'
import type { ExportedChunk } from './exported-chunk.js'
import {
  type ByteRange,
  IndexInput,
  type LoadRange,
  type ReadAsyncOptions,
  type ViewOptions,
} from './index-input.js'
import type { IOContext, ReadAdvice } from './io-context.js'
import type { SharedInput } from './shared-input.js'
import type { RandomAccessInput } from './random-access-input.js'

/**
 * Checksums another input, which it takes over and closes. Reads go straight to that input; the
 * bytes that were passed are summed up when the checksum is asked for, so that reading costs
 * nothing more and long runs are summed in long pieces.
 */
export class BufferedChecksumIndexInput extends ChecksumIndexInput {
  readonly #main: IndexInput
  #summed: number // up to where the checksum goes
  #checksum = 0

  /** Begins at the input's position. */
  constructor(main: IndexInput) {
    super()
    if (!(main instanceof IndexInput)) throw invalidType('main', 'an IndexInput', main)
    this.#main = main
    this.#summed = main.getFilePointer()
  }

  getChecksum(): number {
    const position = this.#main.getFilePointer()
    this.#checksum = checksumRange(this.#main, this.#summed, position - this.#summed, this.#checksum)
    this.#summed = position
    this.#main.checkFault() // a cut last page raises no signal
    return this.#checksum
  }

  seek(position: number): void {
    checkSize('position', position)
    const now = this.#main.getFilePointer()
    if (position < now)
      throw invalidValue(`${this.toString()} cannot seek backwards (from ${now} to ${position})`)
    this.#main.seek(position)
  }

  getFilePointer(): number {
    return this.#main.getFilePointer()
  }

  length(): number {
    return this.#main.length()
  }

  skipBytes(count: number): void {
    this.#main.skipBytes(count)
  }

  override readByte(): number {
    return this.#main.readByte()
  }

  override readShort(): number {
    return this.#main.readShort()
  }

  override readInt(): number {
    return this.#main.readInt()
  }

  override readLong(): bigint {
    return this.#main.readLong()
  }

  override readSafeLong(): number {
    return this.#main.readSafeLong()
  }

  override readFloat(): number {
    return this.#main.readFloat()
  }

  override readDouble(): number {
    return this.#main.readDouble()
  }

  override readVInt(): number {
    return this.#main.readVInt()
  }

  override readVLong(): bigint {
    return this.#main.readVLong()
  }

  override readSafeVLong(): number {
    return this.#main.readSafeVLong()
  }

  override readString(): string {
    return this.#main.readString()
  }

  override readGroupVInts(target: Int32Array, count: number): void {
    this.#main.readGroupVInts(target, count)
  }

  override readBytes(target: Uint8Array, offset?: number, length?: number): void {
    this.#main.readBytes(target, offset, length)
  }

  clone(): IndexInput {
    throw this.#unsupported('clone()')
  }

  slice(_description: string, _offset: number, _length: number, _context?: IOContext): IndexInput {
    throw this.#unsupported('slice()')
  }

  randomAccessSlice(_offset: number, _length: number): RandomAccessInput {
    throw this.#unsupported('randomAccessSlice()')
  }

  view(offset: number, length: number, options?: ViewOptions): Uint8Array<ArrayBuffer> {
    return this.#main.view(offset, length, options)
  }

  readAsync(position: number, target: Uint8Array, options?: ReadAsyncOptions): Promise<void> {
    return this.#main.readAsync(position, target, options)
  }

  prefetch(offset: number, length: number): void {
    this.#main.prefetch(offset, length)
  }

  prefetchRanges(ranges: readonly ByteRange[]): void {
    this.#main.prefetchRanges(ranges)
  }

  load(range?: LoadRange): Promise<void> {
    return this.#main.load(range)
  }

  get loaded(): Promise<void> | undefined {
    return this.#main.loaded
  }

  isLoaded(): boolean | undefined {
    return this.#main.isLoaded()
  }

  residentBytes(): number | undefined {
    return this.#main.residentBytes()
  }

  get advice(): ReadAdvice {
    return this.#main.advice
  }

  updateIOContext(context: IOContext): void {
    this.#main.updateIOContext(context)
  }

  share(): SharedInput {
    throw this.#unsupported('share()')
  }

  exportChunks(): ExportedChunk[] {
    return this.#main.exportChunks()
  }

  checkFault(): void {
    this.#main.checkFault()
  }

  get mapped(): boolean {
    return this.#main.mapped
  }

  get mapFailure(): MapFailedError | undefined {
    return this.#main.mapFailure
  }

  close(): void {
    this.#main.close()
  }

  override toString(): string {
    return `BufferedChecksumIndexInput(${this.#main.toString()})`
  }

  protected atomically<T>(read: () => T): T {
    const position = this.#main.getFilePointer()
    try {
      return read()
    } catch (error) {
      this.#main.seek(position)
      throw error
    }
  }

  protected need(bytes: number, what: string): void {
    const left = this.#main.length() - this.#main.getFilePointer()
    if (bytes > left)
      throw new EndOfFileError(`read past the end: ${what}, ${left} bytes left: ${this.toString()}`)
  }

  #unsupported(method: string): TypeError {
    this.#main.getFilePointer() // throws when it is closed: that comes first
    return unsupported(
      `${method} is not possible on an input that is checksummed as it is read: ${this.toString()}`,
    )
  }
}
