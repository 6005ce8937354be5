import { invalidType, invalidValue } from '../store/arguments.js'
import type { DataInput } from '../store/data-input.js'
import { IndexOutput } from '../store/index-output.js'

/**
 * Another output, to be changed in some of its methods by subclasses. As for FilterIndexInput,
 * there are two kinds:
 *
 * - _Of calls_: it overrides neither writeByte() nor writeBytes(). Every method goes straight to
 *   the delegate's; getFilePointer() tells what was written.
 * - _Of bytes_: it overrides both, the latter with its optional arguments. Everything else that
 *   writes is made of these two.
 *
 * The checksum is the delegate's: of the bytes that reached it. A filter that changes bytes
 * overrides getChecksum(), too, where a footer is to hold the checksum of what was passed to it.
 */
export abstract class FilterIndexOutput extends IndexOutput {
  readonly #delegate: IndexOutput
  readonly #direct: boolean

  /** Takes the output over: whoever closes the filter closes it. Throws a TypeError for half a filter of bytes. */
  constructor(delegate: IndexOutput) {
    super()
    if (!(delegate instanceof IndexOutput)) throw invalidType('delegate', 'an IndexOutput', delegate)
    this.#delegate = delegate
    const { writeByte, writeBytes } = FilterIndexOutput.prototype
    this.#direct = this.writeByte === writeByte
    if (this.#direct !== (this.writeBytes === writeBytes)) {
      throw invalidValue(
        `${this.constructor.name} has to override both writeByte() and writeBytes(), or neither`,
      )
    }
  }

  /** The innermost output behind all filters; an output that is no filter is its own. */
  static unwrap(output: IndexOutput): IndexOutput {
    if (!(output instanceof IndexOutput)) throw invalidType('output', 'an IndexOutput', output)
    let inner = output
    while (inner instanceof FilterIndexOutput) inner = inner.#delegate
    return inner
  }

  /** The output right behind this filter. */
  getDelegate(): IndexOutput {
    return this.#delegate
  }

  getName(): string {
    return this.#delegate.getName()
  }

  getFilePointer(): number {
    return this.#delegate.getFilePointer()
  }

  getChecksum(): number {
    return this.#delegate.getChecksum()
  }

  writeByte(value: number): void {
    this.#delegate.writeByte(value)
  }

  writeBytes(source: Uint8Array, offset?: number, length?: number): void {
    this.#delegate.writeBytes(source, offset, length)
  }

  override writeShort(value: number): void {
    if (this.#direct) this.#delegate.writeShort(value)
    else super.writeShort(value)
  }

  override writeInt(value: number): void {
    if (this.#direct) this.#delegate.writeInt(value)
    else super.writeInt(value)
  }

  override writeLong(value: bigint | number): void {
    if (this.#direct) this.#delegate.writeLong(value)
    else super.writeLong(value)
  }

  override writeFloat(value: number): void {
    if (this.#direct) this.#delegate.writeFloat(value)
    else super.writeFloat(value)
  }

  override writeDouble(value: number): void {
    if (this.#direct) this.#delegate.writeDouble(value)
    else super.writeDouble(value)
  }

  override writeVInt(value: number): void {
    if (this.#direct) this.#delegate.writeVInt(value)
    else super.writeVInt(value)
  }

  override writeVLong(value: bigint | number): void {
    if (this.#direct) this.#delegate.writeVLong(value)
    else super.writeVLong(value)
  }

  override writeZInt(value: number): void {
    if (this.#direct) this.#delegate.writeZInt(value)
    else super.writeZInt(value)
  }

  override writeZLong(value: bigint | number): void {
    if (this.#direct) this.#delegate.writeZLong(value)
    else super.writeZLong(value)
  }

  override writeInts(source: Int32Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.writeInts(source, offset, length)
    else super.writeInts(source, offset, length)
  }

  override writeLongs(source: BigInt64Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.writeLongs(source, offset, length)
    else super.writeLongs(source, offset, length)
  }

  override writeFloats(source: Float32Array, offset?: number, length?: number): void {
    if (this.#direct) this.#delegate.writeFloats(source, offset, length)
    else super.writeFloats(source, offset, length)
  }

  override writeGroupVInts(source: Int32Array, count: number): void {
    if (this.#direct) this.#delegate.writeGroupVInts(source, count)
    else super.writeGroupVInts(source, count)
  }

  override writeString(value: string): void {
    if (this.#direct) this.#delegate.writeString(value)
    else super.writeString(value)
  }

  override writeMapOfStrings(map: ReadonlyMap<string, string>): void {
    if (this.#direct) this.#delegate.writeMapOfStrings(map)
    else super.writeMapOfStrings(map)
  }

  override writeSetOfStrings(set: ReadonlySet<string>): void {
    if (this.#direct) this.#delegate.writeSetOfStrings(set)
    else super.writeSetOfStrings(set)
  }

  override copyBytes(input: DataInput, length: number): void {
    if (this.#direct) this.#delegate.copyBytes(input, length)
    else super.copyBytes(input, length)
  }

  override alignFilePointer(alignment: number): number {
    return this.#direct ? this.#delegate.alignFilePointer(alignment) : super.alignFilePointer(alignment)
  }

  close(): void {
    this.#delegate.close()
  }

  override toString(): string {
    return `${this.constructor.name}(${this.#delegate.toString()})`
  }
}
