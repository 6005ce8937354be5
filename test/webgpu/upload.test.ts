import { getEventListeners } from 'node:events'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  type Directory,
  FileFaultError,
  FSDirectory,
  type IndexInput,
  mappingStats,
  MMapDirectory,
} from '../../src/index.js'
import { uploadToWebGPU, type UploadDevice, WebGPUUploadError } from '../../src/webgpu/index.js'
import { DIST, NODES } from '../support/child.js'
import { InvertedInput } from '../support/filters.js'
import { difference, pattern } from '../support/files.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { FakeBuffer, FakeDevice } from './fake-device.js'

const LENGTH = 300_003
const bytes = pattern(LENGTH)

let path: string

beforeAll(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), bytes)
  writeFileSync(join(path, 'empty'), '')
})

afterAll(() => removeDirectory(path))

function padded(data: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(Math.ceil(data.length / 4) * 4, 4))
  result.set(data)
  return result
}

describe.each<[string, () => Directory]>([
  ['a mapped file', () => MMapDirectory.open(path)],
  ['a file that is read', () => FSDirectory.open(path)],
])('uploadToWebGPU() of %s', (_, directory) => {
  it.each([
    [0, LENGTH, undefined],
    [0, LENGTH, 4096],
    [0, LENGTH, 4],
    [1, LENGTH - 1, 65_536],
    [4_097, 100_001, 16_384],
    [17, 0, undefined],
    ...[1, 2, 3, 4, 5, 7, 8, 9].map((length) => [5, length, 4] as const),
  ] as const)('has every byte at its place: %i, %i, pieces of %s', async (offset, length, pieceLength) => {
    const used = pieceLength === 4 && length === LENGTH ? 4_001 : length // that many pieces take their time
    const input = directory().openInput('file')
    const device = new FakeDevice()
    const buffer = await uploadToWebGPU(input, device, { offset, length: used, pieceLength })
    input.close()
    expect(difference(buffer.bytes, padded(bytes.subarray(offset, offset + used)))).toBeUndefined()
    expect([buffer.usage, buffer.destroyed]).toEqual([0x88, false])
    expect(device.uncaptured).toEqual([])
    expect(device.openScopes).toBe(0)
  })

  it('takes slices, clones and filters for what they are', async () => {
    const input = directory().openInput('file')
    const slice = await uploadToWebGPU(input.slice('slice', 1_001, 50_000).clone(), new FakeDevice(), {
      offset: 3,
    })
    expect(difference(slice.bytes, padded(bytes.subarray(1_004, 51_001)))).toBeUndefined()
    const filtered = await uploadToWebGPU(new InvertedInput(input), new FakeDevice())
    expect(difference(filtered.bytes, padded(bytes.map((byte) => ~byte)))).toBeUndefined()
    input.close()
  })

  it('makes a buffer of an empty file, which can be bound', async () => {
    const input = directory().openInput('empty')
    const buffer = await uploadToWebGPU(input, new FakeDevice())
    expect(buffer.bytes).toEqual(new Uint8Array(4))
    input.close()
  })

  it('tells how far it is, and has two pieces under way and no more', async () => {
    const input = directory().openInput('file')
    const device = new FakeDevice()
    const seen: number[] = []
    const options = {
      pieceLength: 40_000,
      usage: 0x24,
      label: 'vectors',
      onProgress: (done: number, total: number) => {
        expect(total).toBe(LENGTH)
        const [buffer] = device.buffers
        expect(difference(buffer!.bytes.subarray(0, done), bytes.subarray(0, done))).toBeUndefined()
        seen.push(done)
      },
    }
    const buffer = await uploadToWebGPU(input, device, options)
    expect(seen).toEqual([40_000, 80_000, 120_000, 160_000, 200_000, 240_000, 280_000, LENGTH])
    expect([buffer.usage, buffer.label]).toEqual([0x2c, 'vectors'])
    expect(device.mostUnderWay).toBeLessThanOrEqual(80_000)
    expect(Math.max(...device.writes.map(({ length }) => length))).toBe(40_000)
    input.close()
  })

  it('leaves a device that refuses, has no memory or is lost with no buffer', async () => {
    const input = directory().openInput('file')
    for (const [device, options, why] of [
      [new FakeDevice(), { usage: 0x1000 }, /usage 4104 is none/],
      [new FakeDevice({ memory: 1000 }), {}, /no memory for 300004 bytes/],
      [new FakeDevice({ loseAfter: 3 }), { pieceLength: 4096 }, /the device was lost: it fell off the bus/],
    ] as const) {
      const failed = uploadToWebGPU(input, device, options)
      await expect(failed).rejects.toThrow(WebGPUUploadError)
      await expect(failed).rejects.toThrow(expect.objectContaining({ code: 'ERR_WEBGPU_UPLOAD_FAILED' }))
      await expect(failed).rejects.toThrow(why)
      expect(device.buffers.every(({ destroyed }) => destroyed)).toBe(true)
      expect([device.uncaptured, device.openScopes]).toEqual([[], 0])
      expect(device.writes.length).toBeLessThan(7)
    }
    const small = new FakeDevice({ maxBufferSize: 300_000 })
    await expect(uploadToWebGPU(input, small)).rejects.toThrow(
      "length must be at most 300000, the device's maxBufferSize, got 300003",
    )
    expect(small.buffers).toEqual([])
    input.close()
  })

  it('is rejected when a buffer is destroyed under it', async () => {
    const input = directory().openInput('file')
    const device = new FakeDevice()
    const onProgress = (): void => device.buffers[0]!.destroy()
    await expect(uploadToWebGPU(input, device, { pieceLength: 4096, onProgress })).rejects.toThrow(
      /the buffer is destroyed/,
    )
    input.close()
  })

  it('ends early when it is told to', async () => {
    const input = directory().openInput('file')
    const aborted = new FakeDevice()
    await expect(uploadToWebGPU(input, aborted, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/)
    expect(aborted.buffers).toEqual([])
    const device = new FakeDevice()
    const controller = new AbortController()
    const meant = new Error('meant')
    const failed = uploadToWebGPU(input, device, {
      pieceLength: 4096,
      signal: controller.signal,
      onProgress: (done) => {
        if (done >= 20_000) controller.abort(meant)
      },
    })
    await expect(failed).rejects.toBe(meant)
    expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
    expect(device.writes.length).toBeLessThan(10)
    input.close()
  })

  it('is rejected with what onProgress throws', async () => {
    const input = directory().openInput('file')
    const device = new FakeDevice()
    const meant = new Error('meant')
    const onProgress = (): void => {
      throw meant
    }
    await expect(uploadToWebGPU(input, device, { onProgress })).rejects.toBe(meant)
    expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
    input.close()
  })

  it('notices that the input is closed, or its file cut', async () => {
    const closed = directory().openInput('file')
    const device = new FakeDevice()
    const closing = uploadToWebGPU(closed, device, { pieceLength: 4096, onProgress: () => closed.close() })
    await expect(closing).rejects.toThrow(AlreadyClosedError)
    await expect(uploadToWebGPU(closed, device)).rejects.toThrow(AlreadyClosedError)
    writeFileSync(join(path, 'cut'), bytes)
    const cut = directory().openInput('cut')
    const cutting = uploadToWebGPU(cut, device, {
      pieceLength: 4096,
      onProgress: () => truncateSync(join(path, 'cut'), 50_000),
    })
    await expect(cutting).rejects.toThrow(FileFaultError)
    expect(device.buffers.every(({ destroyed }) => destroyed)).toBe(true)
    cut.close()
  })
})

const SILENT_CALLS = ['createBuffer', 'writeBuffer', 'onSubmittedWorkDone'] as const
type SilentCall = (typeof SILENT_CALLS)[number]

/** A device that never says what became of a call, and tells when it was asked. */
class SilentDevice extends FakeDevice {
  readonly silent: Promise<void>
  lose!: (loss: { readonly message: string }) => void
  override readonly lost = new Promise<{ readonly message: string }>((resolve) => (this.lose = resolve))
  readonly #from: SilentCall
  #fallSilent!: () => void

  constructor(from: SilentCall) {
    super()
    this.#from = from
    this.silent = new Promise((resolve) => (this.#fallSilent = resolve))
  }

  override async popErrorScope(): Promise<{ message: string } | null> {
    const popped = super.popErrorScope()
    const silent = this.#from === 'createBuffer' || (this.#from === 'writeBuffer' && this.writes.length > 0)
    return silent ? this.#never() : popped
  }

  override onSubmittedWorkDone(): Promise<void> {
    return this.#from === 'onSubmittedWorkDone' ? this.#never() : super.onSubmittedWorkDone()
  }

  #never(): Promise<never> {
    this.#fallSilent()
    return new Promise(() => {})
  }
}

describe.each(SILENT_CALLS)('uploadToWebGPU() to a device that is silent about %s()', (from) => {
  it('ends when it is told to, and leaves the signal without a listener', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    const device = new SilentDevice(from)
    const controller = new AbortController()
    const meant = new Error('meant')
    const upload = uploadToWebGPU(input, device, { pieceLength: 4096, signal: controller.signal })
    upload.catch(() => {})
    await device.silent
    expect(getEventListeners(controller.signal, 'abort').length).toBe(1)
    controller.abort(meant)
    await expect(upload).rejects.toBe(meant)
    expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    input.close()
  })

  it('ends when the device is lost', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    const device = new SilentDevice(from)
    const { signal } = new AbortController()
    const upload = uploadToWebGPU(input, device, { pieceLength: 4096, signal })
    upload.catch(() => {})
    await device.silent
    device.lose({ message: 'gone' })
    await expect(upload).rejects.toThrow(WebGPUUploadError)
    await expect(upload).rejects.toThrow(/the device was lost: gone/)
    expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
    expect(getEventListeners(signal, 'abort')).toEqual([])
    input.close()
  })
})

describe('uploadToWebGPU() to a device that no specification describes', () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): number => unhandled.push(error)
  let input: IndexInput

  beforeAll(() => {
    input = MMapDirectory.open(path).openInput('file')
    process.on('unhandledRejection', note)
  })

  afterEach(async () => {
    await setImmediate() // Node tells of them when the microtasks are done
    if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), 'nobody has handled these')
  })

  afterAll(() => {
    process.off('unhandledRejection', note)
    input.close()
  })

  it('takes it for lost when it cannot say why', async () => {
    class Unspeakable extends FakeDevice {
      override readonly lost = Promise.resolve({
        get message(): string {
          throw new Error('from lost.message')
        },
      })
    }
    const device = new Unspeakable()
    await expect(uploadToWebGPU(input, device, { length: 4096 })).rejects.toThrow(
      /the device was lost: it does not say why/,
    )
    expect(device.buffers.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('goes on when it cannot say whether it is lost', async () => {
    for (const lost of [
      Promise.reject(new Error('from lost')),
      {
        // oxlint-disable-next-line unicorn/no-thenable -- what is tested
        then() {
          throw new Error('from lost.then')
        },
      } as unknown as FakeDevice['lost'],
    ]) {
      const device = Object.assign(new FakeDevice(), { lost })
      const buffer = await uploadToWebGPU(input, device)
      expect(difference(buffer.bytes, padded(bytes))).toBeUndefined()
    }
  })

  it('closes both error scopes, whichever it refuses to close', async () => {
    for (const throwing of [0, 1]) {
      let popped = 0
      class Unpoppable extends FakeDevice {
        override popErrorScope(): ReturnType<FakeDevice['popErrorScope']> {
          super.popErrorScope().catch(() => {})
          if (popped++ === throwing) throw new Error('it throws')
          return Promise.reject(new Error('it rejects'))
        }
      }
      const device = new Unpoppable()
      await expect(uploadToWebGPU(input, device)).rejects.toThrow(/^it (throws|rejects)$/)
      expect([popped, device.openScopes]).toEqual([2, 0])
      expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
    }
  })

  it('is rejected with the first error, not with that of destroy()', async () => {
    const meant = new Error('meant')
    class Indestructible extends FakeBuffer {
      override destroy(): void {
        super.destroy()
        throw new Error('from destroy')
      }
    }
    const device = new FakeDevice()
    const buffer = new Indestructible(LENGTH + 1, 0x88, '', true)
    device.createBuffer = () => buffer
    const onProgress = (): void => {
      throw meant
    }
    await expect(uploadToWebGPU(input, device, { onProgress })).rejects.toBe(meant)
    expect(buffer.destroyed).toBe(true)
  })

  it('says that there is no buffer', async () => {
    for (const nothing of [undefined, null, {}]) {
      const device = new FakeDevice()
      device.createBuffer = () => nothing as unknown as FakeBuffer
      const upload = uploadToWebGPU(input, device)
      await expect(upload).rejects.toThrow(WebGPUUploadError)
      await expect(upload).rejects.toThrow(/createBuffer\(\) did not return a buffer/)
      expect(device.writes).toEqual([])
    }
  })

  it('has the last bytes when it transfers the array with the others away', async () => {
    class Transferring extends FakeDevice {
      override writeBuffer(...[buffer, at, data]: Parameters<FakeDevice['writeBuffer']>): void {
        super.writeBuffer(buffer, at, data)
        try {
          structuredClone(data, { transfer: [data.buffer] })
        } catch {} // Node 26 transfers no views of mapped files
      }
    }
    const unmapped = FSDirectory.open(path).openInput('file') // the views of a mapped file stay where they are
    for (const each of [input, unmapped]) {
      for (const length of [LENGTH, LENGTH - 1, LENGTH - 2]) {
        const buffer = await uploadToWebGPU(each, new Transferring(), { length })
        expect(difference(buffer.bytes, padded(bytes.subarray(0, length)))).toBeUndefined()
      }
    }
    unmapped.close()
  })

  it('ends when it is told to from within a call of the device, though nothing is left to do', async () => {
    const meant = new Error('meant')
    for (const length of [0, 4096]) {
      const controller = new AbortController()
      class Aborting extends FakeDevice {
        override createBuffer(...[descriptor]: Parameters<FakeDevice['createBuffer']>): FakeBuffer {
          if (length === 0) controller.abort(meant)
          return super.createBuffer(descriptor)
        }
      }
      const device = new Aborting()
      const onProgress = (): void => controller.abort(meant) // the last there is
      const { signal } = controller
      await expect(uploadToWebGPU(input, device, { length, signal, onProgress })).rejects.toBe(meant)
      expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
  })

  it('is rejected when the device is lost while it makes an empty buffer', async () => {
    const device = new SilentDevice('onSubmittedWorkDone')
    const { createBuffer } = device
    device.createBuffer = (descriptor) => {
      device.lose({ message: 'gone' })
      return createBuffer.call(device, descriptor)
    }
    await expect(uploadToWebGPU(input, device, { length: 0 })).rejects.toThrow(/the device was lost: gone/)
    expect(device.buffers.map(({ destroyed }) => destroyed)).toEqual([true])
  })
})

describe('uploadToWebGPU()', () => {
  it('hands out views, of which nothing can be written into the file', async () => {
    class Writing extends FakeDevice {
      override writeBuffer(...[buffer, at, data]: Parameters<FakeDevice['writeBuffer']>): void {
        super.writeBuffer(buffer, at, data)
        data.fill(0xff)
        new Uint8Array(data.buffer).fill(0xff)
      }
    }
    const input = MMapDirectory.open(path).openInput('file')
    await uploadToWebGPU(input, new Writing(), { pieceLength: 4096 })
    const again = await uploadToWebGPU(input, new FakeDevice())
    expect(difference(again.bytes, padded(bytes))).toBeUndefined()
    input.close()
  })

  it('copies nothing into JavaScript’s memory: the mapping is what the device gets', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    let before = 0
    let most = 0
    class Looking extends FakeDevice {
      override writeBuffer(...[buffer, at, data]: Parameters<FakeDevice['writeBuffer']>): void {
        if (data.length > 4) most = Math.max(most, mappingStats().mappings - before)
        super.writeBuffer(buffer, at, data)
      }
    }
    // What earlier tests have dropped may be collected meanwhile, and be as many less: but only once.
    for (let i = 0; i < 5; i++) {
      before = mappingStats().mappings
      await uploadToWebGPU(input, new Looking(), { pieceLength: 65_536 })
    }
    expect(most).toBeGreaterThan(0) // a view each
    input.close()
  })

  it.each(NODES)('leaves nothing with a device that lives on (%s)', async (node) => {
    const alive = await survives(
      `
      const { uploadToWebGPU } = require(process.argv[2])
      const device = {
        limits: { maxBufferSize: 2 ** 30 },
        lost: new Promise(() => {}),
        queue: { writeBuffer() {}, onSubmittedWorkDone: async () => {} },
        createBuffer: () => ({ destroy() {} }),
        pushErrorScope() {},
        popErrorScope: async () => null,
      }
      const upload = async () => {
        const input = lib.MMapDirectory.open(process.argv[1]).openInput('file')
        await uploadToWebGPU(input, device, { signal: new AbortController().signal })
        input.close()
        return new WeakRef(input)
      }
      ;(async () => {
        const inputs = []
        for (let i = 0; i < 10; i++) inputs.push(await upload())
        // No collected(): what deref() has returned is kept until the turn ends.
        for (let i = 0; i < 5; i++) {
          await turns()
          gc()
        }
        say(inputs.filter((input) => input.deref() !== undefined).length)
      })().catch(fail)`,
      { args: [path, join(DIST, 'webgpu', 'index.js')], node, nodeOptions: ['--expose-gc'] },
    )
    expect(alive).toBe(0)
  })

  it('answers what no type lets through', async () => {
    const input = MMapDirectory.open(path).openInput('file')
    const device = new FakeDevice()
    for (const [bad, to, options, error] of [
      [{}, device, {}, TypeError],
      [input, undefined, {}, TypeError],
      [input, {}, {}, TypeError],
      [input, { ...device, queue: {} }, {}, TypeError],
      [input, device, null, TypeError],
      [input, device, { offset: -1 }, RangeError],
      [input, device, { offset: 1, length: LENGTH }, RangeError],
      [input, device, { pieceLength: 0 }, RangeError],
      [input, device, { pieceLength: 5 }, RangeError],
      [input, device, { pieceLength: 2 ** 31 }, RangeError],
      [input, device, { usage: 2 ** 32 }, RangeError],
      [input, device, { usage: '8' }, TypeError],
      [input, device, { label: 5 }, TypeError],
      [input, device, { signal: {} }, TypeError],
      [input, device, { onProgress: 5 }, TypeError],
      [input, device, { piecelength: 4 }, TypeError],
    ] as const) {
      const upload = uploadToWebGPU(bad as IndexInput, to as UploadDevice, options as object)
      await expect(upload).rejects.toThrow(error)
      await expect(upload).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }))
    }
    expect(device.buffers).toEqual([])
    input.close()
  })
})
