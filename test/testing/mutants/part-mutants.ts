import { type IndexInput, type IOContext } from '../../../src/index.js'
import { Input, input, type Mutant, random } from './mutant.js'

/** Clones, slices, absolute reads and views that are wrong, and inputs that do not end. */
export const PART_MUTANTS: Readonly<Record<string, Mutant>> = {
  'a clone begins at 0': input(
    'clones and slices',
    class extends Input {
      override clone(): IndexInput {
        const clone = super.clone()
        clone.seek(0)
        return clone
      }
    },
  ),
  'a clone has the position of its original': input(
    'clones and slices',
    class extends Input {
      override clone(): IndexInput {
        return this
      }
    },
  ),
  'a slice begins where its original is': input(
    'clones and slices',
    class extends Input {
      override slice(description: string, offset: number, length: number, context?: IOContext): IndexInput {
        const slice = super.slice(description, offset, length, context)
        slice.seek(Math.min(this.getFilePointer(), length))
        return slice
      }
    },
  ),
  'a slice out of bounds is clipped': input(
    'clones and slices',
    class extends Input {
      override slice(description: string, offset: number, length: number, context?: IOContext): IndexInput {
        const clipped = Math.min(length, Math.max(0, this.length() - offset))
        return super.slice(description, offset, clipped, context)
      }
    },
  ),
  'a slice of a slice counts from the start of the file': input(
    'clones and slices',
    class extends Input {
      override slice(description: string, offset: number, length: number, context?: IOContext): IndexInput {
        const nested = this.toString().includes('[slice=level')
        return super.slice(description, nested ? Math.max(0, offset - 100) : offset, length, context)
      }
    },
  ),
  'a slice is not named': input(
    'clones and slices',
    class extends Input {
      override toString(): string {
        return super.toString().replaceAll(/ \[slice=.*?\]/g, '')
      }
    },
  ),
  'absolute reads move the position': random('random access', (inner, own) => ({
    readLong: (position: number) => {
      const value = inner.readLong(position)
      own.seek(Math.min(position, own.length()))
      return value
    },
  })),
  'absolute reads across a chunk move the position': random('what Lucene gets wrong', (inner, own) => ({
    readLong: (position: number) => {
      const value = inner.readLong(position)
      if (position % 2 ** 20 > 2 ** 20 - 8) own.seek(position)
      return value
    },
  })),
  'absolute reads past the end give zeros': random('random access', (inner) => ({
    readShort: (position: number) => (position === inner.length() - 1 ? 0 : inner.readShort(position)),
  })),
  'absolute reads at negative positions are past the end': random('positions', (inner) => ({
    readByte: (position: number) => inner.readByte(position < 0 ? inner.length() : position),
  })),
  'views share their memory': input(
    'views',
    (() => {
      const views = new Map<string, Uint8Array<ArrayBuffer>>()
      return class extends Input {
        override view(offset: number, length: number): Uint8Array<ArrayBuffer> {
          const key = `${this.toString()} ${this.length()} ${offset} ${length}`
          const view = views.get(key) ?? super.view(offset, length)
          if (length === 10_000) views.set(key, view)
          return view
        }
      }
    })(),
  ),
  'views lie anywhere in memory': input(
    'views',
    class extends Input {
      override view(offset: number, length: number): Uint8Array<ArrayBuffer> {
        return super.view(offset, length).slice()
      }
    },
  ),
  'views are copied although that is forbidden': input(
    'views',
    class extends Input {
      override view(offset: number, length: number): Uint8Array<ArrayBuffer> {
        return super.view(offset, length)
      }
    },
  ),
  'prefetch takes any range': input(
    'positions',
    class extends Input {
      override prefetch(): void {
        this.length()
      }
    },
  ),

  'closing a clone closes its original': input(
    'the end of an input',
    class extends Input {
      readonly #originals: Input[] = []
      override clone(): IndexInput {
        const clone = super.clone() as this
        clone.#originals.push(this)
        return clone
      }
      override close(): void {
        super.close()
        for (const original of this.#originals) original.close()
      }
    },
  ),
  'clones live on when the original is closed': input(
    'the end of an input',
    class extends Input {
      override close(): void {
        this.closed = true
      }
      closed = false
      override readByte(): number {
        if (this.closed) super.close()
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset?: number, length?: number): void {
        if (this.closed) super.close()
        super.readBytes(target, offset, length)
      }
    },
  ),
  'length() answers after close': input(
    'the end of an input',
    class extends Input {
      readonly #length = super.length()
      override length(): number {
        return this.#length
      }
    },
  ),
  'isLoaded() after close fails with another error': input(
    'what Lucene gets wrong',
    class extends Input {
      override isLoaded(): boolean | undefined {
        return this.attempt(
          () => super.isLoaded(),
          () => {
            throw new TypeError('null')
          },
        )
      }
    },
  ),
  'updateIOContext after close does nothing': input(
    'the end of an input',
    class extends Input {
      override updateIOContext(context: IOContext): void {
        this.attempt(
          () => super.updateIOContext(context),
          () => {},
        )
      }
    },
  ),
  'reading nothing after close succeeds': input(
    'the end of an input',
    class extends Input {
      override readByte(): number {
        return super.readByte()
      }
      override readBytes(target: Uint8Array, offset?: number, length?: number): void {
        if (target?.length !== 0) super.readBytes(target, offset, length)
      }
    },
  ),
}
