import { crc32 } from 'node:zlib'

import { invalidType, outOfRange } from './arguments.js'
import { checkInt, checkLong, checkNumber, setLong } from './data-output.js'
import { AlreadyClosedError } from './errors.js'
import { checkFileName } from './file-names.js'
import { IndexOutput } from './index-output.js'
import {
  bytesOf,
  bufferOf,
  byteOffsetOf,
  lengthOfKind,
  newBytes,
  partLength,
  privateView,
  setElements,
} from './intrinsics.js'

/**
 * Where the bytes of an output go: a file, memory, or whatever a program brings along. What a
 * method throws, the output's caller gets. After a write that has thrown there are no others.
 */
export interface OutputSink {
  /**
   * Appends some of the `length` bytes from `offset`, at least one, and returns how many. `bytes`
   * may be the output's buffer, or the caller's: they are to be left alone, and to be copied where
   * they are needed later.
   */
  write(bytes: Uint8Array, offset: number, length: number): number
  /** Called once. `complete` is false when a write has failed before: half a file is not one. */
  close(complete: boolean): void
}

/** The one IndexOutput of every storage: a buffer, a checksum, and a sink behind them. */
export class BufferedIndexOutput extends IndexOutput {
  readonly #sink: OutputSink
  readonly #name: string
  readonly #description: string
  readonly #bytes = newBytes(BUFFER_LENGTH)
  readonly #data = privateView(bufferOf(this.#bytes), 0, BUFFER_LENGTH)
  #at = 0 // bytes in the buffer
  #summed = 0 // of those, the ones that the checksum counts
  #flushed = 0 // bytes before the buffer's
  #checksum = 0
  #closed = false
  #failure: unknown

  constructor(sink: OutputSink, name: string, description: string) {
    super()
    this.#sink = sink
    this.#name = name
    this.#description = description
  }

  /** What IndexOutput.from() does. */
  static over(sink: OutputSink, name: string, description: string): IndexOutput {
    if (typeof sink?.write !== 'function' || typeof sink.close !== 'function') {
      throw invalidType('sink', 'an OutputSink', sink)
    }
    checkFileName(name)
    if (typeof description !== 'string') throw invalidType('description', 'a string', description)
    return new BufferedIndexOutput(sink, name, description)
  }

  static {
    // Not in index-output.ts, which this module needs before it can exist.
    IndexOutput.from = BufferedIndexOutput.over
  }

  getName(): string {
    return this.#name
  }

  getFilePointer(): number {
    this.#ensureWritable()
    return this.#flushed + this.#at
  }

  getChecksum(): number {
    this.#ensureWritable()
    this.#sum()
    return this.#checksum
  }

  override writeByte(value: number): void {
    if (typeof value !== 'number' || value < -0x80 || value > 0xff || (value | 0) !== value)
      throw outOfRange('value', 'a byte', value)
    if (this.#at + 1 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    this.#bytes[this.#at++] = value
  }

  override writeShort(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value)
      throw outOfRange('value', 'an int16', value)
    if (this.#at + 2 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    this.#data.setInt16(this.#at, value, true)
    this.#at += 2
  }

  override writeInt(value: number): void {
    checkInt(value)
    if (this.#at + 4 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    this.#data.setInt32(this.#at, value, true)
    this.#at += 4
  }

  override writeLong(value: bigint | number): void {
    checkLong(value)
    if (this.#at + 8 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    setLong(this.#data, this.#at, value)
    this.#at += 8
  }

  override writeFloat(value: number): void {
    checkNumber(value)
    if (this.#at + 4 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    this.#data.setFloat32(this.#at, value, true)
    this.#at += 4
  }

  override writeDouble(value: number): void {
    checkNumber(value)
    if (this.#at + 8 > BUFFER_LENGTH || this.#closed) this.#makeRoom()
    this.#data.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  override writeBytes(source: Uint8Array, offset = 0, length?: number): void {
    const available = lengthOfKind(source, 'Uint8Array')
    if (available === undefined) throw invalidType('source', 'a Uint8Array', source)
    const count = partLength(offset, length, available)
    this.#ensureWritable()
    const start = byteOffsetOf(source) + offset
    if (this.#at + count <= BUFFER_LENGTH) {
      setElements(this.#bytes, bytesOf(bufferOf(source), start, count), this.#at)
      this.#at += count
      return
    }
    this.#flush()
    if (count < BUFFER_LENGTH) {
      setElements(this.#bytes, bytesOf(bufferOf(source), start, count), 0)
      this.#at = count
      return
    }
    // Not summed before it is written: a write that fails ends the output anyway.
    // In pieces: zlib's checksum and Node's writes take lengths of 32 bits.
    for (let done = 0; done < count;) {
      const piece = bytesOf(bufferOf(source), start + done, Math.min(count - done, LONGEST_PIECE))
      this.#drain(piece, piece.length)
      this.#checksum = crc32(piece, this.#checksum)
      this.#flushed += piece.length
      done += piece.length
    }
  }

  close(): void {
    if (this.#closed) return
    const failed = this.#failure !== undefined
    try {
      if (!failed) this.#flush()
    } catch (error) {
      this.#closed = true
      try {
        this.#sink.close(false)
      } catch {
        // The first error is the one to report.
      }
      throw error
    }
    this.#closed = true
    this.#sink.close(!failed)
  }

  override toString(): string {
    return this.#description
  }

  #ensureWritable(): void {
    if (this.#closed) throw new AlreadyClosedError(`Already closed: ${this.#description}`)
    if (this.#failure !== undefined) throw this.#failure
  }

  #makeRoom(): void {
    this.#ensureWritable()
    this.#flush()
  }

  #sum(): void {
    if (this.#summed === this.#at) return
    this.#checksum = crc32(
      bytesOf(bufferOf(this.#bytes), this.#summed, this.#at - this.#summed),
      this.#checksum,
    )
    this.#summed = this.#at
  }

  #flush(): void {
    this.#sum()
    this.#drain(this.#bytes, this.#at)
    this.#flushed += this.#at
    this.#at = 0
    this.#summed = 0
  }

  #drain(bytes: Uint8Array, length: number): void {
    try {
      for (let done = 0; done < length;) {
        const count = this.#sink.write(bytes, done, length - done)
        if (!(Number.isInteger(count) && count > 0 && count <= length - done)) {
          throw Object.assign(outOfRange('what write() returns', `from 1 to ${length - done}`, count), {
            code: 'ERR_INVALID_RETURN_VALUE',
          })
        }
        done += count
      }
    } catch (error) {
      this.#failure = error
      this.#at = BUFFER_LENGTH // so that every later write has to ask
      throw error
    }
  }
}

const BUFFER_LENGTH = 32 * 1024
const LONGEST_PIECE = 2 ** 30
