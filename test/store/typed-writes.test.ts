import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'

import { EndOfFileError, type IndexOutput } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { contentOf, difference, inputOf } from '../support/files.js'
import { GOLDEN_BYTES, GOLDEN_OPERATIONS, GOLDEN_STEPS } from '../support/golden-types.js'

/** What says something about the file so far instead of adding to it. */
const STATEMENTS = new Set(['checksumSoFar', 'eof'])
const CALLS = GOLDEN_STEPS.filter(({ op }) => !STATEMENTS.has(op))

describe('the file that Lucene wrote', () => {
  it('is whole, and every call of it is known', () => {
    const eof = GOLDEN_STEPS.at(-1)!.value as { length: number; checksum: string }
    expect(GOLDEN_BYTES.length).toBe(eof.length)
    expect(crc32(GOLDEN_BYTES.subarray(0, -8)).toString(16)).toBe(eof.checksum)
    expect(CALLS.filter(({ op }) => !(op in GOLDEN_OPERATIONS))).toEqual([])
    expect(CALLS.length).toBeGreaterThan(100)
  })
})

describeEachDirectory((open) => {
  it('reads every value that Lucene wrote', () => {
    const input = inputOf(open(), GOLDEN_BYTES)
    for (const step of CALLS) {
      expect(input.getFilePointer()).toBe(step.start)
      const [actual, expected] = GOLDEN_OPERATIONS[step.op]!.read(input, step.value, step)
      expect({ ...step, value: actual }).toEqual({ ...step, value: expected })
      expect([step, input.getFilePointer()]).toEqual([step, step.end])
    }
    expect(() => input.readByte()).toThrow(EndOfFileError)
    input.close()
  })

  it('reads every value of it alone, from a slice that ends with it', () => {
    const input = inputOf(open(), GOLDEN_BYTES)
    for (const step of CALLS) {
      const slice = input.slice(step.op, step.start, step.end - step.start)
      const [actual, expected] = GOLDEN_OPERATIONS[step.op]!.read(slice, step.value, step)
      expect({ ...step, value: actual }).toEqual({ ...step, value: expected })
      expect(slice.getFilePointer()).toBe(slice.length())
    }
    input.close()
  })

  it('writes the same bytes as Lucene, with the same checksums', () => {
    const directory = open()
    const output: IndexOutput = directory.createOutput('types')
    for (const step of GOLDEN_STEPS) {
      if (step.op === 'eof') continue
      const start = output.getFilePointer()
      const said =
        step.op === 'checksumSoFar'
          ? output.getChecksum().toString(16)
          : GOLDEN_OPERATIONS[step.op]!.write(output, step.value)
      const value = said ?? step.value
      expect({ ...step, value, start, end: output.getFilePointer() }).toEqual(step)
    }
    expect(output.getChecksum()).toBe(crc32(GOLDEN_BYTES))
    output.close()
    expect(difference(contentOf(directory, 'types'), GOLDEN_BYTES)).toBeUndefined()
  })
})
