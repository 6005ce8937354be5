import { describe, expect, it } from 'vitest'

import { EndOfFileError, IOContext } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { difference, inputOf, pattern, write } from '../support/files.js'

const LENGTH = 10_000

describeEachDirectory((open, kind) => {
  describe('clones', () => {
    it('begin where the original is, and move by themselves', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      input.seek(4_090)
      const clone = input.clone()
      expect(clone.getFilePointer()).toBe(4_090)
      expect(clone.length()).toBe(LENGTH)
      clone.seek(9_000)
      expect(input.readByte()).toBe(bytes[4_090])
      expect(clone.readByte()).toBe(bytes[9_000])
      for (let i = 0; i < 900; i++) {
        expect(input.readByte()).toBe(bytes[4_091 + i])
        expect(clone.readByte()).toBe(bytes[9_001 + i])
      }
      input.close()
    })

    it('of slices stay within the slice', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      const slice = input.slice('slice', 100, 50)
      slice.seek(40)
      const clone = slice.clone()
      expect(clone.length()).toBe(50)
      expect(clone.getFilePointer()).toBe(40)
      clone.readBytes(new Uint8Array(10))
      expect(() => clone.readByte()).toThrow(EndOfFileError)
      expect(slice.readByte()).toBe(bytes[140])
      input.close()
    })
  })

  describe('slices', () => {
    it('begin at 0 and end at their length, wherever the original is', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      input.seek(77)
      const slice = input.slice('slice', 4_000, 200)
      expect(slice.getFilePointer()).toBe(0)
      expect(slice.length()).toBe(200)
      const all = new Uint8Array(200)
      slice.readBytes(all)
      expect(difference(all, bytes.subarray(4_000, 4_200))).toBeUndefined()
      expect(() => slice.readByte()).toThrow(EndOfFileError)
      expect(() => slice.seek(201)).toThrow(EndOfFileError)
      expect(input.getFilePointer()).toBe(77)
      input.close()
    })

    it('of slices of slices count from their own start', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      let slice = input
      for (let depth = 1; depth <= 10; depth++)
        slice = slice.slice(`level ${depth}`, 100, slice.length() - 150)
      expect(slice.length()).toBe(LENGTH - 1_500)
      expect(slice.readByte()).toBe(bytes[1_000])
      slice.seek(slice.length() - 1)
      expect(slice.readByte()).toBe(bytes[LENGTH - 501])
      expect(() => slice.readByte()).toThrow(EndOfFileError)
      expect(() => slice.slice('too far', 0, slice.length() + 1)).toThrow(RangeError)
      input.close()
    })

    it('may be empty, at the very end, or everything', () => {
      const input = inputOf(open(), pattern(LENGTH))
      const empty = input.slice('end', LENGTH, 0)
      expect(empty.length()).toBe(0)
      expect(() => empty.readByte()).toThrow(EndOfFileError)
      expect(empty.slice('nothing of nothing', 0, 0).length()).toBe(0)
      const all = input.slice('all', 0, LENGTH)
      all.seek(LENGTH - 1)
      expect(all.readByte()).toBe(pattern(LENGTH)[LENGTH - 1])
      expect(() => input.slice('past', LENGTH + 1, 0)).toThrow(RangeError)
      expect(() => input.slice('past', LENGTH, 1)).toThrow(RangeError)
      expect(() => input.slice('past', 1, LENGTH)).toThrow(RangeError)
      expect(() => input.slice('past', 2, Number.MAX_SAFE_INTEGER)).toThrow(RangeError)
      input.close()
    })

    it('are named in what they say, after what they are slices of', () => {
      const input = inputOf(open(), pattern(LENGTH))
      const inner = input.slice('outer', 0, 100).slice('inner', 0, 10)
      expect(inner.toString()).toBe(`${input.toString()} [slice=outer] [slice=inner]`)
      expect(inner.clone().toString()).toBe(inner.toString())
      expect(() => input.slice(5 as unknown as string, 0, 1)).toThrow(TypeError)
      input.close()
    })

    it('take a context, and nothing that is none', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      expect(input.slice('slice', 10, 100, IOContext.READONCE).readByte()).toBe(bytes[10])
      expect(() => input.slice('slice', 0, 1, {} as IOContext)).toThrow(TypeError)
      expect(() => input.updateIOContext('random' as unknown as IOContext)).toThrow(TypeError)
      input.close()
    })
  })

  describe('absolute reads', () => {
    it('move nothing, across whatever boundary', () => {
      const bytes = Buffer.from(pattern(LENGTH))
      const input = inputOf(open(), bytes)
      input.seek(3)
      input.readByte()
      const random = input.randomAccessSlice(0, LENGTH)
      for (let at = 0; at + 8 <= LENGTH; at += at < 200 ? 1 : 131) {
        expect(random.readLong(at)).toBe(bytes.readBigInt64LE(at))
        expect(random.readShort(at)).toBe(bytes.readInt16LE(at))
      }
      const target = new Uint8Array(6_000)
      random.readBytes(1_000, target)
      expect(difference(target, bytes.subarray(1_000, 7_000))).toBeUndefined()
      expect(input.getFilePointer()).toBe(4)
      expect(input.readByte()).toBe(bytes[4])
      input.close()
    })

    it('end at the end of their range', () => {
      const input = inputOf(open(), pattern(LENGTH))
      const random = input.slice('slice', 1_000, 500).randomAccessSlice(100, 50)
      expect(random.length()).toBe(50)
      expect(random.readByte(49)).toBe(pattern(LENGTH)[1_149])
      expect(() => random.readByte(50)).toThrow(EndOfFileError)
      expect(() => random.readShort(49)).toThrow(EndOfFileError)
      expect(() => random.readLong(43)).toThrow(EndOfFileError)
      expect(() => random.readBytes(40, new Uint8Array(11))).toThrow(EndOfFileError)
      expect(() => random.readBytes(51, new Uint8Array(0))).toThrow(EndOfFileError)
      expect(() => random.prefetch(0, 51)).toThrow(RangeError)
      random.readBytes(50, new Uint8Array(0))
      random.prefetch(50, 0)
      input.close()
    })
  })

  describe('views', () => {
    it('hold what is in the file, and lie in memory as in the file', () => {
      const bytes = pattern(LENGTH)
      const input = inputOf(open(), bytes)
      for (const [offset, length] of [
        [0, LENGTH],
        [1, 10],
        [4_095, 2],
        [4_096, 100],
        [8_191, LENGTH - 8_191],
      ] as const) {
        const view = input.view(offset, length)
        expect(difference(view, bytes.subarray(offset, offset + length))).toBeUndefined()
        expect(view.byteOffset % 4_096).toBe(offset % 4_096)
        expect(view.constructor).toBe(Uint8Array)
        expect(view.buffer).toBeInstanceOf(ArrayBuffer)
      }
      const slice = input.slice('slice', 4_000, 200).view(100, 8)
      expect(difference(slice, bytes.subarray(4_100, 4_108))).toBeUndefined()
      expect(slice.byteOffset % 4_096).toBe(4)
      expect(
        new BigInt64Array(input.view(4_800, 16).buffer, input.view(4_800, 16).byteOffset, 2),
      ).toHaveLength(2)
      expect(input.view(LENGTH, 0)).toHaveLength(0)
      expect(input.getFilePointer()).toBe(0)
      input.close()
    })

    it('may be written to, of which nobody notices', () => {
      const bytes = pattern(LENGTH)
      const directory = open()
      const input = inputOf(directory, bytes)
      const view = input.view(0, LENGTH)
      const other = input.view(0, LENGTH)
      input.readByte()
      view.fill(0)
      expect(view[5]).toBe(0)
      expect(difference(other, bytes)).toBeUndefined()
      expect(input.readByte()).toBe(bytes[1])
      const all = new Uint8Array(LENGTH)
      directory.openInput('file').readBytes(all)
      expect(difference(all, bytes)).toBeUndefined()
      expect(difference(input.view(0, LENGTH), bytes)).toBeUndefined()
      input.close()
    })

    it('outlive close() and deletion', () => {
      const bytes = pattern(LENGTH)
      const directory = open()
      const input = inputOf(directory, bytes)
      const view = input.view(10, LENGTH - 10)
      input.close()
      directory.deleteFile('file')
      expect(difference(view, bytes.subarray(10))).toBeUndefined()
      view[0] = 99
      expect(view[0]).toBe(99)
    })

    it('copy nothing where copying is forbidden', () => {
      const input = inputOf(open(), pattern(LENGTH))
      const attempt = (): Uint8Array => input.view(10, 100, { copy: 'never' })
      const outcomes = { mapped: 'a view', other: 'TypeError' }
      let outcome: string
      try {
        outcome = difference(attempt(), pattern(LENGTH).subarray(10, 110)) ?? 'a view'
      } catch (error) {
        outcome = (error as Error).constructor.name
      }
      expect(outcome).toBe(kind.type === 'mmap' ? outcomes.mapped : outcomes.other)
      expect(() => input.view(0, 1, { copy: 'always' as 'allow' })).toThrow(TypeError)
      input.close()
    })

    it('stay within the input', () => {
      const input = inputOf(open(), pattern(LENGTH))
      expect(() => input.view(0, LENGTH + 1)).toThrow(RangeError)
      expect(() => input.view(LENGTH + 1, 0)).toThrow(RangeError)
      expect(() => input.slice('slice', 0, 10).view(5, 6)).toThrow(RangeError)
      input.close()
    })
  })

  describe('empty files', () => {
    it('can be opened, cloned and sliced, but not read', async () => {
      const directory = open()
      const input = inputOf(directory, pattern(0))
      expect(input.length()).toBe(0)
      expect(input.getFilePointer()).toBe(0)
      input.seek(0)
      input.skipBytes(0)
      input.readBytes(new Uint8Array(0))
      input.prefetch(0, 0)
      input.updateIOContext(IOContext.READ)
      await input.load()
      expect(() => input.readByte()).toThrow(EndOfFileError)
      expect(() => input.seek(1)).toThrow(EndOfFileError)
      expect(() => input.readString()).toThrow(EndOfFileError)
      expect(() => input.slice('past', 0, 1)).toThrow(RangeError)
      expect(input.clone().length()).toBe(0)
      expect(input.slice('all', 0, 0).length()).toBe(0)
      expect(input.randomAccessSlice(0, 0).length()).toBe(0)
      expect(() => input.randomAccessSlice(0, 0).readByte(0)).toThrow(EndOfFileError)
      expect(input.view(0, 0)).toHaveLength(0)
      expect(input.isLoaded() ?? true).toBe(true)
      input.close()
      const checksum = directory.openChecksumInput('file')
      expect(checksum.getChecksum()).toBe(0)
      checksum.close()
    })
  })

  describe('memory', () => {
    it('is loaded in pieces, whatever part is asked for', async () => {
      const input = inputOf(open(), pattern(LENGTH))
      const progress: number[][] = []
      await input.load({ onProgress: (done, total) => progress.push([done, total]) })
      expect(progress.at(-1) ?? [LENGTH, LENGTH]).toEqual([LENGTH, LENGTH])
      await input.load({ offset: 5_000 })
      await input.slice('slice', 100, 1_000).load({ offset: 10, length: 20 })
      await expect(input.load({ offset: 1, length: LENGTH })).rejects.toThrow(RangeError)
      await expect(input.load({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
      input.prefetch(0, LENGTH)
      input.prefetch(4_000, 200)
      expect([true, false, undefined]).toContain(input.isLoaded())
      expect(() => input.prefetch(1, LENGTH)).toThrow(RangeError)
      input.close()
    })

    it('is mapped, or is not', () => {
      const directory = open()
      write(directory, 'file', pattern(10))
      const input = directory.openInput('file')
      expect(input.mapped).toBe(kind.type === 'mmap')
      expect(input.mapFailure).toBeUndefined()
      expect(input.loaded).toBeUndefined()
      expect(input.slice('slice', 0, 5).mapped).toBe(kind.type === 'mmap')
      input.close()
    })
  })
})
