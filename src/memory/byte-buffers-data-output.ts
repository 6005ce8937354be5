import { checkOptions, checkSize, invalidType, invalidValue, outOfRange } from '../store/arguments.js'
import { checkInt, checkLong, checkNumber, DataOutput, setLong } from '../store/data-output.js'
import type { IndexInput } from '../store/index-input.js'
import {
  bufferOf,
  byteOffsetOf,
  bytesOf,
  partLength,
  lengthOf,
  lengthOfKind,
  LONGEST_ARRAY,
  setElements,
} from '../store/intrinsics.js'
import { type BlockAllocator, ByteBufferRecycler } from './byte-buffer-recycler.js'
import { ByteBuffersDataInput } from './byte-buffers-data-input.js'

export interface ByteBuffersDataOutputOptions {
  /** The first blocks are of 2^minBits bytes, 1..30; by default 10. */
  readonly minBits?: number | undefined
  /** Blocks are of at most 2^maxBits bytes, minBits..30; by default 26, or minBits where that is more. */
  readonly maxBits?: number | undefined
  /** In place of minBits: about how many bytes will be written, so that a hundred blocks hold them. */
  readonly expectedSize?: number | undefined
  /** By default, every block is new. */
  readonly allocator?: BlockAllocator | undefined
}

/**
 * Writes into memory, in blocks: no byte is moved when it grows. After each hundred blocks, the
 * next ones are twice as long. Has no end; what was written can be read at any time. Where there
 * is no memory for another block, a write throws and has written what fitted. Belongs to one thread.
 */
export class ByteBuffersDataOutput extends DataOutput {
  readonly #minBits: number
  readonly #maxBits: number
  readonly #allocator: BlockAllocator
  #blocks: Uint8Array[] = []
  #bytes: Uint8Array = NOTHING // the last block
  #data: DataView = NO_DATA // the same
  #at = 0 // bytes written into it
  #before = 0 // bytes in the blocks before it

  /** Throws a RangeError or TypeError for bad options. */
  constructor(options: ByteBuffersDataOutputOptions = {}) {
    super()
    checkOptions('ByteBuffersDataOutput', options, ['minBits', 'maxBits', 'expectedSize', 'allocator'])
    const { expectedSize, allocator = HEAP } = options
    if (expectedSize !== undefined && options.minBits !== undefined) {
      throw invalidValue('ByteBuffersDataOutput takes expectedSize or minBits, not both')
    }
    if (typeof allocator?.allocate !== 'function') {
      throw invalidType('allocator', 'a BlockAllocator', allocator)
    }
    this.#minBits = checkBits(
      'minBits',
      options.minBits ?? (expectedSize === undefined ? MIN_BITS : bitsFor(expectedSize)),
      1,
    )
    this.#maxBits = checkBits('maxBits', options.maxBits ?? Math.max(MAX_BITS, this.#minBits), this.#minBits)
    this.#allocator = allocator
  }

  /** One that keeps its blocks when it is reset, and fills them anew. */
  static newResettableInstance(): ByteBuffersDataOutput {
    return new ByteBuffersDataOutput({ allocator: new ByteBufferRecycler() })
  }

  /** Bytes written so far. */
  size(): number {
    return this.#before + this.#at
  }

  /** Bytes of all blocks, whether they are written to or not. */
  ramBytesUsed(): number {
    return this.#before + lengthOf(this.#bytes)
  }

  /**
   * What was written so far, without copying: one array a block, the last one as long as what is
   * in it. What is written later does not show in them. They are the memory itself, so that who
   * changes them changes what was written; after reset(), an allocator that reuses blocks does.
   */
  toBufferList(): Uint8Array[] {
    if (this.#at === 0) return this.#blocks.slice(0, -1)
    return [...this.#blocks.slice(0, -1), partOf(this.#bytes, 0, this.#at)]
  }

  /** An input on what was written so far, without copying: see toBufferList(). */
  toDataInput(): IndexInput {
    return ByteBuffersDataInput.from(this.toBufferList(), 'ByteBuffersDataOutput()')
  }

  /** A copy of what was written so far. Throws a RangeError where that is longer than the engine's longest array. */
  toArrayCopy(): Uint8Array<ArrayBuffer> {
    const size = this.size()
    if (size > LONGEST_ARRAY) {
      throw outOfRange('size()', `at most ${LONGEST_ARRAY}, this engine's longest array, to be copied`, size)
    }
    const copy = new Uint8Array(size)
    let done = 0
    for (const buffer of this.toBufferList()) {
      setElements(copy, buffer, done)
      done += lengthOf(buffer)
    }
    return copy
  }

  /** Writes what was written so far to another output. */
  copyTo(output: DataOutput): void {
    if (!(output instanceof DataOutput)) throw invalidType('output', 'a DataOutput', output)
    for (const buffer of this.toBufferList()) output.writeBytes(buffer)
  }

  /** Begins anew, empty. The blocks go back to the allocator: see toBufferList(). */
  reset(): void {
    const blocks = this.#blocks
    this.#blocks = []
    this.#bytes = NOTHING
    this.#data = NO_DATA
    this.#at = 0
    this.#before = 0
    for (const block of blocks) this.#allocator.reuse?.(block)
  }

  override writeByte(value: number): void {
    if (typeof value !== 'number' || value < -0x80 || value > 0xff || (value | 0) !== value)
      throw outOfRange('value', 'a byte', value)
    if (this.#at === this.#bytes.length) this.#append()
    this.#bytes[this.#at++] = value
  }

  override writeShort(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value)
      throw outOfRange('value', 'an int16', value)
    const at = this.#at
    if (at + 2 > this.#bytes.length) {
      this.#writeScalar(2, (scratch) => scratch.setInt16(0, value, true))
      return
    }
    this.#data.setInt16(at, value, true)
    this.#at = at + 2
  }

  override writeInt(value: number): void {
    checkInt(value)
    const at = this.#at
    if (at + 4 > this.#bytes.length) {
      this.#writeScalar(4, (scratch) => scratch.setInt32(0, value, true))
      return
    }
    this.#data.setInt32(at, value, true)
    this.#at = at + 4
  }

  override writeLong(value: bigint | number): void {
    checkLong(value)
    const at = this.#at
    if (at + 8 > this.#bytes.length) {
      this.#writeScalar(8, (scratch) => setLong(scratch, 0, value))
      return
    }
    setLong(this.#data, at, value)
    this.#at = at + 8
  }

  override writeFloat(value: number): void {
    checkNumber(value)
    const at = this.#at
    if (at + 4 > this.#bytes.length) {
      this.#writeScalar(4, (scratch) => scratch.setFloat32(0, value, true))
      return
    }
    this.#data.setFloat32(at, value, true)
    this.#at = at + 4
  }

  override writeDouble(value: number): void {
    checkNumber(value)
    const at = this.#at
    if (at + 8 > this.#bytes.length) {
      this.#writeScalar(8, (scratch) => scratch.setFloat64(0, value, true))
      return
    }
    this.#data.setFloat64(at, value, true)
    this.#at = at + 8
  }

  override writeBytes(source: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(source, 'Uint8Array')
    if (available === undefined) throw invalidType('source', 'a Uint8Array', source)
    const count = partLength(offset, length, available)
    for (let done = 0; done < count;) {
      if (this.#at === this.#bytes.length) this.#append()
      const part = Math.min(count - done, this.#bytes.length - this.#at)
      setElements(this.#bytes, partOf(source, offset + done, part), this.#at)
      this.#at += part
      done += part
    }
  }

  override toString(): string {
    return `ByteBuffersDataOutput(size=${this.size()})`
  }

  /** A value that does not fit the block: in two parts. */
  #writeScalar(length: number, set: (scratch: DataView) => void): void {
    const bytes = new Uint8Array(length)
    set(new DataView(bytes.buffer))
    this.writeBytes(bytes)
  }

  #append(): void {
    const doublings = Math.floor(this.#blocks.length / BLOCKS_OF_ONE_LENGTH)
    const length = 1 << Math.min(this.#minBits + doublings, this.#maxBits)
    const block = this.#allocator.allocate(length)
    if (lengthOfKind(block, 'Uint8Array') !== length) {
      throw Object.assign(invalidType('what allocate() returns', `a Uint8Array of ${length} bytes`, block), {
        code: 'ERR_INVALID_RETURN_VALUE',
      })
    }
    this.#blocks.push(block)
    this.#before += this.#at
    this.#at = 0
    this.#bytes = block
    this.#data = new DataView(bufferOf(block), byteOffsetOf(block), length)
  }
}

function partOf(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return bytesOf(bufferOf(bytes), byteOffsetOf(bytes) + offset, length)
}

/** Lucene's: for blocks of which a hundred hold so many bytes, within the usual bounds. */
function bitsFor(expectedSize: number): number {
  checkSize('expectedSize', expectedSize)
  const bits = Math.ceil(Math.log2(Math.max(expectedSize / BLOCKS_OF_ONE_LENGTH, 1)))
  return Math.min(Math.max(bits, MIN_BITS), MAX_BITS)
}

function checkBits(name: string, bits: number, least: number): number {
  if (!(Number.isInteger(bits) && bits >= least && bits <= MOST_BITS)) {
    throw outOfRange(name, `a whole number from ${least} to ${MOST_BITS}`, bits)
  }
  return bits
}

const NOTHING = new Uint8Array(0)
const NO_DATA = new DataView(NOTHING.buffer)
const HEAP: BlockAllocator = { allocate: (length) => new Uint8Array(length) }
const MIN_BITS = 10
const MAX_BITS = 26
/** V8 is slow at indices from 2^31 on, and windows are of at most 2^30 bytes. */
const MOST_BITS = 30
const BLOCKS_OF_ONE_LENGTH = 100
