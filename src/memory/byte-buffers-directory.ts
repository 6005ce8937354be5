import { checkOptions } from '../store/arguments.js'
import { BufferedIndexOutput } from '../store/buffered-index-output.js'
import { Directory } from '../store/directory.js'
import { AccessDeniedError, FileAlreadyExistsError, FileNotFoundError } from '../store/errors.js'
import { checkFileName } from '../store/file-names.js'
import type { IndexInput } from '../store/index-input.js'
import { WindowedInput } from '../store/windowed-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import { checkLockFactory, type Lock, type LockFactory } from '../store/lock.js'
import { SingleInstanceLockFactory } from '../store/single-instance-lock-factory.js'
import { tempFileName } from '../store/temp-file-name.js'
import { windowPower, type WindowPowerOption } from '../store/window-power.js'
import { MemoryFile } from './memory-file.js'

export interface ByteBuffersDirectoryOptions {
  /** By default a SingleInstanceLockFactory of its own. */
  readonly lockFactory?: LockFactory
}

/**
 * A directory on the heap, for tests and small indexes. Gone when it is collected; close() lets go
 * of its files at once, while inputs that are open keep theirs.
 */
export class ByteBuffersDirectory extends Directory {
  readonly #files = new Map<string, MemoryFile>()
  readonly #lockFactory: LockFactory
  readonly #blockPower: number
  #tempCounter = 0

  constructor(options: ByteBuffersDirectoryOptions & WindowPowerOption = {}) {
    super()
    checkOptions('ByteBuffersDirectory', options, ['lockFactory'])
    this.#lockFactory = checkLockFactory(options.lockFactory ?? new SingleInstanceLockFactory())
    this.#blockPower = options[windowPower] ?? BLOCK_POWER
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
    const file = this.#file(name)
    if (!file.complete) {
      throw new AccessDeniedError(`The file is still being written: ${name}`, { path: name })
    }
    return WindowedInput.over(file.source(), `ByteBuffersDirectory(name="${name}")`)
  }

  createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    this.#check(name)
    checkContext(context)
    if (this.#files.has(name)) throw new FileAlreadyExistsError(`The name is taken: ${name}`, { path: name })
    const file = new MemoryFile(this.#blockPower)
    this.#files.set(name, file)
    return new BufferedIndexOutput(file, name, `ByteBuffersDirectoryOutput(name="${name}")`)
  }

  createTempOutput(prefix: string, suffix: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    for (;;) {
      const name = tempFileName(prefix, suffix, this.#tempCounter++)
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

const BLOCK_POWER = 22
