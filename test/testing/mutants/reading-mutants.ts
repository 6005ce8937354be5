import { Input, input, type Mutant } from './mutant.js'

/** Positions and values that are wrong. */
export const READING_MUTANTS: Readonly<Record<string, Mutant>> = {
  'seek past the end moves the position': input(
    'positions',
    class extends Input {
      override seek(position: number): void {
        if (position > this.length()) super.seek(this.length())
        super.seek(position)
      }
    },
  ),
  'a negative position is taken for 0': input(
    'positions',
    class extends Input {
      override seek(position: number): void {
        super.seek(position < 0 ? 0 : position)
      }
    },
  ),
  'a fraction of a position is cut off': input(
    'positions',
    class extends Input {
      override seek(position: number): void {
        super.seek(Number.isFinite(position) ? Math.trunc(position) : position)
      }
    },
  ),
  'a read that fails leaves the position at the end': input(
    'positions',
    class extends Input {
      override readInt(): number {
        try {
          return super.readInt()
        } catch (error) {
          this.seek(this.length())
          throw error
        }
      }
    },
  ),
  'a read of bytes that fails leaves the position at the end': input(
    'what Lucene gets wrong',
    class extends Input {
      override readByte(): number {
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset?: number, length?: number): void {
        try {
          super.readBytes(target, offset, length)
        } catch (error) {
          if (target.length > 2) this.seek(this.length())
          throw error
        }
      }
    },
  ),
  'skipBytes goes back': input(
    'positions',
    class extends Input {
      override skipBytes(count: number): void {
        super.seek(this.getFilePointer() + count)
      }
    },
  ),
  'a read past the end fails with a RangeError': input(
    'positions',
    class extends Input {
      override readLong(): bigint {
        return this.attempt(
          () => super.readLong(),
          () => {
            this.length()
            throw new RangeError('past the end')
          },
        )
      }
    },
  ),

  'readInt is big-endian': input(
    'typed reads',
    class extends Input {
      override readInt(): number {
        return Buffer.from(Int32Array.of(super.readInt()).buffer).readInt32BE()
      }
    },
  ),
  'readShort has no sign': input(
    'typed reads',
    class extends Input {
      override readShort(): number {
        return super.readShort() & 0xffff
      }
    },
  ),
  'readByte has a sign': input(
    'typed reads',
    class extends Input {
      override readByte(): number {
        return (super.readByte() << 24) >> 24
      }
      override readBytes(target: Uint8Array, from?: number, length?: number): void {
        super.readBytes(target, from, length)
      }
    },
  ),
  'readLong goes through a number': input(
    'typed reads',
    class extends Input {
      override readLong(): bigint {
        return BigInt.asIntN(64, BigInt(Number(super.readLong())))
      }
    },
  ),
  'readSafeLong rounds what is not safe': input(
    'hostile values',
    class extends Input {
      override readSafeLong(): number {
        return Number(this.readLong())
      }
    },
  ),
  'readDouble has the precision of a float': input(
    'typed reads',
    class extends Input {
      override readDouble(): number {
        return Math.fround(super.readDouble())
      }
    },
  ),
  'readVInt has no sign': input(
    'typed reads',
    class extends Input {
      override readVInt(): number {
        return super.readVInt() >>> 0
      }
    },
  ),
  'readZInt loses the sign bit': input(
    'typed reads',
    class extends Input {
      override readZInt(): number {
        const value = super.readVInt()
        return (value >> 1) ^ -(value & 1)
      }
    },
  ),
  'readString is Latin-1': input(
    'typed reads',
    class extends Input {
      override readString(): string {
        return Buffer.from(super.readString()).toString('latin1')
      }
    },
  ),
  'readString drops a byte order mark': input(
    'hostile values',
    class extends Input {
      override readString(): string {
        return super.readString().replace(/^\ufeff/, '')
      }
    },
  ),
  'a negative length of a string is taken for 0': input(
    'hostile values',
    class extends Input {
      override readString(): string {
        const position = this.getFilePointer()
        if (
          this.attempt(
            () => super.readVInt(),
            () => 0,
          ) < 0
        )
          return ''
        this.seek(position)
        return super.readString()
      }
    },
  ),
  'a key that appears twice in a map replaces the first': input(
    'hostile values',
    class extends Input {
      override readMapOfStrings(): ReadonlyMap<string, string> {
        return this.attempt(
          () => super.readMapOfStrings(),
          () => {
            const map = new Map<string, string>()
            for (let count = this.readVInt(); count > 0; count--)
              map.set(this.readString(), this.readString())
            return map
          },
        )
      }
    },
  ),
  'readGroupVInts takes three groups at the most': input(
    'typed reads',
    class extends Input {
      override readGroupVInts(target: Int32Array, count: number): void {
        super.readGroupVInts(target, Math.min(count, 12))
      }
    },
  ),
  'readBytes ignores the offset in its target': input(
    'bulk reads',
    class extends Input {
      override readByte(): number {
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset = 0, length = target?.length - offset): void {
        super.readBytes(target, offset, length)
        if (offset > 0) target.copyWithin(0, offset, offset + length)
      }
    },
  ),
  'readBytes stops short at the end without a word': input(
    'positions',
    class extends Input {
      override readByte(): number {
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset = 0, length = target?.length - offset): void {
        super.readBytes(target, offset, Math.min(length, this.length() - this.getFilePointer()))
      }
    },
  ),
  'readLongs swaps the halves of a long': input(
    'bulk reads',
    class extends Input {
      override readLongs(target: BigInt64Array, offset = 0, length = target?.length - offset): void {
        super.readLongs(target, offset, length)
        for (let i = offset; i < offset + length; i++) {
          const value = BigInt.asUintN(64, target[i]!)
          target[i] = BigInt.asIntN(64, (value << 32n) | (value >> 32n))
        }
      }
    },
  ),
  'a value across a boundary of 1,024 bytes loses its second half': input(
    'typed reads',
    class extends Input {
      override readInt(): number {
        const within = this.getFilePointer() % 1024
        return super.readInt() & (within > 1020 ? 0xffff : -1)
      }
    },
  ),
  'a bulk read across a boundary of 1,024 bytes misses a byte': input(
    'bulk reads',
    class extends Input {
      override readByte(): number {
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset = 0, length = target?.length - offset): void {
        const start = this.getFilePointer()
        super.readBytes(target, offset, length)
        const boundary = 1024 - (start % 1024)
        if (boundary < length) target[offset + boundary] = 0
      }
    },
  ),
}
