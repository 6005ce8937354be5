import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { AdvisedRanges } from '../../src/store/advised-ranges.js'
import type { ReadAdvice } from '../../src/store/io-context.js'

const LENGTH = 1000
const UNIT = 10

it('tells what was said last of every unit, as a table of units would', () => {
  const advice = fc.constantFrom<ReadAdvice>('normal', 'random', 'sequential')
  const range = fc
    .tuple(fc.integer({ min: 0, max: LENGTH }), fc.integer({ min: 0, max: LENGTH }))
    .map(([a, b]) => [Math.min(a, b), Math.abs(a - b)] as const)
  fc.assert(
    fc.property(fc.array(fc.tuple(range, advice), { maxLength: 30 }), (settings) => {
      const ranges = new AdvisedRanges(LENGTH, UNIT)
      const model = Array.from({ length: LENGTH / UNIT }, (): ReadAdvice => 'normal')
      for (const [[offset, length], said] of settings) {
        ranges.set(offset, length, said)
        const end = offset + length
        for (let unit = 0; unit < model.length; unit++) {
          if (unit * UNIT >= offset && (unit + 1) * UNIT <= end) model[unit] = said
        }
      }
      expect(model.map((_, unit) => ranges.at(unit * UNIT, UNIT))).toEqual(model)
      expect(model.map((_, unit) => ranges.at(unit * UNIT + 3, 4))).toEqual(model)
      for (const [[offset, length], said] of settings) {
        const touched = model.slice(Math.floor(offset / UNIT), Math.ceil((offset + length) / UNIT))
        expect(ranges.some(offset, length, said)).toBe(length > 0 && touched.includes(said))
      }
    }),
  )
})

it('tells of a range with several the one of the file', () => {
  const ranges = new AdvisedRanges(LENGTH, UNIT)
  ranges.set(0, LENGTH, 'random')
  ranges.set(100, 100, 'sequential')
  expect(ranges.at(0, LENGTH)).toBe('random')
  expect(ranges.at(100, 100)).toBe('sequential')
  expect(ranges.at(95, 110)).toBe('sequential') // the units within it
  expect(ranges.at(50, 100)).toBe('random')
  ranges.set(0, LENGTH, 'normal')
  expect(ranges.at(100, 100)).toBe('normal')
})

it('finds nothing in a range without bytes', () => {
  const ranges = new AdvisedRanges(LENGTH, UNIT)
  ranges.set(0, 420, 'sequential')
  expect(ranges.some(418, 0, 'sequential')).toBe(false)
  expect(ranges.some(418, 1, 'sequential')).toBe(true)
})

it('counts the ranges that differ from the file, neighbours of one advice as one', () => {
  const ranges = new AdvisedRanges(LENGTH, UNIT)
  expect(ranges.count).toBe(0)
  ranges.set(100, 100, 'random')
  expect(ranges.count).toBe(1)
  ranges.set(200, 100, 'random') // begins where the other ends
  expect(ranges.count).toBe(1)
  ranges.set(50, 50, 'random')
  expect(ranges.count).toBe(1)
  ranges.set(400, 10, 'sequential')
  expect(ranges.count).toBe(2)
  ranges.set(150, 50, 'normal') // as the file's: in the middle of one
  expect(ranges.count).toBe(3)
  ranges.set(0, 300, 'normal')
  expect(ranges.count).toBe(1)
  ranges.set(400, 9, 'normal') // less than a unit
  expect(ranges.count).toBe(1)
  ranges.set(0, LENGTH, 'random')
  expect(ranges.count).toBe(0)
})

it('tells of a part of a unit what the units around it have', () => {
  const ranges = new AdvisedRanges(LENGTH + 5, UNIT)
  ranges.set(100, UNIT, 'random')
  ranges.set(LENGTH, 5, 'sequential') // the last unit is shorter
  for (const [offset, length, advice] of [
    [100, 1, 'random'],
    [105, 0, 'random'],
    [109, 1, 'random'],
    [99, 1, 'normal'],
    [110, 1, 'normal'],
    [108, 4, 'normal'],
    [LENGTH + 4, 1, 'sequential'],
    [LENGTH - 1, 1, 'normal'],
    [LENGTH - 1, 2, 'normal'],
  ] as const)
    expect([offset, length, ranges.at(offset, length)]).toEqual([offset, length, advice])
})
