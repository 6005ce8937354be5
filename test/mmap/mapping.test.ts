import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type IndexInput, MapFailedError, MMapDirectory, openFile } from '../../src/index.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { windowPower } from '../../src/store/window-power.js'
import { pattern, write } from '../support/files.js'
import { addon, MAPS_VISIBLE, mapsEntries, mappingsOf, settled } from '../support/mappings.js'
import { sparseFile } from '../support/sparse-file.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MIB = 2 ** 20

let path: string
let file: string

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
})

afterEach(async () => {
  removeDirectory(path)
  await settled()
})

const pages = (length: number): number => Math.ceil(length / addon.pageSize) * addon.pageSize

function opened(directory: MMapDirectory, count: number): IndexInput[] {
  return Array.from({ length: count }, () => directory.openInput('file'))
}

describe.skipIf(!MAPS_VISIBLE)('in /proc/self/maps (Linux only)', () => {
  it.each([1, 4_095, 4_096, 4_097, MIB, MIB + 1, 3 * MIB, 5 * MIB + 4_097])(
    'a file of %d bytes in chunks of 1 MiB lies in one piece, exactly as long as the file',
    (length) => {
      sparseFile(file, length, new Map())
      const input = MMapDirectory.open(path, { chunkPower: 20 }).openInput('file')
      const entries = mapsEntries(file)
      expect(entries.every(({ permissions }) => permissions === 'r--s')).toBe(true)
      for (const [i, { start, offset }] of entries.entries()) {
        expect([start, offset]).toEqual([entries[i - 1]?.end ?? start, start - entries[0]!.start])
      }
      expect(entries.at(-1)!.end - entries[0]!.start).toBe(pages(length))
      input.close()
      expect(mapsEntries(file)).toEqual([])
    },
  )

  it('chunks apart are exactly as long as the file, too', () => {
    const length = 3 * MIB + 5
    sparseFile(file, length, new Map())
    const options = Object.assign({ chunkPower: 20 }, { [sideBySide]: false })
    const input = MMapDirectory.open(path, options).openInput('file')
    const total = mapsEntries(file).reduce((sum, { start, end }) => sum + end - start, 0)
    expect(total).toBe(pages(length))
    input.close()
    expect(mapsEntries(file)).toEqual([])
  })

  it('nothing is there of an empty file', () => {
    sparseFile(file, 0, new Map())
    const input = openFile(file)
    expect(mapsEntries(file)).toEqual([])
    input.close()
  })

  it('nothing is left after files were opened, read and closed many times', async () => {
    write(MMapDirectory.open(path), 'file', pattern(50_001))
    const before = addon.mappingTotals()
    for (const power of [12, 30]) {
      const directory = MMapDirectory.open(path, Object.assign({ chunkPower: 20 }, { [windowPower]: power }))
      for (let i = 0; i < 200; i++) {
        const input = directory.openInput('file')
        input.seek(49_990)
        input.readLong()
        input.clone().readByte()
        input.slice('slice', 10, 100).close()
        input.close()
      }
    }
    await settled()
    expect(mapsEntries(file)).toEqual([])
    expect(mappingsOf(50_001)).toBe(0)
    const { mappings, bytes, windows } = addon.mappingTotals()
    expect({ mappings, bytes, windows }).toEqual({
      mappings: before.mappings,
      bytes: before.bytes,
      windows: before.windows,
    })
  })

  it('every input has its own mapping, which ends with it', () => {
    write(MMapDirectory.open(path), 'file', pattern(50_002))
    const directory = MMapDirectory.open(path)
    const inputs = [1, 2, 3].map(() => directory.openInput('file'))
    expect(mappingsOf(50_002)).toBe(3)
    expect(mapsEntries(file)).toHaveLength(3)
    for (const left of [2, 1, 0]) {
      inputs[left]!.close()
      expect(mapsEntries(file)).toHaveLength(left)
    }
  })

  it('the mapping of a deleted file stays until close()', async () => {
    const directory = MMapDirectory.open(path)
    write(directory, 'file', pattern(50_003))
    const input = directory.openInput('file')
    directory.deleteFile('file')
    expect(mapsEntries(file)).toHaveLength(1)
    input.seek(50_002)
    expect(input.readByte()).toBe(pattern(50_003)[50_002])
    input.close()
    await settled()
    expect(mapsEntries(file)).toEqual([])
  })

  it('a view has pages of its own, private ones', () => {
    write(MMapDirectory.open(path), 'file', pattern(50_004))
    const input = openFile(file)
    const view = input.view(5_000, 10_000)
    const own = mapsEntries(file).find(({ permissions }) => permissions === 'rw-p')
    expect(own).toMatchObject({ offset: 4_096, end: own!.start + pages(904 + 10_000) })
    view.fill(0)
    input.close()
    expect(view[9_999]).toBe(0)
  })
})

describe('the limit of the library', () => {
  const { limit } = addon.mappingTotals()

  afterEach(() => {
    addon.setMappingLimit(limit)
  })

  it('lets files be read instead of mapped', async () => {
    write(MMapDirectory.open(path), 'file', pattern(50_005))
    await settled()
    const { mappings } = addon.mappingTotals()
    addon.setMappingLimit(mappings + 2)
    const warnings: Error[] = []
    const listen = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', listen)
    const inputs = opened(MMapDirectory.open(path), 5)
    expect(inputs.map((input) => input.mapped)).toEqual([true, true, false, false, false])
    for (const input of inputs) {
      input.seek(50_000)
      expect(input.readByte()).toBe(pattern(50_005)[50_000])
    }
    const failure = inputs[4]!.mapFailure!
    expect(failure).toBeInstanceOf(MapFailedError)
    expect(failure.hints.join()).toContain(`at most ${mappings + 2} `)
    expect(inputs[0]!.mapFailure).toBeUndefined()
    await settled()
    process.off('warning', listen)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ name: 'MapFailedWarning', code: 'ERR_MAP_FAILED' })
    for (const input of inputs) input.close()
    await settled()
    const again = openFile(file)
    expect(again.mapped).toBe(true)
    again.close()
  })

  it('is an error where falling back is not wanted', async () => {
    write(MMapDirectory.open(path), 'file', pattern(50_006))
    await settled()
    addon.setMappingLimit(addon.mappingTotals().mappings + 1)
    const directory = MMapDirectory.open(path, { fallback: false })
    const [input] = opened(directory, 1)
    expect(() => directory.openInput('file')).toThrow(MapFailedError)
    expect(() => directory.openInput('file')).toThrow(
      expect.objectContaining({
        code: 'ERR_MAP_FAILED',
        path: file,
        message: expect.stringContaining('50006'),
      }),
    )
    input!.close()
    await settled()
    directory.openInput('file').close()
  })

  it('counts every chunk of a file whose chunks lie apart', async () => {
    sparseFile(file, 4 * MIB, new Map())
    await settled()
    const { mappings } = addon.mappingTotals()
    addon.setMappingLimit(mappings + 4)
    const apart = Object.assign({ chunkPower: 20, fallback: false }, { [sideBySide]: false })
    const input = MMapDirectory.open(path, apart).openInput('file')
    expect(() => MMapDirectory.open(path, apart).openInput('file')).toThrow(MapFailedError)
    input.close()
  })
})

describe('a file that cannot be opened', () => {
  it.each([true, false])('throws what is wrong, fallback: %s', (fallback) => {
    const directory = MMapDirectory.open(path, { fallback })
    expect(() => directory.openInput('missing')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => openFile(path, { fallback })).toThrow(expect.objectContaining({ code: 'EISDIR' }))
    expect(() => openFile('/dev/null', { fallback })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_A_FILE' }),
    )
  })
})

describe('a file that grows after it was opened', () => {
  it('keeps the length that it had', () => {
    write(MMapDirectory.open(path), 'file', pattern(100))
    const input = openFile(file)
    truncateSync(file, 10_000)
    expect(input.length()).toBe(100)
    input.seek(99)
    input.readByte()
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
    input.close()
  })
})
