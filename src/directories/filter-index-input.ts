import { invalidType, invalidValue, unsupported } from '../store/arguments.js'
import { EndOfFileError, type MapFailedError } from '../store/errors.js'
import type { ExportedChunk } from '../store/exported-chunk.js'
import {
  type ByteRange,
  IndexInput,
  type LoadRange,
  type ReadAsyncOptions,
  type ViewOptions,
} from '../store/index-input.js'
import type { IOContext, ReadAdvice } from '../store/io-context.js'
import { openPart, type PartOpener } from '../store/open-part.js'
import type { RandomAccessInput } from '../store/random-access-input.js'
import type { SharedInput } from '../store/shared-input.js'
import { WindowedInput } from '../store/windowed-input.js'
import { SeekingRandomAccess } from './seeking-random-access.js'

/**
 * Another input, to be changed in some of its methods by subclasses. A filter is of one of two
 * kinds, which follows from what it overrides:
 *
 * - _Of calls_: it overrides neither readByte() nor readBytes(). Every method goes straight to the
 *   method of the same name of the delegate, so that views stay without copies, absolute reads
 *   pure and typed reads one call away, and the input can be loaded and shared. What share() hands
 *   over is the delegate; the other thread's input has no filter.
 * - _Of bytes_: it overrides both, with their optional arguments. Every other read, view(), and
 *   randomAccessSlice() are made of these two, so that none goes past the filter; readAsync() has the
 *   delegate bring the bytes into memory and then takes readBytes(); view() copies, and
 *   share() and exportChunks() throw a TypeError, because others would see what the filter has not seen.
 *   Where that is too slow, IndexInput.from() makes an input of a WindowSource that filters whole
 *   windows.
 *
 * Clones and slices pass through wrap(), which has no default: a filter cannot be lost by cloning.
 * Closing follows the delegate's rules, see IndexInput.
 */
export abstract class FilterIndexInput extends IndexInput implements PartOpener {
  readonly #delegate: IndexInput
  readonly #direct: boolean

  /** Takes the input over: whoever closes the filter closes it. Throws a TypeError for half a filter of bytes. */
  constructor(delegate: IndexInput) {
    super()
    if (!(delegate instanceof IndexInput)) throw invalidType('delegate', 'an IndexInput', delegate)
    this.#delegate = delegate
    const { readByte, readBytes } = FilterIndexInput.prototype
    this.#direct = this.readByte === readByte
    if (this.#direct !== (this.readBytes === readBytes)) {
      throw invalidValue(
        `${this.constructor.name} has to override both readByte() and readBytes(), or neither`,
      )
    }
  }

  /** For subclasses: the filter around a clone or slice of the delegate, or that part as it is. */
  protected abstract wrap(part: IndexInput): IndexInput

  /** The innermost input behind all filters; an input that is no filter is its own. */
  static unwrap(input: IndexInput): IndexInput {
    if (!(input instanceof IndexInput)) throw invalidType('input', 'an IndexInput', input)
    let inner = input
    while (inner instanceof FilterIndexInput) inner = inner.#delegate
    return inner
  }

  /** The input right behind this filter. */
  getDelegate(): IndexInput {
    return this.#delegate
  }

  // Position

  getFilePointer(): number {
    return this.#delegate.getFilePointer()
  }

  seek(position: number): void {
    this.#delegate.seek(position)
  }

  length(): number {
    return this.#delegate.length()
  }

  skipBytes(count: number): void {
    this.#delegate.skipBytes(count)
  }

  // Reads

  readByte(): number {
    return this.#delegate.readByte()
  }

  readBytes(target: Uint8Array, offset?: number, length?: number): void {
    this.#delegate.readBytes(target, offset, length)
  }

  override readShort(): number {
    return this.#direct ? this.#delegate.readShort() : super.readShort()
  }

  override readInt(): number {
    return this.#direct ? this.#delegate.readInt() : super.readInt()
  }

  override readLong(): bigint {
    return this.#direct ? this.#delegate.readLong() : super.readLong()
  }

  override readSafeLong(): number {
    return this.#direct ? this.#delegate.readSafeLong() : super.readSafeLong()
  }

  override readFloat(): number {
    return this.#direct ? this.#delegate.readFloat() : super.readFloat()
  }

  override readDouble(): number {
    return this.#direct ? this.#delegate.readDouble() : super.readDouble()
  }

  override readVInt(): number {
    return this.#direct ? this.#delegate.readVInt() : super.readVInt()
  }

  override readVLong(): bigint {
    return this.#direct ? this.#delegate.readVLong() : super.readVLong()
  }

  override readSafeVLong(): number {
    return this.#direct ? this.#delegate.readSafeVLong() : super.readSafeVLong()
  }

  override readZInt(): number {
    return this.#direct ? this.#delegate.readZInt() : super.readZInt()
  }

  override readZLong(): bigint {
    return this.#direct ? this.#delegate.readZLong() : super.readZLong()
  }

  override readSafeZLong(): number {
    return this.#direct ? this.#delegate.readSafeZLong() : super.readSafeZLong()
  }

  override readInts(target: Int32Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.readInts(target, offset, length)
    else super.readInts(target, offset, length)
  }

  override readLongs(target: BigInt64Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.readLongs(target, offset, length)
    else super.readLongs(target, offset, length)
  }

  override readFloats(target: Float32Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.readFloats(target, offset, length)
    else super.readFloats(target, offset, length)
  }

  override readGroupVInts(target: Int32Array, count: number): void {
    if (this.#direct) this.#delegate.readGroupVInts(target, count)
    else super.readGroupVInts(target, count)
  }

  override readString(): string {
    return this.#direct ? this.#delegate.readString() : super.readString()
  }

  override readMapOfStrings(): ReadonlyMap<string, string> {
    return this.#direct ? this.#delegate.readMapOfStrings() : super.readMapOfStrings()
  }

  override readSetOfStrings(): ReadonlySet<string> {
    return this.#direct ? this.#delegate.readSetOfStrings() : super.readSetOfStrings()
  }

  // Parts

  clone(): IndexInput {
    return this.wrap(this.#delegate.clone())
  }

  slice(description: string, offset: number, length: number, context?: IOContext): IndexInput {
    return this.wrap(this.#delegate.slice(description, offset, length, context))
  }

  randomAccessSlice(offset: number, length: number): RandomAccessInput {
    if (this.#direct) return this.#delegate.randomAccessSlice(offset, length)
    return new SeekingRandomAccess(this.slice('randomaccess', offset, length))
  }

  view(offset: number, length: number, options?: ViewOptions): Uint8Array<ArrayBuffer> {
    if (this.#direct) return this.#delegate.view(offset, length, options)
    const filtered = this.slice('view', offset, length)
    if (options?.copy === 'never') {
      throw invalidValue(`view: filtered, so that it would have to be copied: ${this.toString()}`)
    }
    const bytes = this.#delegate.view(offset, length, options) // the caller's own, aligned as it has to be
    filtered.readBytes(bytes)
    return bytes
  }

  share(): SharedInput {
    if (this.#direct) return this.#delegate.share()
    this.#delegate.getFilePointer() // throws when it is closed: that comes first
    throw unsupported(`A filter cannot be shared with another thread: ${this.toString()}`)
  }

  exportChunks(): ExportedChunk[] {
    if (this.#direct) return this.#delegate.exportChunks()
    this.#delegate.getFilePointer()
    throw unsupported(`What a filter changes is nowhere in memory: ${this.toString()}`)
  }

  /** Opens a part as a file of its own, of which closing ends all clones: for compound files. */
  [openPart](name: string, offset: number, length: number, context: IOContext): IndexInput {
    return this.wrap(WindowedInput.openPart(this.#delegate, name, offset, length, context))
  }

  // Memory

  async readAsync(position: number, target: Uint8Array, options: ReadAsyncOptions = {}): Promise<void> {
    if (this.#direct) return this.#delegate.readAsync(position, target, options)
    await this.#delegate.readAsync(position, target, options) // checks all of it, and brings it into memory
    if (target.length > 0) this.slice('readAsync', position, target.length).readBytes(target)
  }

  prefetch(offset: number, length: number): void {
    this.#delegate.prefetch(offset, length)
  }

  prefetchRanges(ranges: readonly ByteRange[]): void {
    this.#delegate.prefetchRanges(ranges)
  }

  load(range?: LoadRange): Promise<void> {
    return this.#delegate.load(range)
  }

  get loaded(): Promise<void> | undefined {
    return this.#delegate.loaded
  }

  isLoaded(): boolean | undefined {
    return this.#delegate.isLoaded()
  }

  residentBytes(): number | undefined {
    return this.#delegate.residentBytes()
  }

  get advice(): ReadAdvice {
    return this.#delegate.advice
  }

  updateIOContext(context: IOContext): void {
    this.#delegate.updateIOContext(context)
  }

  get mapped(): boolean {
    return this.#delegate.mapped && this.#direct
  }

  get mapFailure(): MapFailedError | undefined {
    return this.#delegate.mapFailure
  }

  checkFault(): void {
    this.#delegate.checkFault()
  }

  // End

  close(): void {
    this.#delegate.close()
  }

  /** The delegate's, so that the slices of a slice are named in one row. */
  override toString(): string {
    return this.#delegate.toString()
  }

  protected atomically<T>(read: () => T): T {
    const position = this.getFilePointer()
    try {
      return read()
    } catch (error) {
      this.seek(position)
      throw error
    }
  }

  protected need(bytes: number, what: string): void {
    const left = this.length() - this.getFilePointer()
    if (bytes > left) {
      throw new EndOfFileError(`read past the end: ${what}, ${left} bytes left: ${this.toString()}`)
    }
  }
}
