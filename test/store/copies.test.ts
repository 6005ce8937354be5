import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'

import {
  ByteBuffersDirectory,
  type DataInput,
  type Directory,
  FilterDirectory,
  FilterIndexInput,
  FilterIndexOutput,
  type IndexInput,
  type IndexOutput,
} from '../../src/index.js'
import { checksumRange } from '../../src/store/checksum.js'
import { contentOf, pattern, write } from '../support/files.js'

/** Counts what is open, and fails as a test wants it. */
class Watched extends FilterDirectory {
  open = 0
  fails: 'read' | 'write' | 'close of the source' | 'close of the copy' | undefined

  constructor(delegate: Directory = new ByteBuffersDirectory()) {
    super(delegate)
  }

  fail(at: Watched['fails']): void {
    if (this.fails === at) throw new Error(`the ${at} fails`)
  }

  override openInput(name: string): IndexInput {
    this.open++
    return new WatchedInput(super.openInput(name), this)
  }

  override createOutput(name: string): IndexOutput {
    const output = super.createOutput(name)
    this.open++
    return new WatchedOutput(output, this)
  }
}

class WatchedInput extends FilterIndexInput {
  readonly lengths: number[] = []
  readonly clones: WatchedInput[] = []
  open = true

  constructor(
    input: IndexInput,
    readonly directory: Watched,
  ) {
    super(input)
  }

  override readByte(): number {
    this.directory.fail('read')
    return super.readByte()
  }

  override readBytes(target: Uint8Array, offset?: number, length?: number): void {
    this.directory.fail('read')
    this.lengths.push(target.length)
    super.readBytes(target, offset, length)
  }

  protected wrap(part: IndexInput): IndexInput {
    const clone = new WatchedInput(part, this.directory)
    this.directory.open++
    this.clones.push(clone)
    return clone
  }

  override close(): void {
    if (this.open) this.directory.open--
    this.open = false
    super.close()
    this.directory.fail('close of the source')
  }
}

class WatchedOutput extends FilterIndexOutput {
  #open = true

  constructor(
    output: IndexOutput,
    readonly directory: Watched,
  ) {
    super(output)
  }

  override copyBytes(input: DataInput, length: number): void {
    super.copyBytes(input, length)
    this.directory.fail('write')
  }

  override close(): void {
    if (this.#open) this.directory.open--
    this.#open = false
    super.close()
    this.directory.fail('close of the copy')
  }
}

describe('copyFrom()', () => {
  it('copies all of a file and closes both', () => {
    const directory = new Watched()
    write(directory, 'source', pattern(100_000))
    directory.copyFrom(directory, 'source', 'copy')
    expect(directory.open).toBe(0)
    expect(Buffer.compare(contentOf(directory, 'copy'), pattern(100_000))).toBe(0)
  })

  it.each(['read', 'write', 'close of the source', 'close of the copy'] as const)(
    'leaves nothing open and no copy where the %s fails',
    (fails) => {
      const directory = new Watched()
      write(directory, 'source', pattern(100_000))
      directory.fails = fails
      expect(() => directory.copyFrom(directory, 'source', 'copy')).toThrow(`the ${fails} fails`)
      expect(directory.open).toBe(0)
      expect(directory.listAll()).toEqual(['source'])
    },
  )

  it('leaves a file alone whose name the copy should have', () => {
    const directory = new Watched()
    write(directory, 'source', pattern(10))
    write(directory, 'copy', pattern(20))
    expect(() => directory.copyFrom(directory, 'source', 'copy')).toThrow('copy')
    expect(directory.open).toBe(0)
    expect(directory.fileLength('copy')).toBe(20)
  })
})

describe('checksumRange()', () => {
  it('sums up a part of an input that gives no memory away, in pieces, and closes what it read with', () => {
    const directory = new Watched()
    write(directory, 'file', pattern(200_000))
    const input = directory.openInput('file') as WatchedInput
    input.seek(5)
    expect(checksumRange(input, 7, 150_000, 3)).toBe(crc32(pattern(200_000).subarray(7, 150_007), 3))
    expect(checksumRange(input, 7, 10, 3)).toBe(crc32(pattern(200_000).subarray(7, 17), 3))
    expect(checksumRange(input, 7, 0, 3)).toBe(3)
    const piece = 64 * 1024
    expect(input.clones.map(({ lengths }) => lengths)).toEqual([[piece, piece, piece], [10], []])
    expect(directory.open).toBe(1)
    expect(input.getFilePointer()).toBe(5)
  })
})
