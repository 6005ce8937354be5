import { type DataInput, FilterIndexOutput } from '../../../src/index.js'
import { type Mutant, output } from './mutant.js'

/** Outputs that are wrong. */
export const OUTPUT_MUTANTS: Readonly<Record<string, Mutant>> = {
  'a closed output takes a byte': output(
    'outputs',
    class extends FilterIndexOutput {
      #closed = false
      override writeByte(value: number): void {
        if (!this.#closed) super.writeByte(value)
      }
      override writeBytes(source: Uint8Array, offset?: number, length?: number): void {
        super.writeBytes(source, offset, length)
      }
      override close(): void {
        this.#closed = true
        super.close()
      }
    },
  ),
  'the checksum misses what came after it was first asked for': output(
    'outputs',
    class extends FilterIndexOutput {
      #checksum: number | undefined
      override getChecksum(): number {
        this.#checksum ??= super.getChecksum()
        return this.#checksum
      }
    },
  ),
  'the position counts from 0 after 32 KiB': output(
    'outputs',
    class extends FilterIndexOutput {
      override getFilePointer(): number {
        return super.getFilePointer() % 32_768
      }
    },
  ),
  'a file that is aligned is aligned again': output(
    'outputs',
    class extends FilterIndexOutput {
      override alignFilePointer(alignment: number): number {
        if (super.alignFilePointer(alignment) > 0 && alignment > 1) super.writeByte(0)
        return super.alignFilePointer(alignment)
      }
    },
  ),
  'writeInt cuts what does not fit': output(
    'outputs',
    class extends FilterIndexOutput {
      override writeInt(value: number): void {
        super.writeInt(value | 0)
      }
    },
  ),
  'writeVLong takes negative values': output(
    'outputs',
    class extends FilterIndexOutput {
      override writeVLong(value: bigint | number): void {
        super.writeVLong(typeof value === 'bigint' && value < 0n ? -value : value)
      }
    },
  ),
  'copyBytes copies 64 KiB at the most': output(
    'outputs',
    class extends FilterIndexOutput {
      override copyBytes(from: DataInput, length: number): void {
        super.copyBytes(from, Math.min(length, 65_536))
      }
    },
  ),
  'writeDouble leaves out zeros': output(
    'typed reads',
    class extends FilterIndexOutput {
      override writeDouble(value: number): void {
        if (value !== 0) super.writeDouble(value)
      }
    },
  ),
}
