import { describe, expect, it } from 'vitest'

import { alignOffset } from '../../src/index.js'

describe('alignOffset', () => {
  it('gives the next multiple of a power of two', () => {
    expect([0, 1, 7, 8, 9].map((offset) => alignOffset(offset, 8))).toEqual([0, 8, 8, 8, 16])
    expect(alignOffset(2 ** 40 + 1, 4_096)).toBe(2 ** 40 + 4_096)
    expect(alignOffset(5, 2 ** 40)).toBe(2 ** 40)
    expect(alignOffset(123, 1)).toBe(123)
  })

  it.each([0, -1, 3, 12, 0.5, NaN, Infinity, -8])('refuses the alignment %d', (alignment) => {
    expect(() => alignOffset(8, alignment)).toThrow(RangeError)
  })

  it.each([-1, 0.5, NaN, Infinity])('refuses the offset %d', (offset) => {
    expect(() => alignOffset(offset, 8)).toThrow(RangeError)
  })

  it('refuses an offset whose multiple is no safe integer', () => {
    expect(() => alignOffset(Number.MAX_SAFE_INTEGER, 8)).toThrow(RangeError)
  })
})
