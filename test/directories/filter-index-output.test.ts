import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'

import { ByteBuffersDirectory, FilterIndexOutput, type IndexOutput } from '../../src/index.js'
import { InvertedOutput, PassingOutput } from '../support/filters.js'
import { contentOf, pattern } from '../support/files.js'

const newOutput = (): IndexOutput => new ByteBuffersDirectory().createOutput('file')

class Noting extends FilterIndexOutput {
  readonly calls: string[] = []

  override writeInt(value: number): void {
    this.calls.push(`writeInt ${value}`)
    super.writeInt(value)
  }

  override writeByte(value: number): void {
    this.calls.push(`writeByte ${value}`)
    super.writeByte(value)
  }

  override writeBytes(source: Uint8Array, offset = 0, length = source.length - offset): void {
    this.calls.push(`writeBytes ${length}`)
    super.writeBytes(source, offset, length)
  }
}

it('passes typed writes to the same method of the output behind it', () => {
  const inner = new Noting(newOutput())
  const outer = new PassingOutput(inner)
  outer.writeInt(5)
  expect(inner.calls[0]).toBe('writeInt 5')
})

it('has every byte pass through a filter of bytes', () => {
  const input = new ByteBuffersDirectory().createOutput('other')
  input.close()
  const output = new Noting(newOutput())
  const writes: Record<string, [string[], () => void]> = {
    writeShort: [['writeByte 2', 'writeByte 1'], () => output.writeShort(0x0102)],
    writeVInt: [['writeByte 133', 'writeByte 1'], () => output.writeVInt(133)],
    writeFloats: [['writeBytes 12'], () => output.writeFloats(new Float32Array(3))],
    writeString: [['writeByte 3', 'writeBytes 3'], () => output.writeString('abc')],
  }
  for (const [, [calls, write]] of Object.entries(writes)) {
    output.calls.length = 0
    write()
    expect(output.calls).toEqual(calls)
  }
})

it('is refused where it overrides one of the two methods only', () => {
  class Half extends FilterIndexOutput {
    override writeByte(): void {}
  }
  class OtherHalf extends FilterIndexOutput {
    override writeBytes(): void {}
  }
  for (const type of [Half, OtherHalf]) {
    expect(() => new type(newOutput())).toThrow('both writeByte() and writeBytes()')
  }
})

it('has the checksum of what reached the output behind it, unless it says otherwise', () => {
  const bytes = pattern(100)
  const passing = new PassingOutput(newOutput())
  passing.writeBytes(bytes)
  expect(passing.getChecksum()).toBe(crc32(bytes))
  const inverted = new InvertedOutput(newOutput())
  inverted.writeBytes(bytes)
  expect(inverted.getChecksum()).toBe(crc32(bytes))
  expect(inverted.getDelegate().getChecksum()).toBe(crc32(bytes.map((byte) => byte ^ 0xff)))
})

it('writes what the filter makes of it, and closes the output behind it', () => {
  const directory = new ByteBuffersDirectory()
  const inner = directory.createOutput('file')
  {
    const output = new InvertedOutput(new PassingOutput(inner))
    expect(FilterIndexOutput.unwrap(output)).toBe(inner)
    expect(output.getName()).toBe('file')
    output.writeByte(1)
    output.alignFilePointer(4)
    output[Symbol.dispose]()
    output.close()
  }
  expect(contentOf(directory, 'file')).toEqual(Uint8Array.of(254, 255, 255, 255))
  expect(() => inner.writeByte(1)).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  expect(() => FilterIndexOutput.unwrap({} as IndexOutput)).toThrow(TypeError)
  expect(() => new PassingOutput({} as IndexOutput)).toThrow(TypeError)
})
