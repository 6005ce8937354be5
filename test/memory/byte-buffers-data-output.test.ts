import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  type BlockAllocator,
  ByteBufferRecycler,
  ByteBuffersDataOutput,
  ByteBuffersDirectory,
  ByteBuffersIndexOutput,
} from '../../src/index.js'
import { examples } from '../support/brief.js'
import { contentOf, pattern } from '../support/files.js'
import { anyRound, readable, readRound, writeRound } from '../support/rounds.js'

/** An output with blocks of 2^bits bytes, all of them. */
const blocksOf = (bits: number): ByteBuffersDataOutput =>
  new ByteBuffersDataOutput({ minBits: bits, maxBits: bits })

const lengths = (output: ByteBuffersDataOutput): number[] => output.toBufferList().map(({ length }) => length)

describe('ByteBuffersDataOutput', () => {
  it('writes what every output writes, whatever its blocks are', () => {
    fc.assert(
      fc.property(
        fc.array(anyRound, { maxLength: 30, size: 'max' }),
        fc.integer({ min: 5, max: 12 }),
        (rounds, bits) => {
          const output = blocksOf(bits)
          const directory = new ByteBuffersDirectory()
          const file = directory.createOutput('file')
          for (const round of rounds) {
            writeRound(output, round)
            writeRound(file, round)
            expect(output.size()).toBe(file.getFilePointer())
          }
          const copied = blocksOf(3)
          output.copyTo(copied)
          expect(Buffer.concat(output.toBufferList())).toEqual(Buffer.from(output.toArrayCopy()))
          expect(copied.toArrayCopy()).toEqual(output.toArrayCopy())
          const input = output.toDataInput()
          for (const round of rounds) expect(readable(readRound(input, round))).toEqual(readable(round.value))
          expect(input.getFilePointer()).toBe(output.size())
          file.close()
          expect(output.toArrayCopy()).toEqual(contentOf(directory, 'file'))
        },
      ),
      { numRuns: examples(40) },
    )
  })

  it('doubles its blocks after each hundred, up to the longest', () => {
    const output = new ByteBuffersDataOutput({ minBits: 2, maxBits: 4 })
    for (let i = 0; i < 100 * 4 + 100 * 8 + 300 * 16 + 1; i++) output.writeByte(i & 0xff)
    expect(lengths(output)).toEqual([
      ...Array<number>(100).fill(4),
      ...Array<number>(100).fill(8),
      ...Array<number>(300).fill(16),
      1,
    ])
    expect(output.ramBytesUsed()).toBe(output.size() + 15)
    const input = output.toDataInput()
    for (let i = 0; i < output.size(); i += 7) {
      input.seek(i)
      expect(input.readByte()).toBe(i & 0xff)
    }
  })

  it.each([
    [undefined, 1 << 10],
    [0, 1 << 10],
    [100 * 1024, 1 << 10],
    [100 * 1024 + 1, 1 << 11],
    [100 * 2 ** 20, 1 << 20],
    [2 ** 52, 1 << 26],
  ])('for an expected size of %s begins with a block of %i bytes', (expectedSize, length) => {
    const asked: number[] = []
    const allocator = { allocate: (size: number) => (asked.push(size), new Uint8Array(size)) }
    const output = new ByteBuffersDataOutput({ expectedSize, allocator })
    expect(output.ramBytesUsed()).toBe(0)
    output.writeByte(1)
    expect(asked).toEqual([length])
    expect(output.ramBytesUsed()).toBe(length)
  })

  it('is empty at first', () => {
    const output = new ByteBuffersDataOutput()
    expect([
      output.size(),
      output.ramBytesUsed(),
      output.toBufferList(),
      output.toArrayCopy().length,
    ]).toEqual([0, 0, [], 0])
    expect(output.toDataInput().length()).toBe(0)
    output.writeBytes(new Uint8Array(0))
    expect(output.ramBytesUsed()).toBe(0)
  })

  it('keeps what was read apart from what is written later', () => {
    const output = blocksOf(3)
    output.writeBytes(Uint8Array.of(1, 2, 3))
    const [buffers, input, copy] = [output.toBufferList(), output.toDataInput(), output.toArrayCopy()]
    output.writeBytes(pattern(100))
    expect(buffers).toEqual([Uint8Array.of(1, 2, 3)])
    expect(input.length()).toBe(3)
    input.seek(2)
    expect(input.readByte()).toBe(3)
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    expect(copy).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('hands out its memory, which can be changed', () => {
    const output = blocksOf(3)
    output.writeBytes(pattern(20))
    output.toBufferList()[1]![0] = 0xff
    expect(output.toArrayCopy()[8]).toBe(0xff)
  })

  it('begins anew after reset, with new blocks or with those of before', () => {
    const fresh = blocksOf(4)
    fresh.writeBytes(pattern(40))
    const before = fresh.toBufferList()
    fresh.reset()
    expect([fresh.size(), fresh.ramBytesUsed(), fresh.toBufferList()]).toEqual([0, 0, []])
    fresh.writeBytes(new Uint8Array(40).fill(9))
    expect(Buffer.concat(before)).toEqual(Buffer.from(pattern(40)))

    const resettable = ByteBuffersDataOutput.newResettableInstance()
    resettable.writeBytes(pattern(5000))
    const memory = new Set(resettable.toBufferList().map(({ buffer }) => buffer))
    resettable.reset()
    resettable.writeBytes(pattern(5000).toReversed())
    expect(resettable.toBufferList().every(({ buffer }) => memory.has(buffer))).toBe(true)
    expect(resettable.toArrayCopy()).toEqual(pattern(5000).toReversed())
    resettable.writeBytes(pattern(5000))
    expect(resettable.size()).toBe(10_000)
  })

  it('refuses values that do not fit, and writes nothing of them', () => {
    const output = blocksOf(1)
    for (const write of [
      () => output.writeByte(256),
      () => output.writeShort(2 ** 15),
      () => output.writeInt(2 ** 31),
      () => output.writeLong(2n ** 63n),
      () => output.writeVLong(-1),
      () => output.writeBytes(pattern(4), 2, 3),
    ])
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    expect(() => output.writeFloat('1' as never)).toThrow(TypeError)
    expect(() => output.writeDouble('1' as never)).toThrow(TypeError)
    expect(() => output.writeBytes([1] as never)).toThrow(TypeError)
    expect(() => output.copyTo({} as never)).toThrow(TypeError)
    expect(output.size()).toBe(0)
  })

  it.each([
    [{ minBits: 0 }, RangeError],
    [{ minBits: 31 }, RangeError],
    [{ minBits: 1.5 }, RangeError],
    [{ minBits: 5, maxBits: 4 }, RangeError],
    [{ maxBits: 31 }, RangeError],
    [{ expectedSize: -1 }, RangeError],
    [{ expectedSize: 5, minBits: 5 }, TypeError],
    [{ allocator: {} }, TypeError],
    [{ minbits: 5 }, TypeError],
    [null, TypeError],
  ])('refuses the options %j', (options, type) => {
    expect(() => new ByteBuffersDataOutput(options as never)).toThrow(type)
  })

  it('refuses blocks that it has not asked for', () => {
    for (const block of [undefined, new Uint8Array(5), new Uint16Array(1024)]) {
      const allocator = { allocate: () => block } as unknown as BlockAllocator
      const output = new ByteBuffersDataOutput({ allocator })
      expect(() => output.writeInt(1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_RETURN_VALUE' }))
      expect(output.size()).toBe(0)
    }
  })

  it('keeps what was written when there is no memory for more', () => {
    let left = 2
    const allocator = {
      allocate: (length: number) => {
        if (left-- === 0) throw new RangeError('Array buffer allocation failed')
        return new Uint8Array(length)
      },
    }
    const output = new ByteBuffersDataOutput({ minBits: 3, allocator })
    expect(() => output.writeBytes(pattern(20))).toThrow(/allocation failed/)
    expect(output.toArrayCopy()).toEqual(pattern(20).subarray(0, 16))
  })
})

describe('ByteBufferRecycler', () => {
  it('hands out blocks of the length that is asked for, the first that came back first', () => {
    const recycler = new ByteBufferRecycler()
    const blocks = [8, 4, 8].map((length) => recycler.allocate(length))
    for (const block of blocks) recycler.reuse(block)
    expect(recycler.allocate(8)).toBe(blocks[0])
    expect(recycler.allocate(8)).toBe(blocks[2]) // the shorter one on the way is dropped
    expect(blocks).not.toContain(recycler.allocate(4))
    expect(() => recycler.allocate(-1)).toThrow(RangeError)
  })
})

describe('ByteBuffersIndexOutput', () => {
  it('is an output whose bytes end up in a data output', () => {
    const data = new ByteBuffersDataOutput()
    data.writeInt(7)
    const output = ByteBuffersIndexOutput.into(data, 'name')
    output.writeBytes(pattern(100_000))
    expect([output.getName(), output.getFilePointer()]).toEqual(['name', 100_000])
    const checksum = output.getChecksum()
    output.close()
    expect(data.size()).toBe(100_004)
    expect(data.toArrayCopy().subarray(4)).toEqual(pattern(100_000))
    const again = new ByteBuffersDirectory().createOutput('other')
    again.writeBytes(pattern(100_000))
    expect(checksum).toBe(again.getChecksum())
    expect(() => output.writeByte(1)).toThrow(expect.objectContaining({ code: 'ERR_ALREADY_CLOSED' }))
  })

  it('refuses other outputs, and what is no name', () => {
    expect(() => ByteBuffersIndexOutput.into({} as never, 'name')).toThrow(TypeError)
    expect(() => ByteBuffersIndexOutput.into(new ByteBuffersDataOutput(), 'a/b')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_FILE_NAME' }),
    )
  })
})
