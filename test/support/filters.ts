import { crc32 } from 'node:zlib'

import {
  FilterDirectory,
  FilterIndexInput,
  FilterIndexOutput,
  type IndexInput,
  type IndexOutput,
  type IOContext,
} from '../../src/index.js'

/** Changes nothing. */
export class PassingInput extends FilterIndexInput {
  protected wrap(part: IndexInput): IndexInput {
    return new PassingInput(part)
  }
}

/** Changes nothing. */
export class PassingOutput extends FilterIndexOutput {}

/** A directory of inputs and outputs that are filtered without being changed. */
export class FilteredInputs extends FilterDirectory {
  override openInput(name: string, context?: IOContext): IndexInput {
    return new PassingInput(super.openInput(name, context))
  }

  override createOutput(name: string, context?: IOContext): IndexOutput {
    return new PassingOutput(super.createOutput(name, context))
  }

  override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    return new PassingOutput(super.createTempOutput(prefix, suffix, context))
  }
}

/** Turns every bit of what is read around. */
export class InvertedInput extends FilterIndexInput {
  override readByte(): number {
    return super.readByte() ^ 0xff
  }

  override readBytes(target: Uint8Array, offset = 0, length?: number): void {
    super.readBytes(target, offset, length)
    const end = length === undefined ? target.length : offset + length
    for (let i = offset; i < end; i++) target[i] = target[i]! ^ 0xff
  }

  protected wrap(part: IndexInput): IndexInput {
    return new InvertedInput(part)
  }
}

/** Turns every bit of what is written around. */
export class InvertedOutput extends FilterIndexOutput {
  #checksum = 0

  override getChecksum(): number {
    super.getChecksum() // throws where there is none
    return this.#checksum
  }

  override writeByte(value: number): void {
    const inverted = (value & 0xff) ^ 0xff
    // Written as it is where it is no byte, so that the delegate complains.
    super.writeByte(value >= -0x80 && value <= 0xff && Number.isInteger(value) ? inverted : value)
    this.#checksum = crc32(Uint8Array.of(value), this.#checksum)
  }

  override writeBytes(source: Uint8Array, offset = 0, length = source?.length - offset): void {
    const wrong = !(source instanceof Uint8Array) || !(offset >= 0 && length >= 0)
    if (wrong || !Number.isInteger(offset + length) || length > source.length - offset) {
      super.writeBytes(source, offset, length) // complains
      return
    }
    const part = source.subarray(offset, offset + length)
    super.writeBytes(part.map((byte) => byte ^ 0xff))
    if (length > 0) this.#checksum = crc32(part, this.#checksum) // of nothing, it may be 0
  }
}

/** A directory that stores every bit the other way around. */
export class InvertedBytes extends FilterDirectory {
  override openInput(name: string, context?: IOContext): IndexInput {
    return new InvertedInput(super.openInput(name, context))
  }

  override createOutput(name: string, context?: IOContext): IndexOutput {
    return new InvertedOutput(super.createOutput(name, context))
  }

  override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    return new InvertedOutput(super.createTempOutput(prefix, suffix, context))
  }
}
