import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

import {
  BufferedChecksumIndexInput,
  ByteBuffersDirectory,
  type ChecksumIndexInput,
  type Directory,
  FileNotFoundError,
  FilterDirectory,
  FSDirectory,
  type IndexInput,
  type IndexOutput,
  type IOContext,
  type Lock,
  NoLockFactory,
} from '../../../src/index.js'
import { MockDirectory } from '../../../src/testing/index.js'
import { directory, lockOf, type Mutant } from './mutant.js'

/** Directories, locks and checksum inputs that are wrong. */
export const DIRECTORY_MUTANTS: Readonly<Record<string, Mutant>> = {
  'the list is in the order of UTF-8': directory(
    'files',
    class extends FilterDirectory {
      override listAll(): string[] {
        return super.listAll().sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }
    },
  ),
  'createOutput replaces a file': directory(
    'files',
    class extends FilterDirectory {
      override createOutput(name: string, context?: IOContext): IndexOutput {
        if (super.listAll().includes(name)) super.deleteFile(name)
        return super.createOutput(name, context)
      }
    },
  ),
  'deleting what is missing succeeds': directory(
    'files',
    class extends FilterDirectory {
      override deleteFile(name: string): void {
        if (super.listAll().includes(name)) super.deleteFile(name)
      }
    },
  ),
  'deleting works after close': directory(
    'what Lucene gets wrong',
    class extends FilterDirectory {
      override deleteFile(name: string): void {
        if (this.isOpen) super.deleteFile(name)
      }
    },
  ),
  'a missing file is a plain Error': directory(
    'files',
    class extends FilterDirectory {
      override openInput(name: string, context?: IOContext): IndexInput {
        if (this.isOpen && !super.listAll().includes(name)) throw new Error(`no ${name}`)
        return super.openInput(name, context)
      }
    },
  ),
  'the length of a file is that of the first of its name': directory(
    'renaming and copying',
    class extends FilterDirectory {
      readonly #lengths = new Map<string, number>()
      override fileLength(name: string): number {
        const length = super.fileLength(name)
        return this.#lengths.get(name) ?? length
      }
      override rename(source: string, destination: string): void {
        super.rename(source, destination)
        this.#lengths.set(destination, 0)
      }
    },
  ),
  'rename replaces a file': directory(
    'renaming and copying',
    class extends FilterDirectory {
      override rename(source: string, destination: string): void {
        if (source !== destination && super.listAll().includes(destination)) super.deleteFile(destination)
        super.rename(source, destination)
      }
    },
  ),
  'rename leaves the old name': directory(
    'renaming and copying',
    class extends FilterDirectory {
      override rename(source: string, destination: string): void {
        super.fileLength(source)
        this.copyFrom(this, source, destination)
      }
    },
  ),
  'half a copy stays where copying fails': directory(
    'renaming and copying',
    class extends FilterDirectory {
      override copyFrom(from: Directory, source: string, destination: string, context?: IOContext): void {
        const opened = from.openInput(source)
        const copy = this.createOutput(destination, context)
        copy.copyBytes(opened, opened.length())
        copy.close()
        opened.close()
      }
    },
  ),
  'names with separators are taken': directory(
    'file names',
    class extends FilterDirectory {
      override createOutput(name: string, context?: IOContext): IndexOutput {
        return super.createOutput(typeof name === 'string' ? name.replaceAll(/^.*[/\\]/g, '') : name, context)
      }
    },
  ),
  'the numbers of temporary files are decimal': directory(
    'temporary files',
    class extends FilterDirectory {
      #counter = 0
      override createTempOutput(prefix: string, suffix: string, context?: IOContext): IndexOutput {
        return super.createOutput(`${prefix}_${suffix}_${this.#counter++}.tmp`, context)
      }
    },
  ),
  'syncing what is missing succeeds': directory(
    'syncing',
    class extends FilterDirectory {
      override async sync(names: Iterable<string>): Promise<void> {
        const there = super.listAll()
        await super.sync([...names].filter((name) => there.includes(name)))
      }
    },
  ),
  'syncing what is missing makes it': directory(
    'syncing',
    class extends FilterDirectory {
      override async sync(names: Iterable<string>): Promise<void> {
        const there = super.listAll()
        const missing = [...names].filter((name) => !there.includes(name))
        for (const name of missing) super.createOutput(name).close()
        await super.sync(names)
        if (missing.length > 0) throw new FileNotFoundError(`no ${missing.join()}`, { path: missing[0] })
      }
    },
  ),
  'locks keep nobody out': {
    part: 'locks',
    create: () => new ByteBuffersDirectory({ lockFactory: NoLockFactory.INSTANCE }),
  },
  'a lock that was released is valid': directory(
    'locks',
    class extends FilterDirectory {
      override obtainLock(name: string): Lock {
        return lockOf(super.obtainLock(name), { ensureValid: () => {} })
      }
    },
  ),
  'releasing a lock twice releases that of the next holder': directory(
    'locks',
    class extends FilterDirectory {
      readonly #held = new Map<string, Lock>()
      override obtainLock(name: string): Lock {
        const lock = super.obtainLock(name)
        this.#held.set(name, lock)
        return lockOf(lock, { close: () => this.#held.get(name)?.close() })
      }
    },
  ),
  'locks end with their directory': directory(
    'locks',
    class extends FilterDirectory {
      readonly #locks: Lock[] = []
      override obtainLock(name: string): Lock {
        const lock = super.obtainLock(name)
        this.#locks.push(lock)
        return lock
      }
      override close(): void {
        for (const lock of this.#locks) lock.close()
        super.close()
      }
    },
  ),
  'inputs end with their directory': directory(
    'the end of a directory',
    class extends FilterDirectory {
      readonly #inputs: IndexInput[] = []
      override openInput(name: string, context?: IOContext): IndexInput {
        const opened = super.openInput(name, context)
        this.#inputs.push(opened)
        return opened
      }
      override close(): void {
        for (const opened of this.#inputs) opened.close()
        super.close()
      }
    },
  ),
  'a directory lists its files after close': directory(
    'the end of a directory',
    class extends FilterDirectory {
      override listAll(): string[] {
        return this.isOpen ? super.listAll() : []
      }
    },
  ),
  'inputs of one file are one input': directory(
    'the end of an input',
    class extends FilterDirectory {
      readonly #inputs = new Map<string, IndexInput>()
      override openInput(name: string, context?: IOContext): IndexInput {
        const opened = this.#inputs.get(name) ?? super.openInput(name, context)
        if (name === 'file') this.#inputs.set(name, opened)
        return opened
      }
    },
  ),
  'a file that is still being written can be opened': {
    part: 'files',
    supports: { exclusiveWriting: true },
    create: (path) => FSDirectory.open(path),
  },
  'a checksum input goes back': directory(
    'checksum inputs',
    class extends FilterDirectory {
      override openChecksumInput(name: string): ChecksumIndexInput {
        const open = (): IndexInput => super.openInput(name)
        return new (class extends BufferedChecksumIndexInput {
          override seek(position: number): void {
            if (position >= 0 && position < this.getFilePointer()) return
            super.seek(position)
          }
        })(open())
      }
    },
  ),
  'a checksum misses what was skipped': directory(
    'checksum inputs',
    class extends FilterDirectory {
      override openChecksumInput(name: string): ChecksumIndexInput {
        const opened = super.openInput(name)
        return new (class extends BufferedChecksumIndexInput {
          #skipped = false
          override skipBytes(count: number): void {
            super.skipBytes(count)
            this.#skipped ||= count > 0
          }
          override getChecksum(): number {
            return this.#skipped ? 0 : super.getChecksum()
          }
        })(opened)
      }
    },
  ),
  'what was written is gone for the next one': {
    part: 'syncing',
    supports: { persistence: true },
    create: (path) => FSDirectory.open(mkdtempSync(join(path, 'new-'))),
  },
  'a file whose deletion waits is listed': {
    part: 'pending deletions',
    create: () =>
      new (class extends MockDirectory {
        override listAll(): string[] {
          return this.getDelegate().listAll()
        }
      })(new ByteBuffersDirectory(), { complain: false }),
  },
  'a name whose deletion waited stays taken': {
    part: 'pending deletions',
    create: () =>
      new (class extends MockDirectory {
        override createOutput(name: string, context?: IOContext): IndexOutput {
          return this.getDelegate().createOutput(name, context)
        }
      })(new ByteBuffersDirectory(), { complain: false }),
  },
}
