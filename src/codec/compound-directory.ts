import { checkOptions, invalidType, unsupported } from '../store/arguments.js'
import { Directory } from '../store/directory.js'
import { CorruptIndexError, FileNotFoundError } from '../store/errors.js'
import { checkFileName } from '../store/file-names.js'
import type { IndexInput } from '../store/index-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { checkContext, IOContext } from '../store/io-context.js'
import type { Lock } from '../store/lock.js'
import { WindowedInput } from '../store/windowed-input.js'
import { checksumEntireFile, checksumEntireFileAsync } from './checksum-entire-file.js'
import type { ChecksumOptions } from './checksum-parts.js'
import {
  COMPOUND_DATA_CODEC,
  COMPOUND_VERSION,
  type CompoundEntries,
  type CompoundEntry,
  readCompoundEntries,
} from './compound-entries.js'
import { retrieveChecksum } from './footer.js'
import { segmentFileName } from './index-file-names.js'
import { checkIndexHeader, indexHeaderLength } from './index-header.js'
import { checkId } from './segment-id.js'

export interface CompoundDirectoryOptions {
  /** The segment's id, 16 bytes; by default any, as long as both files have the same. */
  readonly id?: Uint8Array
  /** What the compound file is opened for; by default IOContext.DEFAULT. */
  readonly context?: IOContext
}

/**
 * The files in a segment's compound file (`.cfs`, found through its `.cfe`), as a directory that
 * can only be read. Methods that write throw a TypeError with the code ERR_UNSUPPORTED_OPERATION.
 *
 * What it opens are parts of one input: closing this directory ends them all, unlike the inputs of
 * other directories.
 */
export class CompoundDirectory extends Directory {
  /** The segment's name, with which all of the files' names begin. */
  readonly segmentName: string
  readonly #id: Uint8Array
  readonly #handle: IndexInput
  readonly #entries: ReadonlyMap<string, CompoundEntry>
  readonly #context: IOContext

  private constructor(
    segmentName: string,
    { id, entries }: CompoundEntries,
    handle: IndexInput,
    context: IOContext,
  ) {
    super()
    this.segmentName = segmentName
    this.#context = context
    this.#id = id
    this.#handle = handle
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]))
  }

  /**
   * Opens the compound file of a segment (`_0`) of a directory, which may be closed then. Throws
   * FileNotFoundError when one of its two files is missing, CorruptIndexError when their headers,
   * footers, length or entries are wrong. Contents are not read: see checkIntegrity().
   */
  static open(
    directory: Directory,
    segmentName: string,
    options: CompoundDirectoryOptions = {},
  ): CompoundDirectory {
    if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
    if (typeof segmentName !== 'string') throw invalidType('segmentName', 'a string', segmentName)
    checkOptions('CompoundDirectory', options, ['id', 'context'])
    const { id, context = IOContext.DEFAULT } = options
    if (id !== undefined) checkId('id', id)
    checkContext(context)
    const compound = readCompoundEntries(directory, segmentName, id)
    const handle = directory.openInput(segmentFileName(segmentName, '', 'cfs'), context)
    try {
      const endsInHeader = handle.length() < indexHeaderLength(COMPOUND_DATA_CODEC, '')
      if (endsInHeader) checkCompoundLength(handle, compound) // otherwise it would just have ended
      checkIndexHeader(handle, COMPOUND_DATA_CODEC, COMPOUND_VERSION, COMPOUND_VERSION, compound.id, '')
      checkCompoundLength(handle, compound)
      retrieveChecksum(handle)
      return new CompoundDirectory(segmentName, compound, handle, context)
    } catch (error) {
      handle.close()
      throw error
    }
  }

  /** The segment's id, 16 bytes. */
  get id(): Uint8Array {
    return this.#id.slice()
  }

  listAll(): string[] {
    this.ensureOpen()
    return [...this.#entries.keys()].sort()
  }

  fileLength(name: string): number {
    return this.#entry(name).length
  }

  /** Where a file begins in the compound file, in bytes. Throws FileNotFoundError. */
  fileOffset(name: string): number {
    return this.#entry(name).offset
  }

  /** Without a context, for what the compound file was opened for. Throws FileNotFoundError. */
  openInput(name: string, context: IOContext = this.#context): IndexInput {
    checkContext(context)
    const { offset, length } = this.#entry(name)
    return WindowedInput.openPart(this.#handle, name, offset, length, context)
  }

  /** Reads the whole compound file and throws CorruptIndexError when it is damaged. Blocks. */
  checkIntegrity(): void {
    this.ensureOpen()
    checksumEntireFile(this.#handle)
  }

  /** As checkIntegrity(), in slices between which the event loop runs. */
  async checkIntegrityAsync(options: ChecksumOptions = {}): Promise<void> {
    this.ensureOpen()
    await checksumEntireFileAsync(this.#handle, options)
  }

  createOutput(_name: string, _context?: IOContext): IndexOutput {
    throw this.#unsupported('createOutput()')
  }

  createTempOutput(_prefix: string, _suffix: string, _context?: IOContext): IndexOutput {
    throw this.#unsupported('createTempOutput()')
  }

  override copyFrom(_from: Directory, _source: string, _destination: string, _context?: IOContext): void {
    throw this.#unsupported('copyFrom()')
  }

  deleteFile(_name: string): void {
    throw this.#unsupported('deleteFile()')
  }

  rename(_source: string, _destination: string): void {
    throw this.#unsupported('rename()')
  }

  async sync(_names: Iterable<string>): Promise<void> {
    throw this.#unsupported('sync()')
  }

  /** Does nothing: there is never anything new. */
  async syncMetaData(): Promise<void> {
    this.ensureOpen()
  }

  obtainLock(_name: string): Lock {
    throw this.#unsupported('obtainLock()')
  }

  getPendingDeletions(): ReadonlySet<string> {
    return new Set()
  }

  /** Closes the compound file and with it all inputs that were opened here. */
  override close(): void {
    super.close()
    this.#handle.close()
  }

  override toString(): string {
    return `CompoundDirectory(segment=${this.segmentName} in ${this.#handle.toString()})`
  }

  #entry(name: string): CompoundEntry {
    this.ensureOpen()
    checkFileName(name)
    const entry = this.#entries.get(name)
    if (entry === undefined) {
      throw new FileNotFoundError(
        `No such file: ${name}; there are ${this.listAll().join(', ') || 'none'}: ${this.toString()}`,
        { path: name },
      )
    }
    return entry
  }

  #unsupported(method: string): TypeError {
    this.ensureOpen()
    return unsupported(`${method} is not possible in a compound file: ${this.toString()}`)
  }
}

/** Throws CorruptIndexError unless a compound file is as long as its entries make it. */
export function checkCompoundLength(handle: IndexInput, { dataLength }: CompoundEntries): void {
  const length = handle.length()
  if (length !== dataLength) {
    throw new CorruptIndexError(
      `length should be ${dataLength} bytes, but is ${length} instead: ${String(handle)}`,
    )
  }
}
