import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
afterAll(() => removeDirectory(path))

/** Arrays that do something, or lie, when they are asked for their length. */
const ARRAYS = `
const LENGTH = 50_000
let asked = 0
const lying = (names, get) => {
  const array = new Uint8Array(LENGTH)
  for (const name of names) Object.defineProperty(array, name, { get: () => (asked++, get(array)) })
  return array
}
const detaching = (names) => lying(names, (array) => {
  const buffer = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer').get.call(array)
  structuredClone(buffer, { transfer: [buffer] })
  return LENGTH
})
class Long extends Uint8Array {
  get length() { asked++; return 2 ** 31 }
  get byteLength() { asked++; return 2 ** 31 }
  get byteOffset() { asked++; return 2 ** 31 }
}
const NAMES = ['byteLength', 'length', 'byteOffset', 'buffer']
const arrays = [
  ...NAMES.map((name) => detaching([name])),
  lying(NAMES, () => 10),
  lying(NAMES, () => 0),
  lying(NAMES, () => 2 ** 31),
  new Long(LENGTH),
]
`

describe.each(THREADS)('getters of what a program passes, %s, %s', (node, thread) => {
  it.each(['MMapDirectory', 'FSDirectory', 'ByteBuffersDirectory'])(
    'of arrays are not asked: %s',
    async (type) => {
      expect(
        await survives(
          `${ARRAYS}
          const content = noise(100_000)
          const directory = '${type}' === 'ByteBuffersDirectory' ? new lib.ByteBuffersDirectory() : lib.${type}.open(dir)
          const name = 'arrays' + process.pid
          const output = directory.createOutput(name)
          output.writeBytes(content)
          output.close()
          const input = directory.openInput(name)
          const random = input.randomAccessSlice(0, 100_000)
          const last = (array) => Object.getOwnPropertyDescriptor(array, String(LENGTH - 1))?.value
          let right = 0
          for (const array of arrays) {
            const reads = [
              () => (input.seek(0), input.readBytes(array, 0, LENGTH)),
              () => (input.seek(0), input.readBytes(array)),
              () => random.readBytes(0, array, 0, LENGTH),
            ]
            for (const read of reads) {
              read()
              if (last(array) === content[LENGTH - 1]) right++
              array[LENGTH - 1] = ~content[LENGTH - 1]
            }
          }
          const copy = directory.createOutput(name + 'copy')
          for (const array of arrays) copy.writeBytes(array, 0, LENGTH)
          for (const array of arrays) copy.writeBytes(array)
          copy.close()
          say({ right, asked, length: directory.fileLength(name + 'copy') / LENGTH })
          process.exit()`,
          { args: [path], node, thread },
        ),
      ).toEqual({ right: 24, asked: 0, length: 16 })
    },
  )
})
