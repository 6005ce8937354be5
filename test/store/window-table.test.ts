import { describe, expect, it } from 'vitest'

import { newBytes } from '../../src/store/intrinsics.js'
import { NOTHING, Window } from '../../src/store/window.js'
import { WindowTable } from '../../src/store/window-table.js'

const PATIENCE = 2 ** 22
const LENGTH = 1000

/** Windows of 16 bytes, later of up to 512, over a file of 1,000. */
function table(opened: string[] = [], refuse = (_windowLength: number) => false): WindowTable {
  return new WindowTable(LENGTH, 4, 9, (start, windowLength) => {
    opened.push(`${start}+${windowLength}`)
    if (refuse(windowLength)) throw new Error('refused')
    return new Window(start, newBytes(Math.min(windowLength + 8, LENGTH - start)))
  })
}

function askOften(windows: WindowTable, position: number): void {
  for (let i = 0; i < PATIENCE; i++) windows.known(position)
}

describe('WindowTable', () => {
  it('makes a window when it is first needed, and once', () => {
    const opened: string[] = []
    const windows = table(opened)
    expect(windows.known(40)).toBe(NOTHING)
    const window = windows.at(40)
    expect(window.start).toBe(32)
    expect(windows.at(47)).toBe(window)
    expect(windows.known(32)).toBe(window)
    expect(windows.known(48)).toBe(NOTHING)
    expect(windows.known(LENGTH - 1)).toBe(NOTHING)
    expect(opened).toEqual(['32+16'])
  })

  it('makes wide windows where a reader keeps asking, and leaves the others as they are', () => {
    const opened: string[] = []
    const windows = table(opened)
    const [first, last] = [windows.at(0), windows.at(LENGTH - 1)]
    askOften(windows, 20)
    const wide = windows.known(20)
    expect([wide.start, wide.length]).toEqual([0, 520])
    expect(windows.known(0)).toBe(wide)
    expect(windows.known(511)).toBe(wide)
    expect(first).not.toBe(wide)
    expect(windows.known(512)).toBe(NOTHING)
    expect(windows.known(LENGTH - 1)).toBe(last)
    askOften(windows, LENGTH - 1)
    const rest = windows.known(LENGTH - 1)
    expect([rest.start, rest.length]).toEqual([512, LENGTH - 512])
    expect(windows.known(512)).toBe(rest)
    expect(opened).toEqual(['0+16', '992+16', '0+512', '512+512'])
  })

  it('makes no wide window twice, and none for what one window holds', () => {
    const opened: string[] = []
    const windows = table(opened)
    askOften(windows, 20)
    askOften(windows, 300)
    expect(opened).toEqual(['0+512'])

    const starts: number[] = []
    const small = new WindowTable(10, 4, 9, (start) => {
      starts.push(start)
      return new Window(start, newBytes(10))
    })
    small.at(5)
    askOften(small, 5)
    expect(starts).toEqual([0])
  })

  it('takes no memory for what lies before a window that is far in', () => {
    const length = 2 ** 53 - 1
    for (const power of [4, 12, 25]) {
      let longest = 0
      const windows = new WindowTable(length, power, 30, (start, windowLength) => {
        longest = Math.max(longest, windowLength)
        return Object.assign(new Window(0, newBytes(8)), {
          start,
          length: Math.min(windowLength, length - start),
        })
      })
      const positions = [0, 2 ** 31, 2 ** 37 - 16, 2 ** 46 + 5, 2 ** 52, length - 1]
      const before = process.memoryUsage().heapUsed
      const made = positions.map((position) => windows.at(position))
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6)
      expect(longest).toBeLessThanOrEqual(2 ** 30)
      for (const [i, position] of positions.entries()) {
        expect(windows.at(position)).toBe(made[i])
        expect(windows.known(position)).toBe(made[i])
        expect(made[i]!.start).toBeLessThanOrEqual(position)
        expect(made[i]!.start + made[i]!.length).toBeGreaterThan(position)
      }
      expect(windows.known(2 ** 51)).toBe(NOTHING)
      askOften(windows, 2 ** 52)
      expect(windows.known(2 ** 52).start).toBeLessThanOrEqual(2 ** 52)
    }
  })

  it('knows of no window that would hold a position past the end, however far', () => {
    const windows = table()
    windows.at(0)
    for (const position of [LENGTH, 2 ** 31 * 16, 2 ** 35, 2 ** 40 + 5, 2 ** 56, 1e17, 1e300, Infinity]) {
      const { start, length } = windows.known(position)
      expect(start + length).toBeLessThanOrEqual(position)
    }
    askOften(windows, 1e17)
    askOften(windows, Infinity)
    expect(windows.known(0).start).toBe(0)
  })

  it('goes on with the windows there are when the engine refuses a wide one', () => {
    const windows = table([], (windowLength) => windowLength > 16)
    const window = windows.at(20)
    askOften(windows, 20)
    expect(windows.known(20)).toBe(window)
    expect(windows.at(500).start).toBe(496)
  })
})
