import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  ByteBuffersDirectory,
  checkContext,
  checkFileName,
  CodecUtil,
  Directory,
  FileAlreadyExistsError,
  FileNotFoundError,
  IndexInput,
  IndexOutput,
  InvalidFileNameError,
  IOContext,
  type Lock,
  type OutputSink,
  SingleInstanceLockFactory,
  Window,
} from '../../src/index.js'
import { examples } from '../support/brief.js'
import { pattern } from '../support/files.js'

/** Takes at most `most` bytes at a time, and copies them, as it has to. */
class ListSink implements OutputSink {
  readonly bytes: number[] = []
  readonly ends: boolean[] = []

  constructor(readonly most = Infinity) {}

  write(bytes: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.most)
    for (let i = 0; i < count; i++) this.bytes.push(bytes[offset + i]!)
    return count
  }

  close(complete: boolean): void {
    this.ends.push(complete)
  }
}

describe('an output to a storage of a program’s own', () => {
  it('hands on what is written, in however small parts it is taken, with its checksum', () => {
    const part = fc.uint8Array({ maxLength: 70_000 })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.integer({ min: 1, max: 50_000 }), (parts, most) => {
        const sink = new ListSink(most)
        const output = IndexOutput.from(sink, 'file', 'ListSink(file)')
        for (const bytes of parts) output.writeBytes(bytes)
        const written = Buffer.concat(parts)
        expect(output.getFilePointer()).toBe(written.length)
        expect(output.getChecksum()).toBe(written.length === 0 ? 0 : crc32(written))
        output.close()
        expect(Buffer.compare(Buffer.from(sink.bytes), written)).toBe(0)
        expect(sink.ends).toEqual([true])
      }),
      { numRuns: examples(30) },
    )
  })

  it('is of the class that every directory makes, and ends like it', () => {
    const output = IndexOutput.from(new ListSink(), 'file', 'ListSink(file)')
    expect(output.constructor).toBe(new ByteBuffersDirectory().createOutput('file').constructor)
    expect([output.getName(), output.toString()]).toEqual(['file', 'ListSink(file)'])
    output.close()
    expect(() => output.writeByte(1)).toThrow(AlreadyClosedError)
  })

  it('is over with the first write that throws: there is no other, and the file is not complete', () => {
    const sink = new ListSink()
    const full = new Error('full')
    let writes = 0
    sink.write = () => {
      writes++
      throw full
    }
    const output = IndexOutput.from(sink, 'file', 'ListSink(file)')
    expect(() => output.writeBytes(pattern(100_000))).toThrow(full)
    expect(() => output.writeByte(1)).toThrow(full)
    expect(() => output.getChecksum()).toThrow(full)
    output.close()
    output.close()
    expect([writes, sink.ends]).toEqual([1, [false]])
  })

  it.each([0, -1, 1.5, NaN, 100_001, undefined])('is told so when write() returns %s', (count) => {
    const sink = new ListSink()
    sink.write = () => count as number
    const output = IndexOutput.from(sink, 'file', 'ListSink(file)')
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_RETURN_VALUE' }) as Error
    expect(() => output.writeBytes(pattern(100_000))).toThrow(wrong)
    expect(() => output.writeByte(1)).toThrow(wrong)
  })

  it('needs a sink, a name that is one, and a description', () => {
    const { write } = new ListSink()
    expect(() => IndexOutput.from({ write } as unknown as OutputSink, 'file', '')).toThrow(TypeError)
    expect(() => IndexOutput.from(new ListSink(), '../file', '')).toThrow(InvalidFileNameError)
    expect(() => IndexOutput.from(new ListSink(), 'file', undefined as unknown as string)).toThrow(TypeError)
  })
})

/** The least that a Directory has to have, of nothing but what the package exports. */
class ListDirectory extends Directory {
  readonly #files = new Map<string, ListSink>()
  readonly #locks = new SingleInstanceLockFactory()
  #counter = 0

  listAll(): string[] {
    this.ensureOpen()
    return [...this.#files.keys()].sort()
  }

  fileLength(name: string): number {
    return this.#file(name).bytes.length
  }

  openInput(name: string, context = IOContext.DEFAULT): IndexInput {
    checkContext(context)
    const bytes = Uint8Array.from(this.#file(name).bytes)
    const source = { length: bytes.length, window: () => new Window(0, bytes), close: () => {} }
    return IndexInput.from(source, `ListDirectory(${name})`)
  }

  createOutput(name: string, context = IOContext.DEFAULT): IndexOutput {
    this.#check(name)
    checkContext(context)
    if (this.#files.has(name)) throw new FileAlreadyExistsError(`The name is taken: ${name}`)
    const sink = new ListSink()
    this.#files.set(name, sink)
    return IndexOutput.from(sink, name, `ListDirectory(${name})`)
  }

  createTempOutput(prefix: string, suffix: string, context = IOContext.DEFAULT): IndexOutput {
    return this.createOutput(Directory.getTempFileName(prefix, suffix, this.#counter++), context)
  }

  deleteFile(name: string): void {
    this.#file(name)
    this.#files.delete(name)
  }

  rename(source: string, destination: string): void {
    const file = this.#file(source)
    if (this.#files.has(destination)) throw new FileAlreadyExistsError(`The name is taken: ${destination}`)
    this.#files.set(destination, file)
    this.#files.delete(source)
  }

  async sync(names: Iterable<string>): Promise<void> {
    for (const name of names) this.#file(name)
  }

  async syncMetaData(): Promise<void> {
    this.ensureOpen()
  }

  obtainLock(name: string): Lock {
    this.#check(name)
    return this.#locks.obtainLock(this, name)
  }

  getPendingDeletions(): ReadonlySet<string> {
    return new Set()
  }

  toString(): string {
    return 'ListDirectory()'
  }

  #check(name: string): void {
    this.ensureOpen()
    checkFileName(name)
  }

  #file(name: string): ListSink {
    this.#check(name)
    const file = this.#files.get(name)
    if (file === undefined) throw new FileNotFoundError(`No such file: ${name}`)
    return file
  }
}

describe('a directory of a program’s own', () => {
  it('can be made of what the package exports, and takes files with headers and footers', () => {
    const directory = new ListDirectory()
    const output = directory.createTempOutput('pre', 'suf')
    CodecUtil.writeHeader(output, 'Test', 3)
    output.writeLongs(BigInt64Array.of(1n, -1n))
    CodecUtil.writeFooter(output)
    output.close()
    expect(output.getName()).toBe('pre_suf_0.tmp')
    directory.rename(output.getName(), 'file')
    const input = directory.openChecksumInput('file')
    expect(CodecUtil.checkHeader(input, 'Test', 0, 5)).toBe(3)
    expect([input.readLong(), input.readLong()]).toEqual([1n, -1n])
    CodecUtil.checkFooter(input)
    input.close()
    expect(() => directory.openInput('a/b')).toThrow(InvalidFileNameError)
    const none = { kind: 'default', hints: [] } as unknown as IOContext
    expect(() => directory.openInput('file', none)).toThrow(TypeError)
    expect(() => directory.createOutput('other', none)).toThrow(TypeError)
    expect(directory.listAll()).toEqual(['file'])
  })

  it('can be copied to and from', () => {
    const directory = new ListDirectory()
    const memory = new ByteBuffersDirectory()
    const output = memory.createOutput('file')
    output.writeBytes(pattern(100_000))
    output.close()
    directory.copyFrom(memory, 'file', 'there')
    memory.copyFrom(directory, 'there', 'and back')
    expect(CodecUtil.readBEInt(memory.openInput('and back'))).toBe(
      CodecUtil.readBEInt(memory.openInput('file')),
    )
    expect(directory.fileLength('there')).toBe(100_000)
  })
})
