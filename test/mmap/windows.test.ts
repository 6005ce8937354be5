import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AlreadyClosedError, mappingStats, MMapDirectory } from '../../src/index.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { windowPower } from '../../src/store/window-power.js'
import { pattern, write } from '../support/files.js'
import { mappingsOf, settled } from '../support/mappings.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const LENGTH = 2 ** 20 + 2 ** 18 + 777

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(async () => {
  removeDirectory(path)
  await settled()
})

describe('a file that is read all over, for long', () => {
  it.each([
    ['in one piece', true],
    ['with chunks apart', false],
  ])('is read through wide windows after a while, %s', async (_, oneRange) => {
    const bytes = Buffer.from(pattern(LENGTH))
    const options = { chunkPower: 20, [windowPower]: 16, [sideBySide]: oneRange }
    const directory = MMapDirectory.open(path, options)
    write(directory, 'file', bytes)
    const input = directory.openInput('file')
    const before = mappingStats().windows
    const clone = input.clone()
    const random = input.randomAccessSlice(5, LENGTH - 5)
    clone.readInt()
    expect(mappingStats().windows - before).toBe(1)

    let seed = 1
    const place = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed % (LENGTH - 4)
    }
    let wrong = 0
    for (let i = 0; i < 5_000_000; i++) {
      const at = place()
      input.seek(at)
      if (input.readByte() !== bytes[at]) wrong++
    }
    expect(wrong).toBe(0)
    // Beside those of 2^16 bytes some of 2^20: how many depends on how large the heap is.
    const wide = mappingStats().windows - before - Math.ceil(LENGTH / 2 ** 16)
    expect(wide).toBeGreaterThan(0)
    expect(wide).toBeLessThanOrEqual(Math.ceil(LENGTH / 2 ** 20))

    for (let i = 0; i < 10_000; i++) {
      const at = place()
      clone.seek(at)
      if (clone.readInt() !== bytes.readInt32LE(at)) wrong++
      if (at >= 5 && random.readInt(at - 5) !== bytes.readInt32LE(at)) wrong++
    }
    const all = new Uint8Array(LENGTH)
    input.seek(0)
    input.readBytes(all)
    expect(wrong).toBe(0)
    expect(bytes.equals(all)).toBe(true)

    input.close()
    expect(mappingStats().windows).toBe(before)
    for (const read of [() => input.readByte(), () => clone.readByte(), () => random.readByte(0)]) {
      expect(read).toThrow(AlreadyClosedError)
    }
    // Windows of either length were detached, rather than left until they are collected.
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })
})
