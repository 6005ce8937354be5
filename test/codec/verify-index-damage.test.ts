import { beforeAll, describe, expect, it } from 'vitest'

import { type ByteBuffersDirectory, CompoundDirectory, CorruptIndexError } from '../../src/index.js'
import { filesOf, inMemory, LUCENE_INDEXES, type LuceneIndex, writeFile } from '../support/lucene-indexes.js'
import { badNames, type Verified, verifyAll } from '../support/verifying.js'

// Which bytes are flipped besides those that have to be: printed with every failure.
const SEED = Number(process.env['VERIFY_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Numbers from 0 up to a limit that follow from a seed and a name (mulberry32). */
function randomFrom(name: string): (limit: number) => number {
  let state = SEED
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 0x9e37_79b1)
  return (limit) => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** First, middle, last, each part of the footer, all of a header's parts, and any others. */
function positionsIn(name: string, length: number): number[] {
  const random = randomFrom(name)
  const fixed = [0, 4, 8, 20, 30, length >>> 1, ...[16, 13, 12, 9, 8, 5, 4, 1].map((back) => length - back)]
  return [...new Set([...fixed, ...Array.from({ length: 8 }, () => random(length))])]
}

function flipped(bytes: Uint8Array, position: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[position]! ^= 1 << bit
  return copy
}

/** The file in a compound file that a position belongs to. */
function innerNameAt(directory: ByteBuffersDirectory, name: string, position: number): string | undefined {
  if (!name.endsWith('.cfs')) return undefined
  using compound = CompoundDirectory.open(directory, name.slice(0, -'.cfs'.length))
  return compound.listAll().find((inner) => {
    const offset = compound.fileOffset(inner)
    return position >= offset && position < offset + compound.fileLength(inner)
  })
}

describe.each(LUCENE_INDEXES.map((index) => [index.name, index] as const))(
  `damage in %s is found and named (VERIFY_SEED=${SEED})`,
  (_, index: LuceneIndex) => {
    const files = filesOf(index)
    let directory: ByteBuffersDirectory
    beforeAll(() => {
      directory = inMemory(files)
    })

    async function verifyWith(name: string, bytes: Uint8Array | undefined): Promise<Verified> {
      directory.deleteFile(name)
      if (bytes !== undefined) writeFile(directory, name, bytes)
      try {
        return await verifyAll(directory)
      } finally {
        if (bytes !== undefined) directory.deleteFile(name)
        writeFile(directory, name, files.get(name)!)
      }
    }

    it('finds nothing wrong without damage', async () => {
      const verified = await verifyAll(directory)
      expect(badNames(verified)).toEqual([])
      expect(verified.outcome.ok).toBe(true)
      expect(verified.outcome.counts.unchecked).toBe(0)
    })

    describe.each([...files].filter(([, bytes]) => bytes.length > 0))('%s', (name, bytes) => {
      it('with one flipped bit', async () => {
        const random = randomFrom(`bit of ${name}`)
        for (const position of positionsIn(name, bytes.length)) {
          const bit = random(8)
          const inner = innerNameAt(directory, name, position)
          const verified = await verifyWith(name, flipped(bytes, position, bit))
          const bad = verified.files.find((file) => !file.ok)
          expect({
            position,
            bit,
            bad: badNames(verified),
            ok: verified.outcome.ok,
            status: bad?.status,
            error: bad?.error?.constructor,
            named: bad?.error?.message.includes(name),
          }).toEqual({
            position,
            bit,
            bad: inner === undefined ? [name] : [name, `${name}/${inner}`],
            ok: false,
            status: 'damaged',
            error: CorruptIndexError,
            named: true,
          })
        }
      })

      it.each([1, 8, 16, 17])('without its last bytes: %i', async (count) => {
        expect(badNames(await verifyWith(name, bytes.subarray(0, -count)))).toContain(name)
      })

      it('cut anywhere', async () => {
        const random = randomFrom(`cut of ${name}`)
        for (const length of [0, 1, 3, 4, 5, 15, 16, random(bytes.length), random(bytes.length)]) {
          const verified = await verifyWith(name, bytes.subarray(0, length))
          expect({ length, found: badNames(verified).includes(name) }).toEqual({ length, found: true })
        }
      })

      it.each([0, 1, 255])('with a byte appended: %i', async (byte) => {
        expect(badNames(await verifyWith(name, Buffer.concat([bytes, Uint8Array.of(byte)])))).toEqual([name])
      })

      it.skipIf(name === index.expected.segmentsFile)('when it is missing', async () => {
        const verified = await verifyWith(name, undefined)
        expect(badNames(verified)).toEqual([name])
        const missing = verified.files.find((file) => !file.ok)!
        expect(missing.status).toBe('missing')
        expect(missing.error!.code).toBe('ENOENT')
      })
    })

    it('checks file by file and says so without a commit', async () => {
      const verified = await verifyWith(index.expected.segmentsFile, undefined)
      expect(badNames(verified)).toEqual([])
      expect(verified.outcome.commit).toBeUndefined()
      expect(verified.outcome.segmentsFile).toBeUndefined()
      expect(verified.files.length).toBeGreaterThan(90)
    })

    it('a lock file that is not empty', async () => {
      const verified = await verifyWith('write.lock', Uint8Array.of(0))
      expect(badNames(verified)).toEqual(['write.lock'])
    })
  },
)
