import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteArrayDataOutput, ByteBuffersDataOutput, EndOfFileError } from '../../src/index.js'
import { examples } from '../support/brief.js'
import { anyRound, writeRound } from '../support/rounds.js'

function errorOf(action: () => void): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as Error).constructor.name
  }
}

describe('ByteArrayDataOutput', () => {
  it('writes what every output writes, whole or not at all', () => {
    fc.assert(
      fc.property(
        fc.array(anyRound, { maxLength: 20, size: 'max' }),
        fc.nat(200),
        fc.nat(20),
        (rounds, room, offset) => {
          const bytes = new Uint8Array(offset + room + 5).fill(0x55)
          const output = new ByteArrayDataOutput(bytes, offset, room)
          const expected = new ByteBuffersDataOutput()
          for (const round of rounds) {
            const one = new ByteBuffersDataOutput()
            writeRound(one, round)
            const before = output.getPosition()
            const fits = one.size() <= room - (before - offset)
            expect(errorOf(() => writeRound(output, round))).toBe(fits ? undefined : 'EndOfFileError')
            expect(output.getPosition()).toBe(fits ? before + one.size() : before)
            if (fits) one.copyTo(expected)
          }
          const end = output.getPosition()
          expect(end).toBe(offset + expected.size())
          expect(bytes.subarray(offset, end)).toEqual(expected.toArrayCopy())
          expect(bytes.subarray(0, offset)).toEqual(new Uint8Array(offset).fill(0x55))
          expect(bytes.subarray(offset + room)).toEqual(new Uint8Array(5).fill(0x55))
        },
      ),
      { numRuns: examples(200) },
    )
  })

  it('goes on in another array', () => {
    const [first, second] = [new Uint8Array(4), new Uint8Array(8)]
    const output = new ByteArrayDataOutput(first)
    output.writeInt(-1)
    expect(() => output.writeByte(0)).toThrow(/^write past the end: bytes=1, 0 left: ByteArrayDataOutput/)
    output.reset(second, 2)
    expect(output.getPosition()).toBe(2)
    output.writeInt(1)
    expect([...first, ...second]).toEqual([255, 255, 255, 255, 0, 0, 1, 0, 0, 0, 0, 0])
    output.reset(second, 2, 1)
    expect(() => output.writeShort(0)).toThrow(EndOfFileError)
    output.writeByte(9)
    expect(second[2]).toBe(9)
  })

  it('refuses values that do not fit their type, and arrays that are none', () => {
    const output = new ByteArrayDataOutput(new Uint8Array(100))
    for (const write of [
      () => output.writeByte(256),
      () => output.writeShort(2 ** 15),
      () => output.writeInt(2 ** 31),
      () => output.writeLong(2n ** 63n),
      () => output.writeVLong(-1),
    ])
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    expect(output.getPosition()).toBe(0)
    expect(() => output.reset(new Uint8Array(5), 6)).toThrow(RangeError)
    expect(() => output.reset(new Uint8Array(5), 0, 6)).toThrow(RangeError)
    expect(() => new ByteArrayDataOutput(undefined as never)).toThrow(TypeError)
    output.writeByte(1)
    expect(output.getPosition()).toBe(1)
  })
})
