import {
  ByteBuffersDirectory,
  type Directory,
  FilterDirectory,
  FilterIndexInput,
  type IndexInput,
  type IndexOutput,
  type IOContext,
  type Lock,
  type RandomAccessInput,
} from '../../../src/index.js'
import { type DirectorySupport } from '../../../src/testing/index.js'

/** A directory with a defect, and the part of the suite that has to see it. */
export interface Mutant {
  readonly part: string
  readonly supports?: DirectorySupport
  create(path: string): Directory
}

type Change<T> = (delegate: T) => T

/** A directory in memory whose inputs are changed. */
class ChangedInputs extends FilterDirectory {
  readonly #change: Change<IndexInput>

  constructor(change: Change<IndexInput>) {
    super(new ByteBuffersDirectory())
    this.#change = change
  }

  override openInput(name: string, context?: IOContext): IndexInput {
    return this.#change(super.openInput(name, context))
  }
}

/** A directory in memory whose outputs are changed. */
class ChangedOutputs extends FilterDirectory {
  readonly #change: Change<IndexOutput>

  constructor(change: Change<IndexOutput>) {
    super(new ByteBuffersDirectory())
    this.#change = change
  }

  override createOutput(name: string, context?: IOContext): IndexOutput {
    return this.#change(super.createOutput(name, context))
  }
}

/** An input whose clones and slices are as it is. */
export class Input extends FilterIndexInput {
  protected wrap(part: IndexInput): IndexInput {
    return new (this.constructor as new (delegate: IndexInput) => IndexInput)(part)
  }

  protected attempt<T>(read: () => T, otherwise: () => T): T {
    try {
      return read()
    } catch {
      return otherwise()
    }
  }
}

type InputType = new (delegate: IndexInput) => IndexInput
type OutputType = new (delegate: IndexOutput) => IndexOutput

export function input(part: string, type: InputType): Mutant {
  return { part, create: () => new ChangedInputs((delegate) => new type(delegate)) }
}

export function output(part: string, type: OutputType): Mutant {
  return { part, create: () => new ChangedOutputs((delegate) => new type(delegate)) }
}

export function random(
  part: string,
  change: (random: RandomAccessInput, input: IndexInput) => object,
): Mutant {
  return input(
    part,
    class extends Input {
      override randomAccessSlice(offset: number, length: number): RandomAccessInput {
        const inner = super.randomAccessSlice(offset, length)
        const changes = change(inner, this)
        const bound = (key: string | symbol): unknown => {
          const member = Reflect.get(inner, key) as unknown
          return typeof member === 'function' ? (member.bind(inner) as unknown) : member
        }
        return new Proxy(inner, { get: (_, key) => Reflect.get(changes, key) ?? bound(key) })
      }
    },
  )
}

export function directory(part: string, type: new (delegate: Directory) => Directory): Mutant {
  return { part, create: () => new type(new ByteBuffersDirectory()) }
}

export function lockOf(lock: Lock, changes: Partial<Lock>): Lock {
  const own = {
    name: lock.name,
    ensureValid: () => lock.ensureValid(),
    close: () => lock.close(),
    ...changes,
  }
  return { ...own, [Symbol.dispose]: () => own.close() }
}
