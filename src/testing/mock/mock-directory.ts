import { FilterDirectory } from '../../directories/filter-directory.js'
import { checkOptions, checkSize, invalidType } from '../../store/arguments.js'
import { BufferedIndexOutput } from '../../store/buffered-index-output.js'
import { Directory } from '../../store/directory.js'
import { FileNotFoundError, StorageError } from '../../store/errors.js'
import { checkFileName } from '../../store/file-names.js'
import { ignoringErrors } from '../../store/ignoring-errors.js'
import type { IndexInput } from '../../store/index-input.js'
import type { IndexOutput } from '../../store/index-output.js'
import type { IOContext } from '../../store/io-context.js'
import type { Lock } from '../../store/lock.js'
import { Random } from '../random.js'
import { CountedLock } from './counted-lock.js'
import { DiskJournal } from './disk-journal.js'
import { checkFaults, type MockFaults, type MockOperation } from './mock-faults.js'
import { CountedInput, FailingInput } from './mock-inputs.js'
import { MockSink } from './mock-sink.js'
import { type OpenHandle, OpenHandles } from './open-handles.js'

/** What there is of a file: bytes that have reached the disk, and whether more may follow. */
interface MockFile {
  length: number
  writing: boolean
}

export interface MockDirectoryOptions {
  /** What random failures and the outcome of a crash follow from; 0 by default. */
  readonly seed?: number
  /** Whether close() throws when something is still open; true by default. */
  readonly complain?: boolean
}

/**
 * Another directory, in which things go wrong as asked: for tests of what is built on a Directory.
 * Without faults it does what the other one does, and counts what is open. Closing it closes the
 * other one.
 */
export class MockDirectory extends FilterDirectory {
  readonly #random: Random
  readonly #complain: boolean
  readonly #handles = new OpenHandles()
  readonly #journal: DiskJournal
  readonly #files = new Map<string, MockFile>()
  readonly #pending = new Set<string>()
  #faults: MockFaults = {}

  constructor(delegate: Directory, options: MockDirectoryOptions = {}) {
    super(delegate)
    checkOptions('MockDirectory', options, ['seed', 'complain'])
    const { seed = 0, complain = true } = options
    checkSize('seed', seed)
    if (typeof complain !== 'boolean') throw invalidType('complain', 'a boolean', complain)
    this.#random = new Random(seed)
    this.#complain = complain
    this.#journal = new DiskJournal(delegate)
    for (const name of delegate.listAll()) {
      const add = (): unknown => this.#files.set(name, { length: delegate.fileLength(name), writing: false })
      ignoringErrors(add) // a subdirectory has none
    }
  }

  /**
   * Sets what goes wrong from now on, in place of what went wrong before: `setFaults({})` is the
   * end of it. Reads fail of inputs that are opened while `errorRates.read` or `failure` is set;
   * such inputs copy where others would not.
   */
  setFaults(faults: MockFaults): void {
    checkFaults(faults)
    this.#faults = faults
  }

  /** The bytes that all files take, of those that are being written what has left their buffers. */
  usedBytes(): number {
    let sum = 0
    for (const { length } of this.#files.values()) sum += length
    return sum
  }

  /** What was opened through this directory and not closed. */
  openHandles(): readonly OpenHandle[] {
    return this.#handles.list()
  }

  /**
   * Ends this directory as a power cut would: its inputs, outputs and locks are closed, and the
   * directory behind it, which stays open, holds what was synced. Of what was not, it holds some:
   * files are missing, cut, partly zeros or whole, names are old or new, as the seed decides.
   * Content is promised by sync() after the output was closed, names by syncMetaData().
   */
  crash(): void {
    this.ensureOpen()
    this.#handles.abandonAll()
    Directory.prototype.close.call(this) // not the directory behind it
    this.#journal.crash(this.#random)
  }

  override listAll(): string[] {
    return super.listAll().filter((name) => !this.#pending.has(name))
  }

  override fileLength(name: string): number {
    this.#refusePending(name)
    return super.fileLength(name)
  }

  override openInput(name: string, context?: IOContext): IndexInput {
    this.ensureOpen()
    this.#refusePending(name)
    this.#check('open', name)
    const input = super.openInput(name, context)
    const { errorRates, failure } = this.#faults
    const fails = failure !== undefined || (errorRates?.read ?? 0) > 0
    const inner = fails ? new FailingInput(input, () => this.#check('read', name)) : input
    return new CountedInput(
      inner,
      this.#handles.add('input', name, () => inner.close()),
    )
  }

  override createOutput(name: string, context?: IOContext): IndexOutput {
    this.ensureOpen()
    checkFileName(name)
    this.#retry(name)
    this.#check('create', name)
    return this.#counted(super.createOutput(name, context))
  }

  override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    this.ensureOpen()
    this.#check('create', prefix)
    return this.#counted(super.createTempOutput(prefix, suffix, context))
  }

  override deleteFile(name: string): void {
    this.ensureOpen()
    this.#refusePending(name)
    this.#check('delete', name)
    if (this.#isRefused(name)) {
      super.fileLength(name) // throws when there is none
      this.#pending.add(name)
    } else {
      this.#remove(name)
    }
    this.#retryAll()
  }

  override rename(source: string, destination: string): void {
    this.ensureOpen()
    checkFileName(destination)
    this.#refusePending(source)
    this.#retry(destination)
    this.#check('rename', source)
    super.rename(source, destination)
    this.#journal.renamed(source, destination)
    const file = this.#files.get(source)
    if (file !== undefined) this.#files.set(destination, file)
    this.#files.delete(source)
  }

  override async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    const wanted = [...names]
    for (const name of wanted) {
      checkFileName(name)
      this.#refusePending(name)
      this.#check('sync', name)
    }
    const written = wanted.filter((name) => !this.#files.get(name)?.writing)
    await super.sync(wanted)
    for (const name of written) this.#journal.synced(name)
  }

  override async syncMetaData(): Promise<void> {
    this.ensureOpen()
    this.#check('syncMetaData', '')
    const { changes } = this.#journal
    await super.syncMetaData()
    this.#journal.promised(changes)
  }

  override obtainLock(name: string): Lock {
    this.ensureOpen()
    this.#check('lock', name)
    const lock = super.obtainLock(name)
    return new CountedLock(
      lock,
      this.#handles.add('lock', name, () => lock.close()),
    )
  }

  override getPendingDeletions(): ReadonlySet<string> {
    if (this.isOpen) this.#retryAll()
    return new Set([...this.#pending, ...super.getPendingDeletions()])
  }

  /**
   * Ends this directory and the one behind it. Throws a StorageError with the code ERR_OPEN_FILES
   * when something that was opened is not closed, with where it was opened; closed it is all the same.
   */
  override close(): void {
    if (!this.isOpen) return
    this.#retryAll()
    const open = this.openHandles()
    super.close()
    if (open.length > 0 && this.#complain) {
      const list = open.map(({ kind, name, stack }) => `${kind} ${name}, opened\n${stack}`).join('\n')
      throw new StorageError('ERR_OPEN_FILES', `Still open at the end of ${this.toString()}:\n${list}`)
    }
  }

  #check(operation: MockOperation, name: string): void {
    const { errorRates, failure } = this.#faults
    const error = failure?.(operation, name)
    if (error !== undefined) throw error
    const rate = errorRates?.[operation] ?? 0
    if (rate > 0 && this.#random.next() < rate) {
      throw new StorageError('EIO', `I/O error, by MockDirectory: ${operation} ${name}`, {
        path: name,
        syscall: operation,
      })
    }
  }

  #counted(output: IndexOutput): IndexOutput {
    const name = output.getName()
    const file: MockFile = { length: 0, writing: true }
    this.#files.set(name, file)
    this.#journal.created(name)
    const closed = this.#handles.add('output', name, () => {
      sink.abandon()
      ignoringErrors(() => counted.close())
    })
    const sink = new MockSink(
      output,
      (length) => this.#admit(name, file, length),
      () => {
        file.writing = false
        closed()
      },
    )
    const counted = new BufferedIndexOutput(sink, name, output.toString())
    return counted
  }

  /** How many of `length` bytes still fit on the disk. */
  #admit(name: string, file: MockFile, length: number): number {
    this.#check('write', name)
    const { diskSize = Infinity } = this.#faults
    const admitted = Math.min(length, diskSize - this.usedBytes())
    if (admitted <= 0) {
      throw new StorageError('ENOSPC', `No space left, by MockDirectory: ${diskSize} bytes: ${name}`, {
        path: name,
        syscall: 'write',
      })
    }
    file.length += admitted
    return admitted
  }

  #isRefused(name: string): boolean {
    const { refuseDeletes = false } = this.#faults
    return refuseDeletes === 'open' ? this.#handles.uses(name) : refuseDeletes
  }

  #refusePending(name: string): void {
    if (this.#pending.has(name)) {
      throw new FileNotFoundError(`File is pending deletion: ${name}`, { path: name })
    }
  }

  #remove(name: string): void {
    checkFileName(name)
    this.#journal.remove(name)
    this.#files.delete(name)
  }

  #retryAll(): void {
    for (const name of this.#pending) this.#retry(name)
  }

  #retry(name: string): void {
    if (!this.#pending.has(name) || this.#isRefused(name)) return
    this.#remove(name)
    this.#pending.delete(name)
  }
}
