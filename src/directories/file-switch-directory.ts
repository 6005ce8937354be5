import { checkIterable, checkOptions, invalidType, invalidValue } from '../store/arguments.js'
import { Directory } from '../store/directory.js'
import { FileNotFoundError, StorageError } from '../store/errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { type IOContext } from '../store/io-context.js'
import type { Lock } from '../store/lock.js'
import { checkDirectory } from './check-directory.js'

export interface FileSwitchDirectoryOptions {
  /** Whether close() closes the two directories; by default it does. */
  readonly doClose?: boolean
}

/**
 * Two directories as one: files with certain extensions are in the primary one, all others in the
 * secondary one. Both may be at the same path, say one mapped and one read: each is asked only for
 * the names that belong to it.
 *
 * Files are not renamed from one directory to the other: that is a StorageError with the code
 * EXDEV. A temporary file goes by the first extension that its name has before `.tmp`, so that it
 * can get its final name: `_0.cfs_copy_1.tmp` is where `_0.cfs` would be.
 */
export class FileSwitchDirectory extends Directory {
  readonly #extensions: ReadonlySet<string>
  readonly #primary: Directory
  readonly #secondary: Directory
  readonly #doClose: boolean

  /** `primaryExtensions` are without the dot. Throws a TypeError for `tmp`, which is reserved. */
  constructor(
    primaryExtensions: Iterable<string>,
    primary: Directory,
    secondary: Directory,
    options: FileSwitchDirectoryOptions = {},
  ) {
    super()
    checkOptions('FileSwitchDirectory', options, ['doClose'])
    const { doClose = true } = options
    if (typeof doClose !== 'boolean') throw invalidType('option doClose', 'a boolean', doClose)
    this.#extensions = checkExtensions(primaryExtensions)
    this.#primary = checkDirectory('primary', primary)
    this.#secondary = checkDirectory('secondary', secondary)
    this.#doClose = doClose
  }

  /** What is behind the last dot of a name, '' without one; of a temporary file, see above. */
  static getExtension(name: string): string {
    if (typeof name !== 'string') throw invalidType('name', 'a string', name)
    const dot = name.lastIndexOf('.')
    if (dot === -1) return ''
    const extension = name.slice(dot + 1)
    if (extension !== 'tmp') return extension
    return /\.([a-zA-Z]+)/.exec(name.slice(0, dot))?.[1] ?? extension
  }

  getPrimaryDir(): Directory {
    return this.#primary
  }

  getSecondaryDir(): Directory {
    return this.#secondary
  }

  /** The one of the two where a file of this name belongs. */
  directoryOf(name: string): Directory {
    this.ensureOpen()
    return this.#isPrimary(name) ? this.#primary : this.#secondary
  }

  /** Throws FileNotFoundError when one directory is missing and there is nothing in the other. */
  listAll(): string[] {
    this.ensureOpen()
    const names: string[] = []
    let missing: FileNotFoundError | undefined
    for (const primary of [true, false]) {
      try {
        // Not those of the other: this one may show what is pending deletion there.
        const listed = (primary ? this.#primary : this.#secondary).listAll()
        names.push(...listed.filter((name) => this.#isPrimary(name) === primary))
      } catch (error) {
        if (!(error instanceof FileNotFoundError)) throw error
        missing ??= error
      }
    }
    if (missing !== undefined && names.length === 0) throw missing
    return names.sort()
  }

  fileLength(name: string): number {
    return this.directoryOf(name).fileLength(name)
  }

  openInput(name: string, context?: IOContext): IndexInput {
    return this.directoryOf(name).openInput(name, context)
  }

  createOutput(name: string, context?: IOContext): IndexOutput {
    return this.directoryOf(name).createOutput(name, context)
  }

  createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
    return this.directoryOf(Directory.getTempFileName(prefix, suffix, 0)).createTempOutput(
      prefix,
      suffix,
      context,
    )
  }

  override copyFrom(from: Directory, source: string, destination: string, context?: IOContext): void {
    this.directoryOf(destination).copyFrom(from, source, destination, context)
  }

  deleteFile(name: string): void {
    this.directoryOf(name).deleteFile(name)
  }

  rename(source: string, destination: string): void {
    const directory = this.directoryOf(source)
    if (this.directoryOf(destination) !== directory) {
      throw new StorageError(
        'EXDEV',
        `${source} -> ${destination}: source and destination are in different directories`,
        { path: source, syscall: 'rename' },
      )
    }
    directory.rename(source, destination)
  }

  async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    checkIterable('names', names)
    const all = [...names]
    await this.#primary.sync(all.filter((name) => this.#isPrimary(name)))
    await this.#secondary.sync(all.filter((name) => !this.#isPrimary(name)))
  }

  async syncMetaData(): Promise<void> {
    this.ensureOpen()
    await this.#primary.syncMetaData()
    await this.#secondary.syncMetaData()
  }

  obtainLock(name: string): Lock {
    return this.directoryOf(name).obtainLock(name)
  }

  getPendingDeletions(): ReadonlySet<string> {
    return new Set([...this.#primary.getPendingDeletions(), ...this.#secondary.getPendingDeletions()])
  }

  override close(): void {
    if (!this.isOpen) return
    super.close()
    if (!this.#doClose) return
    try {
      this.#primary.close()
    } finally {
      this.#secondary.close()
    }
  }

  override toString(): string {
    return `FileSwitchDirectory(${[...this.#extensions].join()}: ${this.#primary.toString()}, others: ${this.#secondary.toString()})`
  }

  #isPrimary(name: string): boolean {
    // What is no name at all gets its error from a directory.
    return typeof name === 'string' && this.#extensions.has(FileSwitchDirectory.getExtension(name))
  }
}

function checkExtensions(extensions: Iterable<string>): ReadonlySet<string> {
  if (typeof extensions === 'string' || typeof extensions?.[Symbol.iterator] !== 'function') {
    throw invalidType('primaryExtensions', 'an iterable of strings', extensions)
  }
  const set = new Set<string>()
  for (const extension of extensions) {
    if (typeof extension !== 'string') throw invalidType('extension', 'a string', extension)
    if (extension === 'tmp') throw invalidValue('tmp is a reserved extension')
    set.add(extension)
  }
  return set
}
