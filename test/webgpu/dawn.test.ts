import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type IndexInput, MMapDirectory } from '../../src/index.js'
import { uploadToWebGPU, type UploadBuffer, type UploadDevice } from '../../src/webgpu/index.js'
import { difference, pattern } from '../support/files.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

/**
 * The folder of npm's package `webgpu`, which is Dawn, the implementation in Chrome: test/webgpu/run installs it,
 * and a device in software.
 */
const WEBGPU = process.env['MMAP_DIRECTORY_WEBGPU']

const [COPY_SRC, COPY_DST, MAP_READ, STORAGE] = [0x4, 0x8, 0x1, 0x80]

interface Buffer extends UploadBuffer {
  readonly size: number
  readonly usage: number
  mapAsync(mode: number): Promise<void>
  getMappedRange(): ArrayBuffer
}

interface Device extends UploadDevice<Buffer> {
  readonly queue: UploadDevice<Buffer>['queue'] & { submit(commands: unknown[]): void }
  createCommandEncoder(): {
    copyBufferToBuffer(from: Buffer, at: number, to: Buffer, offset: number, size: number): void
    finish(): unknown
  }
  destroy(): void
}

interface Adapter {
  readonly info: { readonly description: string }
  requestDevice(options?: object): Promise<Device>
}

describe.runIf(WEBGPU)('uploadToWebGPU(), to a device of Dawn’s', () => {
  const LENGTH = 20 * 2 ** 20 + 3
  const bytes = pattern(LENGTH)
  let path: string
  let input: IndexInput
  let device: Device
  const held: unknown[] = [] // the device lives as long as what it came from

  beforeAll(async () => {
    path = temporaryDirectory()
    writeFileSync(join(path, 'file'), bytes)
    input = MMapDirectory.open(path, { chunkPower: 22 }).openInput('file')
    const { create } = (await import(pathToFileURL(join(WEBGPU!, 'index.js')).href)) as {
      create(flags: string[]): { requestAdapter(): Promise<Adapter | null> }
    }
    const made = create([])
    held.push(made)
    const adapter = await made.requestAdapter()
    if (adapter === null) throw new Error('Dawn has found no device')
    process.stdout.write(`device: ${adapter.info.description}\n`)
    device = await adapter.requestDevice()
  })

  afterAll(() => {
    device?.destroy()
    input?.close()
    removeDirectory(path)
  })

  async function contentOf(buffer: Buffer): Promise<Uint8Array> {
    const target = device.createBuffer({ size: buffer.size, usage: MAP_READ | COPY_DST })
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, target, 0, buffer.size)
    device.queue.submit([encoder.finish()])
    await target.mapAsync(1)
    const content = new Uint8Array(target.getMappedRange()).slice()
    target.destroy()
    return content
  }

  it.each([
    [0, LENGTH, undefined],
    [0, LENGTH, 2 ** 16],
    [16_384, LENGTH - 16_384, 2 ** 20],
    [4_099, 1, undefined],
    [4_099, 4_098, 4],
    [5, 0, undefined],
  ])('has every byte at its place: %i, %i, pieces of %s', async (offset, length, pieceLength) => {
    const usage = STORAGE | COPY_SRC
    const buffer = await uploadToWebGPU(input, device, { offset, length, pieceLength, usage })
    expect([buffer.size, buffer.usage]).toEqual([Math.max(Math.ceil(length / 4) * 4, 4), usage | COPY_DST])
    const expected = new Uint8Array(buffer.size)
    expected.set(bytes.subarray(offset, offset + length))
    expect(difference(await contentOf(buffer), expected)).toBeUndefined()
    buffer.destroy()
  })

  it('hears of what the device refuses', async () => {
    await expect(uploadToWebGPU(input, device, { usage: MAP_READ | STORAGE })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_WEBGPU_UPLOAD_FAILED' }),
    )
    let uploaded = 0
    const onProgress = (done: number): void => {
      uploaded = done
      device.destroy()
    }
    await expect(uploadToWebGPU(input, device, { pieceLength: 2 ** 16, onProgress })).rejects.toThrow(
      /the device was lost/,
    )
    expect(uploaded).toBe(2 ** 16)
  })
})
