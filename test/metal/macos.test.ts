import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type ExportedChunk, type IndexInput, mappingStats, MMapDirectory } from '../../src/index.js'
import { exportToMetal, isMetalAvailable, type MetalExport, metalSupport } from '../../src/metal/index.js'
import { difference, pattern } from '../support/files.js'
import { buildAddon } from '../support/native-reader.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MACOS = process.platform === 'darwin'
const MIB = 2 ** 20
const LENGTH = 20 * MIB + 77
const bytes = pattern(LENGTH)

interface Gpu {
  /** What the GPU sees in a buffer, up to a multiple of 4. */
  copy(handle: bigint): Buffer
  /** Where the processor sees it. */
  address(handle: bigint): bigint
}

it.skipIf(MACOS)('is not there on other systems', () => {
  expect(isMetalAvailable()).toBe(false)
  expect(metalSupport()).toEqual({ available: false, reason: 'Metal is a part of macOS' })
  const path = temporaryDirectory()
  writeFileSync(join(path, 'file'), bytes)
  const input = MMapDirectory.open(path).openInput('file')
  expect(() => exportToMetal(input)).toThrow(
    expect.objectContaining({ name: 'MetalUnavailableError', code: 'ERR_METAL_UNAVAILABLE' }),
  )
  expect(mappingStats().pins).toBe(0)
  input.close()
  removeDirectory(path)
})

// On a Mac without a GPU, as virtual machines may be, there is nothing to test but that it says so.
it.runIf(MACOS)('says what the device is, or why there is none', () => {
  const support = metalSupport()
  process.stdout.write(`${JSON.stringify(support)}\n`)
  expect(support.available ? support.device.maxBufferLength : support.reason.length).toBeGreaterThan(0)
  expect(support.available ? support.device.pageSize : 16384).toBe(process.arch === 'arm64' ? 16384 : 4096)
})

describe.runIf(MACOS && isMetalAvailable())('exportToMetal(), with the system’s device', () => {
  let path: string
  let gpu: Gpu
  let input: IndexInput

  beforeAll(() => {
    path = temporaryDirectory()
    writeFileSync(join(path, 'file'), bytes)
    const source = fileURLToPath(new URL('gpu_copy.c', import.meta.url))
    gpu = createRequire(import.meta.url)(buildAddon(source, path)) as Gpu
    input = MMapDirectory.open(path, { chunkPower: 23 }).openInput('file')
  })

  afterAll(() => {
    input?.close()
    removeDirectory(path)
  })

  /**
   * Compares what the GPU sees with the file, but for up to three bytes at the end of a buffer, and releases;
   * where that ends in the file.
   */
  function seenUpTo(exported: readonly MetalExport[], start: number): number {
    let next = start
    for (const each of exported) {
      const seen = gpu.copy(each.handle).subarray(each.offset, each.offset + each.length)
      expect(seen.length).toBeGreaterThan(each.length - 4)
      expect(difference(seen, bytes.subarray(next, next + seen.length))).toBeUndefined()
      expect(each.fileOffset).toBe(next)
      next += each.length
      each.release()
    }
    expect(mappingStats().pins).toBe(0)
    return next
  }

  it('has the GPU read the pages of the file themselves', () => {
    const chunks = input.exportChunks()
    const exported = exportToMetal(input, { copy: 'never' })
    expect(exported.map(({ zeroCopy }) => zeroCopy)).toEqual([true, true, true])
    for (const [i, { handle, offset }] of exported.entries()) {
      expect(gpu.address(handle) + BigInt(offset)).toBe(chunks[i]!.address)
    }
    for (const chunk of chunks as ExportedChunk[]) chunk.release()
    expect(seenUpTo(exported, 0)).toBe(LENGTH)
  })

  it.each([
    [16_384, LENGTH - 16_384],
    [1, LENGTH - 1],
    [8 * MIB - 5, 10],
    [LENGTH - 1, 1],
  ])('has it read slices: %i, %i', (offset, length) => {
    const exported = exportToMetal(input.slice('slice', offset, length), { copy: 'never' })
    expect(seenUpTo(exported, offset)).toBe(offset + length)
  })

  it('has it read copies', () => {
    const exported = exportToMetal(input, { forceCopy: true })
    expect(exported.map(({ zeroCopy }) => zeroCopy)).toEqual([false, false, false])
    expect(seenUpTo(exported, 0)).toBe(LENGTH)
  })

  it('keeps the pages until the buffers are released', () => {
    const own = MMapDirectory.open(path).openInput('file')
    const exported = exportToMetal(own)
    own.close()
    expect(seenUpTo(exported, 0)).toBe(LENGTH)
  })

  it('works in ten threads, each of which ends with buffers of its own', async () => {
    const said = await survives(
      `
      const code = \`
        const { workerData: { dist, dir } } = require('node:worker_threads')
        const lib = require(dist + '/index.js')
        const metal = require(dist + '/metal/index.js')
        for (let i = 0; i < 20; i++) {
          const input = lib.MMapDirectory.open(dir, { chunkPower: 23 }).openInput('file')
          const exported = metal.exportToMetal(input.slice('slice', i * 1000, 2 ** 21))
          if (i % 2 === 0) input.close()
          if (i < 15) for (const each of exported) each.release()
        }
      \`
      ;(async () => {
        await Promise.all(Array.from({ length: 10 }, async () => {
          const worker = new Worker(code, { eval: true, workerData: { dist, dir } })
          await new Promise((resolve) => worker.once('exit', resolve))
        }))
        await turns()
        const { pins, mappings } = lib.mappingStats()
        say({ pins, mappings })
      })().catch(fail)`,
      { args: [path] },
    )
    expect(said).toEqual({ pins: 0, mappings: 0 })
  })
})
