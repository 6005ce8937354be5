import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  FileFaultError,
  IndexInput,
  IOContext,
  MapFailedError,
  Window,
  type WindowSource,
} from '../../src/index.js'
import { LONGEST_ARRAY } from '../../src/store/intrinsics.js'
import { WindowedInput } from '../../src/store/windowed-input.js'
import { examples } from '../support/brief.js'
import { pattern } from '../support/files.js'

const LENGTH = 200_000
const bytes = pattern(LENGTH)
const FAULT = new FileFaultError('pages are lost', {})

interface Watched {
  readonly input: IndexInput
  /** With what fault() was asked. */
  readonly looks: boolean[]
  closes(): number
}

/** An input over a source of a program's own. */
function over(more: Partial<WindowSource> = {}, length = LENGTH): Watched {
  const looks: boolean[] = []
  let closes = 0
  const source: WindowSource = {
    length,
    window: () => new Window(0, bytes),
    fault: (closely) => {
      looks.push(closely)
      return undefined
    },
    close: () => closes++,
    ...more,
  }
  return { input: IndexInput.from(source, 'own'), looks, closes: () => closes }
}

const open = (input: IndexInput, index: number): IndexInput =>
  WindowedInput.openPart(input, `part ${index}`, index * 10, 10, IOContext.READ)

/** The byte at 3, or the code of the error. */
function thirdOf(input: IndexInput): unknown {
  try {
    return input.randomAccessSlice(0, 10).readByte(3)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe('parts of an input that are opened as files', () => {
  it('end each for itself, in whatever order, and all of them with the whole', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4])
    fc.assert(
      fc.property(orders, (order) => {
        const { input, closes } = over()
        const parts = [0, 1, 2, 3, 4].map((index) => open(input, index))
        const ended = new Set<number>()
        for (const next of order) {
          parts[next]!.close()
          ended.add(next)
          for (const [index, part] of parts.entries()) {
            expect(thirdOf(part)).toBe(ended.has(index) ? 'ERR_ALREADY_CLOSED' : bytes[index * 10 + 3])
          }
        }
        parts.push(open(input, 5)) // one more, behind those that are left
        expect(closes()).toBe(0)
        input.close()
        for (const part of parts) expect(() => part.readByte()).toThrow('Already closed')
        expect(closes()).toBe(1)
      }),
      { numRuns: examples(100) },
    )
  })

  it('are lost with the whole, those within parts, too', () => {
    const { input } = over({ fault: (closely) => (closely ? FAULT : undefined) })
    const parts = [open(input, 0), open(input, 1)]
    const inner = WindowedInput.openPart(parts[1]!, 'inner', 1, 5, IOContext.READ)
    expect(inner.readByte()).toBe(bytes[11])
    expect(() => input.view(0, 1)).toThrow(FAULT)
    for (const one of [input, ...parts, inner]) expect(() => one.readByte()).toThrow(FAULT)
    // Who closes has heard of it. What is closed says so, and not what was lost.
    parts[0]!.close()
    expect(() => parts[0]!.readByte()).toThrow('Already closed')
    expect(() => inner.readByte()).toThrow(FAULT)
  })

  it('tell at their end of what was cut off, unless someone has heard of it', () => {
    const { input, closes } = over({ fault: (closely) => (closely ? FAULT : undefined) })
    const part = open(input, 0)
    expect(() => part.close()).toThrow(FAULT)
    expect(() => input.close()).toThrow(FAULT)
    expect(closes()).toBe(1)
    input.close()
    expect(closes()).toBe(1)
  })
})

describe('how closely a read looks for what was cut off', () => {
  const CLOSE_LOOK = 64 * 1024

  it.each([
    ['readBytes', (input: IndexInput, length: number) => input.readBytes(new Uint8Array(length))],
    [
      'absolute readBytes',
      (input: IndexInput, length: number) =>
        input.randomAccessSlice(0, LENGTH).readBytes(0, new Uint8Array(length)),
    ],
  ])('%s: with a system call for 64 KiB or more', (_, read) => {
    const { input, looks } = over()
    read(input, CLOSE_LOOK - 1)
    expect(looks).toEqual([])
    read(input, CLOSE_LOOK)
    expect(looks.length).toBeGreaterThan(0)
    expect(looks.every((closely) => closely)).toBe(true)
  })

  it('asks at every view and after every load, but not of a closed input', async () => {
    const { input, looks } = over({ load: () => Promise.resolve() })
    input.view(5, 10)
    expect(looks).toEqual([true])
    await input.load()
    expect(looks).toEqual([true, true])

    const closing: Watched = over({
      load: () => {
        closing.input.close()
        return Promise.resolve()
      },
    })
    await closing.input.load()
    expect(closing.looks).toEqual([true]) // close() has looked
  })
})

describe('view()', () => {
  const refusal = new MapFailedError('not now', {})
  const refuse = (): never => {
    throw refusal
  }

  it('gives what the source gives', () => {
    const own = new Uint8Array(5)
    const asked: number[][] = []
    const view = (offset: number, length: number): Uint8Array<ArrayBuffer> => {
      asked.push([offset, length])
      return own
    }
    const { input } = over({ view })
    expect(input.slice('part', 10, 100).view(7, 5)).toBe(own)
    expect(asked).toEqual([[17, 5]])
  })

  it('copies where the system refuses, by read() where the source has it, and aligned as the file', () => {
    const { input } = over({ view: refuse })
    const copy = input.view(4099, 100_000)
    expect(Buffer.compare(copy, bytes.subarray(4099, 104_099))).toBe(0)
    expect(copy.byteOffset).toBe(3)
    const reads: number[][] = []
    const reading = over({
      view: () => undefined,
      window: refuse,
      read: (position, target, offset, length) => {
        reads.push([position, offset, length])
        target.set(bytes.subarray(position, position + length), offset)
      },
    })
    expect(Buffer.compare(reading.input.view(4099, 7), bytes.subarray(4099, 4106))).toBe(0)
    expect(reads).toEqual([[4099, 0, 7]])
  })

  it('copies window by window where the source has nothing else', () => {
    const { input } = over({
      window: (position) => {
        const start = position - (position % 1000)
        return new Window(start, bytes.slice(start, start + 1000))
      },
    })
    expect(Buffer.compare(input.view(995, 3010), bytes.subarray(995, 4005))).toBe(0)
  })

  it('does not copy where that is not wanted, nor for other errors', () => {
    const { input } = over({ view: refuse })
    expect(() => input.view(0, 5, { copy: 'never' })).toThrow(refusal)
    const without = over()
    expect(() => without.input.view(0, 5, { copy: 'never' })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_VALUE',
        message: 'view: not mapped, so that it would have to be copied: own',
      }),
    )
    expect(() => input.view(0, 5, { copy: 'no' as never })).toThrow(
      `copy must be 'allow' or 'never', got 'no'`,
    )
    const failing = over({
      view: () => {
        throw new Error('something else')
      },
    })
    expect(() => failing.input.view(0, 5)).toThrow('something else')
  })

  it.skipIf(LONGEST_ARRAY > 2 ** 40)(
    'is as long as the longest array of the engine, from the page on in which it begins',
    () => {
      const own = new Uint8Array(1)
      const { input } = over({ view: () => own }, 2 ** 50)
      expect(input.view(4096, LONGEST_ARRAY)).toBe(own)
      expect(input.view(4096 + 5, LONGEST_ARRAY - 5)).toBe(own)
      expect(() => input.view(4096 + 5, LONGEST_ARRAY - 4)).toThrow(
        expect.objectContaining({
          code: 'ERR_OUT_OF_RANGE',
          message: `view: length must be at most ${LONGEST_ARRAY - 5} here (the longest array of this engine has ${LONGEST_ARRAY} bytes), got ${LONGEST_ARRAY - 4}`,
        }),
      )
    },
  )
})

describe('what a source may leave out', () => {
  it('is said by whoever needs it', () => {
    const { input } = over()
    expect(() => input.exportChunks()).toThrow('Not mapped, so that it has no address: own')
    expect(() => input.share()).toThrow('Cannot be shared with another thread: own')
    expect(() => input.prefetch(0, 5)).not.toThrow()
    expect(() => input.prefetchRanges([{ offset: 0, length: 5 }])).not.toThrow()
    expect(input.isLoaded()).toBeUndefined()
    expect(input.mapped).toBe(false)
  })

  it('is asked range by range for what it does one at a time', () => {
    const asked: number[][] = []
    const { input } = over({ prefetch: (offset, length) => asked.push([offset, length]) })
    input.slice('part', 100, 1000).prefetchRanges([
      { offset: 1, length: 2 },
      { offset: 30, length: 40 },
    ])
    expect(asked).toEqual([
      [101, 2],
      [130, 40],
    ])
  })

  it('reads long pieces straight where it can, and the rest by windows', () => {
    const reads: number[][] = []
    const { input } = over({
      directLength: 1000,
      window: (position) => new Window(position, bytes.slice(position, position + 500)),
      read: (position, target, offset, length) => {
        reads.push([position, offset, length])
        target.set(bytes.subarray(position, position + length), offset)
      },
    })
    input.readByte()
    const target = new Uint8Array(1500)
    input.readBytes(target, 1, 1499) // 499 of the window, then exactly 1000
    expect(Buffer.compare(target.subarray(1), bytes.subarray(1, 1500))).toBe(0)
    expect(reads).toEqual([[500, 500, 1000]])
    input.readBytes(target, 0, 999)
    expect(Buffer.compare(target.subarray(0, 999), bytes.subarray(1500, 2499))).toBe(0)
    expect(reads).toHaveLength(1)
    expect(input.getFilePointer()).toBe(2499)
  })

  it('may not give a checksum that is none', () => {
    const { input } = over({ checksum: () => 2 ** 32 })
    expect(() => WindowedInput.checksum(input, 0, 5, 0)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_RETURN_VALUE',
        message: `The source's checksum is none: 4294967296: own`,
      }),
    )
    const lost = over({ checksum: () => 5, fault: (closely) => (closely ? undefined : FAULT) })
    expect(() => WindowedInput.checksum(lost.input, 0, 5, 0)).toThrow(FAULT)
    expect(WindowedInput.checksum(over().input, 0, 5, 0)).toBeUndefined()
  })
})

it('says which input ends where', () => {
  const { input } = over()
  const part = input.slice('part', 10, 20)
  part.seek(15)
  expect(() => part.readLong()).toThrow(
    'read past the end: position=15, bytes=8, length=20: own [slice=part]',
  )
  expect(() => part.seek(21)).toThrow('seek past the end: position=21, length=20: own [slice=part]')
})

it('makes windows of arrays only, of at most 2^30 + 8 bytes', () => {
  expect(() => new Window(0, [1] as never)).toThrow('bytes must be a Uint8Array, got [object Array]')
  expect(() => new Window(0.5, bytes)).toThrow('start must be a whole number')
  expect(() => new Window(0, bytes, LENGTH + 1)).toThrow(RangeError)
  expect(new Window(5, bytes)).toMatchObject({ start: 5, length: LENGTH, shared: false })
})
