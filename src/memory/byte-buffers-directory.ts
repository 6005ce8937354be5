import { checkIterable, checkOptions, checkSize, invalidType } from '../store/arguments.js'
import { BufferedIndexOutput } from '../store/buffered-index-output.js'
import { Directory } from '../store/directory.js'
import { AccessDeniedError, FileAlreadyExistsError, FileNotFoundError } from '../store/errors.js'
import { checkFileName } from '../store/file-names.js'
import type { IndexInput } from '../store/index-input.js'
import { LONGEST_ARRAY } from '../store/intrinsics.js'
import { WindowedInput } from '../store/windowed-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { checkLockFactory, type Lock, type LockFactory } from '../store/lock.js'
import { SingleInstanceLockFactory } from '../store/single-instance-lock-factory.js'
import { windowPower, type WindowPowerOption } from '../store/window-power.js'
import { ByteBuffersDataOutput } from './byte-buffers-data-output.js'
import { MemoryFile } from './memory-file.js'

export interface ByteBuffersDirectoryOptions {
  /** By default a SingleInstanceLockFactory of its own. */
  readonly lockFactory?: LockFactory | undefined
  /**
   * Files of up to this many bytes become one array when they are closed, which costs a copy and
   * saves what is left of their last block; longer ones stay in the blocks that they were written
   * in. 0: all stay (Lucene's OUTPUT_AS_MANY_BUFFERS); Infinity: none that the engine's longest
   * array can hold (OUTPUT_AS_ONE_BUFFER). By default 4 MiB.
   */
  readonly joinUpTo?: number | undefined
  /** Makes what a file is written into; by default blocks of 32 KiB and more. */
  readonly newDataOutput?: (() => ByteBuffersDataOutput) | undefined
}

/**
 * A directory on the heap, for tests and small indexes. Gone when it is collected; close() lets go
 * of its files at once, while inputs that are open keep theirs.
 */
export class ByteBuffersDirectory extends Directory {
  readonly #files = new Map<string, MemoryFile>()
  readonly #lockFactory: LockFactory
  readonly #joinUpTo: number
  readonly #newDataOutput: () => ByteBuffersDataOutput
  #tempCounter = 0

  constructor(options: ByteBuffersDirectoryOptions & WindowPowerOption = {}) {
    super()
    checkOptions('ByteBuffersDirectory', options, ['lockFactory', 'joinUpTo', 'newDataOutput'])
    this.#lockFactory = checkLockFactory(options.lockFactory ?? new SingleInstanceLockFactory())
    const power = options[windowPower]
    const { joinUpTo = power === undefined ? JOIN_UP_TO : 0, newDataOutput = outputOf(power, power) } =
      options
    if (joinUpTo !== Infinity) checkSize('joinUpTo', joinUpTo)
    if (typeof newDataOutput !== 'function') throw invalidType('newDataOutput', 'a function', newDataOutput)
    this.#joinUpTo = Math.min(joinUpTo, LONGEST_ARRAY)
    this.#newDataOutput = newDataOutput
  }

  listAll(): string[] {
    this.ensureOpen()
    return [...this.#files.keys()].sort()
  }

  /** Lucene's shorthand. */
  fileExists(name: string): boolean {
    this.#check(name)
    return this.#files.has(name)
  }

  fileLength(name: string): number {
    return this.#file(name).length
  }

  openInput(name: string, context: IOContext = IOContext.DEFAULT): IndexInput {
    checkContext(context)
    const { source } = this.#file(name)
    if (source === undefined) {
      throw new AccessDeniedError(`The file is still being written: ${name}`, { path: name })
    }
    return WindowedInput.over(source, `ByteBuffersDirectory(name="${name}")`)
  }

  createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    this.#check(name)
    checkContext(context)
    if (this.#files.has(name)) throw new FileAlreadyExistsError(`The name is taken: ${name}`, { path: name })
    const output = this.#newDataOutput()
    if (!(output instanceof ByteBuffersDataOutput)) {
      throw invalidType('what newDataOutput() returns', 'a ByteBuffersDataOutput', output)
    }
    const file = new MemoryFile(output, this.#joinUpTo)
    this.#files.set(name, file)
    return new BufferedIndexOutput(file, name, `ByteBuffersDirectoryOutput(name="${name}")`)
  }

  createTempOutput(prefix: string, suffix: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    for (;;) {
      const name = Directory.getTempFileName(prefix, suffix, this.#tempCounter++)
      if (!this.fileExists(name)) return this.createOutput(name, context)
    }
  }

  deleteFile(name: string): void {
    this.#file(name)
    this.#files.delete(name)
  }

  rename(source: string, destination: string): void {
    const file = this.#file(source)
    this.#check(destination)
    if (this.#files.has(destination)) {
      throw new FileAlreadyExistsError(`The name is taken: ${destination}`, { path: destination })
    }
    this.#files.set(destination, file)
    this.#files.delete(source)
  }

  async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    checkIterable('names', names)
    for (const name of names) this.#file(name)
  }

  async syncMetaData(): Promise<void> {
    this.ensureOpen()
  }

  obtainLock(name: string): Lock {
    this.#check(name)
    return this.#lockFactory.obtainLock(this, name)
  }

  getPendingDeletions(): ReadonlySet<string> {
    return new Set()
  }

  override close(): void {
    super.close()
    this.#files.clear()
  }

  override toString(): string {
    return 'ByteBuffersDirectory()'
  }

  #check(name: string): void {
    this.ensureOpen()
    checkFileName(name)
  }

  #file(name: string): MemoryFile {
    this.#check(name)
    const file = this.#files.get(name)
    if (file === undefined) throw new FileNotFoundError(`No such file: ${name}`, { path: name })
    return file
  }
}

/** As long as what an output hands on at once. */
const MIN_BITS = 15

function outputOf(power = MIN_BITS, maxBits?: number): () => ByteBuffersDataOutput {
  return () => new ByteBuffersDataOutput({ minBits: power, maxBits })
}

const JOIN_UP_TO = 4 * 2 ** 20
