import { describe, expect, it } from 'vitest'

import { BufferedChecksum, IndexOutput, type OutputSink } from '../../src/index.js'

/** What outputs gather before they write, and the longest piece that a checksum gathers by default. */
const BUFFER_LENGTH = 32 * 1024

/** Keeps what was written, call by call. */
class CallsSink implements OutputSink {
  readonly calls: Buffer[] = []
  readonly ends: boolean[] = []
  failure: Error | undefined

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.failure !== undefined) throw this.failure
    this.calls.push(Buffer.from(bytes.subarray(offset, offset + length)))
    return length
  }

  close(complete: boolean): void {
    this.ends.push(complete)
  }
}

const WRITES: readonly (readonly [string, number, (output: IndexOutput) => void, Buffer])[] = [
  ['a byte', 1, (output) => output.writeByte(0x12), Buffer.of(0x12)],
  ['an int16', 2, (output) => output.writeShort(0x1234), Buffer.of(0x34, 0x12)],
  ['an int32', 4, (output) => output.writeInt(0x12345678), Buffer.of(0x78, 0x56, 0x34, 0x12)],
  ['an int64', 8, (output) => output.writeLong(-2n), Buffer.from('feffffffffffffff', 'hex')],
  ['a float32', 4, (output) => output.writeFloat(1), Buffer.from('0000803f', 'hex')],
  ['a float64', 8, (output) => output.writeDouble(1), Buffer.from('000000000000f03f', 'hex')],
  ['bytes', 5, (output) => output.writeBytes(Uint8Array.of(9, 1, 2, 3, 4, 5), 1), Buffer.of(1, 2, 3, 4, 5)],
]

describe.each(WRITES)('%s', (_, length, write, bytes) => {
  it.each(Array.from({ length: length + 2 }, (__, i) => i))(
    'is written whole where the buffer has room for %d more',
    (room) => {
      const sink = new CallsSink()
      const output = IndexOutput.from(sink, 'file', 'calls')
      const before = Buffer.alloc(BUFFER_LENGTH - room, 0xaa)
      output.writeBytes(before)
      write(output)
      expect(output.getFilePointer()).toBe(before.length + length)
      output.close()
      expect(Buffer.compare(Buffer.concat(sink.calls), Buffer.concat([before, bytes]))).toBe(0)
      // As many calls as buffers that were full: one where it all fits.
      expect(sink.calls).toHaveLength(room < length ? 2 : 1)
    },
  )

  it('goes on to fill the buffer behind one that was full', () => {
    const sink = new CallsSink()
    const output = IndexOutput.from(sink, 'file', 'calls')
    output.writeBytes(Buffer.alloc(BUFFER_LENGTH))
    for (let i = 0; i < 3; i++) write(output)
    output.close()
    expect(sink.calls.map((call) => call.length)).toEqual([BUFFER_LENGTH, 3 * length])
  })
})

it('writes bytes that are longer than the buffer at once, and shorter ones through it', () => {
  const sink = new CallsSink()
  const output = IndexOutput.from(sink, 'file', 'calls')
  output.writeByte(1)
  output.writeBytes(Buffer.alloc(BUFFER_LENGTH, 2))
  output.writeByte(3)
  output.writeBytes(Buffer.alloc(BUFFER_LENGTH - 1, 4))
  output.writeByte(5)
  output.close()
  expect(sink.calls.map((call) => [call[0], call.length])).toEqual([
    [1, 1],
    [2, BUFFER_LENGTH],
    [3, BUFFER_LENGTH],
    [5, 1],
  ])
})

it('ends the sink as incomplete, with the first error, where the last write of close() fails', () => {
  const sink = new CallsSink()
  const output = IndexOutput.from(sink, 'file', 'calls')
  output.writeByte(1)
  sink.failure = new Error('full')
  expect(() => output.close()).toThrow('full')
  expect(sink.ends).toEqual([false])
  output.close()
  expect(sink.ends).toEqual([false])
  expect(() => output.writeByte(1)).toThrow('Already closed: calls')
})

it('sums up values that fill what a checksum gathers, and those that do not', () => {
  const updates: readonly ((checksum: BufferedChecksum, value: number) => void)[] = [
    (checksum, value) => checksum.updateByte(value),
    (checksum, value) => checksum.updateShort(value),
    (checksum, value) => checksum.updateInt(value),
    (checksum, value) => checksum.updateLong(value),
    (checksum, value) => checksum.update(Uint8Array.of(value, value + 1, value + 2)),
  ]
  for (const update of updates) {
    const [small, large] = [new BufferedChecksum(8), new BufferedChecksum(2 ** 20)]
    for (let value = 0; value < 100; value++) {
      update(small, value)
      update(large, value)
    }
    expect(small.getValue()).toBe(large.getValue())
    expect(small.getValue()).not.toBe(0)
  }
})
