import { describe, expect, it } from 'vitest'

import { FileFaultError, IndexInput, Window, type WindowSource } from '../../src/index.js'
import { pattern } from '../support/files.js'
import { failureOf } from '../support/outcomes.js'

const MIB = 1 << 20
const LENGTH = 3 * MIB + 5
const bytes = pattern(LENGTH)

interface Fetch {
  readonly position: number
  readonly length: number
  readonly signal: AbortSignal | undefined
}

/** A source of a program's own that fetches as a test wants it, and what it was asked for. */
function sourceThat(
  fetch: (asked: Fetch) => Promise<Uint8Array | undefined> | undefined,
  more: Partial<WindowSource> = {},
): { input: IndexInput; asked: Fetch[] } {
  const asked: Fetch[] = []
  const source: WindowSource = {
    length: LENGTH,
    window: () => new Window(0, bytes),
    fetch: (position, length, signal) => {
      const one = { position, length, signal }
      asked.push(one)
      return fetch(one)
    },
    close: () => {},
    ...more,
  }
  return { input: IndexInput.from(source, 'fetched'), asked }
}

const honest = ({ position, length }: Fetch): Promise<Uint8Array> =>
  Promise.resolve(bytes.slice(position, position + length))

describe('readAsync() from a source that fetches', () => {
  it('fetches a MiB at a time, in order, and leaves the position alone', async () => {
    const { input, asked } = sourceThat(honest)
    input.seek(7)
    const target = new Uint8Array(2 * MIB + 1)
    await input.slice('part', 3, LENGTH - 3).readAsync(2, target)
    expect(Buffer.compare(target, bytes.subarray(5, 5 + target.length))).toBe(0)
    expect(asked.map(({ position, length }) => [position, length])).toEqual([
      [5, MIB],
      [5 + MIB, MIB],
      [5 + 2 * MIB, 1],
    ])
    expect(input.getFilePointer()).toBe(7)
  })

  it('reads windows where nothing is fetched, and looks closely whether they were lost', async () => {
    const looks: boolean[] = []
    const { input } = sourceThat(() => undefined, {
      fault: (closely) => {
        looks.push(closely)
        return undefined
      },
    })
    const target = new Uint8Array(10)
    await input.readAsync(LENGTH - 10, target)
    expect(Buffer.compare(target, bytes.subarray(LENGTH - 10))).toBe(0)
    expect(looks).toEqual([true])
  })

  it('ends at once when it is aborted, with the reason, and writes nothing from then on', async () => {
    const { signal, abort } = ((controller) => ({
      signal: controller.signal,
      abort: (reason: unknown) => controller.abort(reason),
    }))(new AbortController())
    let answer!: (fetched: Uint8Array) => void
    const { input, asked } = sourceThat(() => new Promise((resolve) => (answer = resolve)))
    const target = new Uint8Array(10)
    const failure = failureOf(input.readAsync(0, target, { signal }))
    await Promise.resolve()
    expect(asked).toEqual([{ position: 0, length: 10, signal }])
    abort('enough')
    expect(await failure).toBe('enough')
    answer(new Uint8Array(10).fill(1))
    await new Promise(setImmediate)
    expect(target.every((byte) => byte === 0)).toBe(true)
    // Aborted before: nothing is asked for.
    expect(await failureOf(input.readAsync(0, target, { signal }))).toBe('enough')
    expect(asked).toHaveLength(1)
  })

  it('leaves no listener with the signal', async () => {
    const listeners = new Set<unknown>()
    const controller = new AbortController()
    const { signal } = controller
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners.add(given[1])
      addEventListener.apply(signal, given)
    }
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners.delete(given[1])
      removeEventListener.apply(signal, given)
    }
    const { input } = sourceThat(honest)
    await input.readAsync(0, new Uint8Array(10), { signal })
    const failing = sourceThat(() => Promise.reject(new Error('lost on the way')))
    await expect(failing.input.readAsync(0, new Uint8Array(10), { signal })).rejects.toThrow(
      'lost on the way',
    )
    expect(listeners.size).toBe(0)
  })

  it('says that the read was aborted, or the input closed, rather than what came of the fetch', async () => {
    const controller = new AbortController()
    const aborting = sourceThat(() => {
      controller.abort('enough')
      return Promise.reject(new Error('lost on the way'))
    })
    expect(
      await failureOf(aborting.input.readAsync(0, new Uint8Array(5), { signal: controller.signal })),
    ).toBe('enough')

    const closing: ReturnType<typeof sourceThat> = sourceThat(() => {
      closing.input.close()
      return Promise.reject(new Error('lost on the way'))
    })
    await expect(closing.input.readAsync(0, new Uint8Array(5))).rejects.toThrow('Already closed: fetched')

    const late: ReturnType<typeof sourceThat> = sourceThat((asked) => {
      late.input.close()
      return honest(asked)
    })
    const target = new Uint8Array(5)
    await expect(late.input.readAsync(0, target)).rejects.toThrow('Already closed: fetched')
    expect(target.every((byte) => byte === 0)).toBe(true)
  })

  it('ends the input where what it fetched was lost', async () => {
    const fault = new FileFaultError('gone', {})
    const { input } = sourceThat(() => Promise.reject(fault), {
      fault: (closely) => (closely ? fault : undefined),
    })
    await expect(input.readAsync(0, new Uint8Array(5))).rejects.toBe(fault)
    expect(() => input.readByte()).toThrow(fault)
  })

  it('does not look for lost pages where a fetch failed for another reason', async () => {
    const fault = new FileFaultError('gone', {})
    const { input } = sourceThat(() => Promise.reject(new Error('busy')), { fault: () => fault })
    await expect(input.readAsync(0, new Uint8Array(5))).rejects.toThrow('busy')
  })

  it.each([
    ['less', () => Promise.resolve(new Uint8Array(4))],
    ['more', () => Promise.resolve(new Uint8Array(6))],
    ['something else', () => Promise.resolve([1, 2, 3, 4, 5] as never)],
  ])('refuses %s than it asked for', async (_, fetch) => {
    const { input } = sourceThat(fetch)
    const target = new Uint8Array(5)
    await expect(input.readAsync(0, target)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_RETURN_VALUE',
      message: 'The source did not fetch the 5 bytes that it should: fetched',
    })
    expect(target.every((byte) => byte === 0)).toBe(true)
  })

  it('refuses a target that was given away meanwhile', async () => {
    const target = new Uint8Array(5)
    const { input } = sourceThat((asked) => {
      structuredClone(target.buffer, { transfer: [target.buffer] })
      return honest(asked)
    })
    await expect(input.readAsync(0, target)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: 'readAsync: the target was detached or became shorter than 5 bytes',
    })
  })
})
