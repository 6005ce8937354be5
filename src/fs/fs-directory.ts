import {
  lstatSync,
  mkdirSync,
  promises,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  constants,
} from 'node:fs'
import { join } from 'node:path'

import { checkIterable, checkOptions, invalidType } from '../store/arguments.js'
import { BufferedIndexOutput, type OutputSink } from '../store/buffered-index-output.js'
import { Directory } from '../store/directory.js'
import {
  FileAlreadyExistsError,
  FileNotFoundError,
  NotADirectoryError,
  NotAFileError,
} from '../store/errors.js'
import { checkFileName } from '../store/file-names.js'
import type { IndexInput } from '../store/index-input.js'
import type { WindowSource } from '../store/window.js'
import { WindowedInput } from '../store/windowed-input.js'
import type { IndexOutput } from '../store/index-output.js'
import { adviceFor, checkContext, IOContext } from '../store/io-context.js'
import { checkLockFactory, type Lock, type LockFactory } from '../store/lock.js'
import { windowPower, type WindowPowerOption } from '../store/window-power.js'
import { createWith, openWith } from './direct-io.js'
import { FileFlusher } from './file-flusher.js'
import { FileSink } from './file-sink.js'
import { FileSource } from './file-source.js'
import { storageError, withStorageErrors } from './fs-errors.js'
import { hardLink, linkFile } from './hard-link.js'
import { NativeFSLockFactory } from './native-fs-lock-factory.js'
import { openRegularFile } from './open-file.js'
import { PendingDeletions } from './pending-deletions.js'
import { syncHandle } from './sync-handle.js'
import { DIRECTORIES_ARE_FLUSHED } from './system.js'

export interface FSDirectoryOptions {
  /** Make the directory, and those above it, where it is missing. By default that is an error. */
  readonly create?: boolean
  /** By default NativeFSLockFactory.INSTANCE. */
  readonly lockFactory?: LockFactory
}

export const FS_OPTIONS = ['create', 'lockFactory'] as const

/**
 * A directory of the file system, read with positional reads. Needs no native code but for locks.
 * Files that others make or remove appear and disappear as they do so.
 */
export class FSDirectory extends Directory {
  /** The directory's real path. */
  readonly path: string
  readonly #lockFactory: LockFactory
  readonly #pending: PendingDeletions
  readonly #flusher = new FileFlusher()
  #tempCounter = 0
  readonly #windowLength: number | undefined

  protected constructor(path: string, options: FSDirectoryOptions & WindowPowerOption) {
    super()
    const { create = false, lockFactory = NativeFSLockFactory.INSTANCE } = options
    if (typeof create !== 'boolean') throw invalidType('option create', 'a boolean', create)
    this.#lockFactory = checkLockFactory(lockFactory)
    this.path = resolveDirectory(path, create)
    this.#pending = new PendingDeletions(this.path)
    const power = options[windowPower]
    this.#windowLength = power === undefined ? undefined : 2 ** power
  }

  /**
   * Opens the directory at `path`. Throws FileNotFoundError when there is none, NotADirectoryError
   * when something else is there, a TypeError for an option that does not exist.
   */
  static open(path: string, options: FSDirectoryOptions = {}): FSDirectory {
    checkOptions('FSDirectory', options, FS_OPTIONS)
    return new FSDirectory(path, options)
  }

  listAll(): string[] {
    this.ensureOpen()
    const names = withStorageErrors('list', this.path, () => readdirSync(this.path))
    return names.filter((name) => !this.#pending.has(name)).sort()
  }

  fileLength(name: string): number {
    const path = this.pathOf(name)
    this.#pending.refuse(name)
    const stats = withStorageErrors('stat', path, () => statSync(path))
    if (stats.isDirectory()) throw new NotAFileError('EISDIR', `Is a directory: ${path}`, { path })
    return stats.size
  }

  openInput(name: string, context: IOContext = IOContext.DEFAULT): IndexInput {
    const path = this.pathOf(name)
    checkContext(context)
    this.#pending.refuse(name)
    return this.openPath(path, name, context)
  }

  /** How files are read: what kinds of this directory differ in. */
  protected openPath(path: string, _name: string, context: IOContext): IndexInput {
    const advice = adviceFor(context)
    const { fd, stats } = openRegularFile(path, advice)
    const source = new FileSource(fd, path, stats.size, {
      advice,
      adviceOf: adviceFor,
      windowLength: this.#windowLength,
    })
    return WindowedInput.over(source, `FSDirectory(path="${path}")`)
  }

  createOutput(name: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    return this[createWith](name, context, (path) => new FileSink(path))
  }

  /** Makes a file that is written to in another way. */
  [createWith](name: string, context: IOContext, makeSink: (path: string) => OutputSink): IndexOutput {
    const path = this.pathOf(name)
    checkContext(context)
    this.#pending.tick()
    this.#pending.release(name)
    return new BufferedIndexOutput(makeSink(path), name, `FSDirectoryOutput(path="${path}")`)
  }

  /** Opens a file that is read in another way; undefined where there is no source for it. */
  [openWith](name: string, makeSource: (path: string) => WindowSource | undefined): IndexInput | undefined {
    const path = this.pathOf(name)
    this.#pending.refuse(name)
    const source = makeSource(path)
    return source === undefined ? undefined : WindowedInput.over(source, `FSDirectory(path="${path}")`)
  }

  createTempOutput(prefix: string, suffix: string, context: IOContext = IOContext.DEFAULT): IndexOutput {
    for (;;) {
      const name = Directory.getTempFileName(prefix, suffix, this.#tempCounter++)
      checkFileName(name)
      if (this.#pending.has(name)) continue
      try {
        return this.createOutput(name, context)
      } catch (error) {
        if (!(error instanceof FileAlreadyExistsError)) throw error
      }
    }
  }

  /** Gives a file of another directory a name here, too; false where it has to be copied. */
  [linkFile](from: FSDirectory, source: string, destination: string): boolean {
    const existing = from.pathOf(source)
    from.#pending.refuse(source)
    const path = this.pathOf(destination)
    this.#pending.tick()
    this.#pending.release(destination)
    return hardLink(existing, path)
  }

  deleteFile(name: string): void {
    const path = this.pathOf(name)
    if (isDirectory(path)) throw new NotAFileError('EISDIR', `Is a directory: ${path}`, { path })
    this.#pending.delete(name)
    this.#pending.tick()
  }

  rename(source: string, destination: string): void {
    const from = this.pathOf(source)
    const to = this.pathOf(destination)
    this.#pending.refuse(source)
    this.#pending.tick()
    this.#pending.release(destination)
    if (isDirectory(from)) throw new NotAFileError('EISDIR', `Is a directory: ${from}`, { path: from })
    // rename(2) would replace the destination without a word. Between the two calls someone else
    // could still make it: that is what the directory's write lock is for.
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) {
      throw new FileAlreadyExistsError(`The name is taken: ${to}`, { path: to })
    }
    withStorageErrors('rename', from, () => renameSync(from, to))
  }

  async sync(names: Iterable<string>): Promise<void> {
    this.ensureOpen()
    checkIterable('names', names)
    const wanted = [...names]
    const paths = wanted.map((name) => this.pathOf(name))
    for (const name of wanted) this.#pending.refuse(name)
    this.#pending.tick()
    for (const path of paths) await this.#flusher.flush(path)
  }

  async syncMetaData(): Promise<void> {
    this.ensureOpen()
    this.#pending.tick()
    await (DIRECTORIES_ARE_FLUSHED ? flushDirectory(this.path) : findDirectory(this.path))
  }

  obtainLock(name: string): Lock {
    this.ensureOpen()
    checkFileName(name)
    return this.#lockFactory.obtainLock(this, name)
  }

  getPendingDeletions(): ReadonlySet<string> {
    this.#pending.retryAll()
    return this.#pending.names()
  }

  override close(): void {
    if (!this.isOpen) return
    super.close()
    this.#pending.retryAll()
  }

  override toString(): string {
    return `${this.constructor.name}(path="${this.path}")`
  }

  /** The path of a file of this directory; checks that the directory is open and the name is one. */
  protected pathOf(name: string): string {
    this.ensureOpen()
    checkFileName(name)
    return join(this.path, name)
  }
}

function resolveDirectory(path: string, create: boolean): string {
  if (typeof path !== 'string' || path === '') throw invalidType('path', 'a string that is not empty', path)
  return withStorageErrors('open directory', path, () => {
    if (create) mkdirSync(path, { recursive: true })
    const real = realPathOf(path)
    if (!statSync(real).isDirectory()) throw new NotADirectoryError(`Not a directory: ${path}`, { path })
    return real
  })
}

// Not statSync's `throwIfNoEntry: false`: since Node.js 22 that takes a path below a file (ENOTDIR)
// for one that is not there, too.
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    const { code, syscall, errno } = cause as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw cause
    throw new FileNotFoundError(`No such directory: ${path}`, { path, syscall, errno, cause })
  }
}

function isDirectory(path: string): boolean {
  return withStorageErrors('stat', path, () => lstatSync(path)).isDirectory()
}

async function findDirectory(path: string): Promise<void> {
  try {
    await promises.access(path)
  } catch (error) {
    throw storageError(error, 'sync', path)
  }
}

async function flushDirectory(path: string): Promise<void> {
  try {
    const directory = await promises.open(path, constants.O_RDONLY)
    try {
      await syncHandle(directory)
      // XFS that has shut down (an I/O error does that) has nothing left to flush, and fsync of a
      // directory succeeds. Its stat fails.
      await directory.stat()
    } finally {
      await directory.close()
    }
  } catch (error) {
    throw storageError(error, 'sync', path)
  }
}
