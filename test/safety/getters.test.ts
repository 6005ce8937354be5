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

  it.each(['MMapDirectory', 'FSDirectory', 'ByteBuffersDirectory'])(
    'of options, and callbacks, may close the input, which then reads nothing: %s',
    async (type) => {
      const closed = 'AlreadyClosedError ERR_ALREADY_CLOSED'
      expect(
        await survives(
          `
          const mine = make(Buffer.alloc(100_000, 1))
          const other = make(Buffer.alloc(100_000, 2))
          let act = () => {}
          const readAdvice = () => (act(), 'normal')
          const directory = '${type}' === 'ByteBuffersDirectory'
            ? new lib.ByteBuffersDirectory()
            : lib.${type}.open(dir, '${type}' === 'MMapDirectory' ? { readAdvice } : {})
          if ('${type}' === 'ByteBuffersDirectory') {
            const output = directory.createOutput(mine)
            output.writeBytes(Buffer.alloc(100_000, 1))
            output.close()
          }
          const uses = {
            view: (input, late) => input.view(0, 10, { get copy() { late(); return 'allow' } }),
            'long view': (input, late) => input.view(0, 50_000, { get copy() { late(); return 'allow' } }),
            keys: (input, late) => input.view(0, 10, new Proxy({}, { ownKeys: () => (late(), []) })),
            load: (input, late) => input.load({ get offset() { late(); return 0 } }),
            'load length': (input, late) => input.load({ get length() { late(); return 10 } }),
            signal: (input, late) => input.load({ signal: { throwIfAborted: late } }),
            progress: (input, late) => input.load({ onProgress: late }),
          }
          if ('${type}' === 'MMapDirectory') {
            uses.slice = (input, late) => ((act = late), input.slice('part', 0, 4096, lib.IOContext.READ))
            uses.context = (input, late) => ((act = late), input.updateIOContext(lib.IOContext.READ))
          }
          const run = async () => {
            const said = {}
            const descriptors = []
            for (const [name, use] of Object.entries(uses)) {
              for (const of of ['input', 'clone', 'slice']) {
                const opened = directory.openInput(mine)
                const used = of === 'input' ? opened : of === 'clone' ? opened.clone() : opened.slice('part', 0, 60_000)
                const late = () => {
                  act = () => {}
                  opened.close()
                  descriptors.push(fs.openSync(join(dir, other)))
                }
                try {
                  const result = await use(used, late)
                  said[name + ' of ' + of] = result instanceof Uint8Array ? 'bytes ' + result[0] : String(result)
                } catch (error) {
                  said[name + ' of ' + of] = error.name + ' ' + error.code
                }
              }
            }
            say(said)
            process.exit()
          }
          run().catch(fail)`,
          { args: [path], node, thread },
        ).then((said) =>
          Object.entries(said as Record<string, string>).filter(
            // What was loaded when the last of it was told of, was loaded.
            ([name, result]) => result !== closed && !(name.startsWith('progress') && result === 'undefined'),
          ),
        ),
      ).toEqual([])
    },
  )
})
