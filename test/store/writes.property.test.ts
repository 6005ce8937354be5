import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { examples } from '../support/brief.js'
import { describeEachDirectory } from '../support/directories.js'
import { InputModel, readGroupVInts, READS } from '../../src/testing/input-model.js'
import { anyRound, readable, readRound, type Round, writeRound } from '../support/rounds.js'

function modelRound(model: InputModel, { kind, value }: Round): unknown {
  if (kind === 'GroupVInts') return Int32Array.from(readGroupVInts(model, (value as Int32Array).length))
  if (ArrayBuffer.isView(value)) {
    const bytes = Uint8Array.from(model.take(value.byteLength))
    return new (value.constructor as Uint8ArrayConstructor)(bytes.buffer)
  }
  return READS[`read${kind}` as keyof typeof READS](model)
}

describeEachDirectory((open) => {
  it('reads back every value that it writes, in any order', () => {
    const directory = open()
    let files = 0
    fc.assert(
      fc.property(fc.array(anyRound, { maxLength: 30, size: 'max' }), (rounds) => {
        const name = `file-${files++}`
        const output = directory.createOutput(name)
        const ends = rounds.map((one) => {
          writeRound(output, one)
          return output.getFilePointer()
        })
        const checksum = output.getChecksum()
        output.close()

        const input = directory.openInput(name)
        const bytes = new Uint8Array(input.length())
        input.readBytes(bytes)
        expect(crc32(bytes)).toBe(checksum)
        expect(bytes.length).toBe(ends.at(-1) ?? 0)
        input.seek(0)
        const model = new InputModel(bytes)
        for (const [i, one] of rounds.entries()) {
          expect(readable(readRound(input, one))).toEqual(readable(one.value))
          expect(readable(modelRound(model, one))).toEqual(readable(one.value))
          expect([input.getFilePointer(), model.position]).toEqual([ends[i], ends[i]])
        }
        input.close()
        directory.deleteFile(name)
      }),
      { numRuns: examples(25) },
    )
  })
})
