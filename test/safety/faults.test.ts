import { afterAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

const OPENING = `
const directory = lib.MMapDirectory.open(dir)
const PAGE = 4096
const cut = (name, length) => fs.truncateSync(join(dir, name), length)
/** Opens a new file and cuts it to \`length\` bytes. */
const cutTo = (length, bytes = noise(16 * PAGE), read = true) => {
  const name = make(bytes)
  const input = directory.openInput(name)
  if (read) input.readByte()
  cut(name, length)
  return input
}
`

/** Every method and getter of an input, as an attempt. */
const EVERY_USE = `
const ARGUMENTS = {
  readBytes: () => [new Uint8Array(1)],
  readInts: () => [new Int32Array(1)],
  readLongs: () => [new BigInt64Array(1)],
  readFloats: () => [new Float32Array(1)],
  readGroupVInts: () => [new Int32Array(4), 4],
  skipBytes: () => [0],
  slice: () => ['part', 0, 1],
  randomAccessSlice: () => [0, 1],
  view: () => [0, 1],
  prefetch: () => [0, 1],
  updateIOContext: () => [lib.IOContext.READ],
}
const EXEMPT = ['constructor', 'close', 'toString', 'atomically', 'need', 'readGroupVInt']
const everyUse = (object, absolute = false) => {
  const uses = {}
  for (let on = object; on !== Object.prototype; on = Object.getPrototypeOf(on)) {
    for (const name of Object.getOwnPropertyNames(on)) {
      if (EXEMPT.includes(name) || name in uses) continue
      const given = absolute && name === 'readBytes' ? () => [0, new Uint8Array(1)] : ARGUMENTS[name]
      uses[name] = async () => {
        const member = object[name]
        return typeof member === 'function' ? member.apply(object, given?.() ?? [0]) : member
      }
    }
  }
  return uses
}
/** What any use of it comes to, for all uses the same; those that differ by name. */
const everyOutcome = async (object, absolute) => {
  const uses = everyUse(object, absolute)
  if (Object.keys(uses).length < 8) throw new Error('too few uses')
  const found = new Map()
  for (const [name, use] of Object.entries(uses)) {
    const said = await use().then((value) => 'no error', (error) => error.name)
    found.set(said, [...found.get(said) ?? [], name])
  }
  return found.size === 1 ? [...found.keys()][0] : [...found]
}
`

describe.each(NODES)('a page that cannot be read, %s', (node) => {
  const said = (script: string, nodeOptions: readonly string[] = []): Promise<unknown> =>
    survives(OPENING + script, { args: [path], node, nodeOptions })

  it('is an error of the call that reads a value of which only the last bytes are lost', async () => {
    const all = await said(`
      const results = {}
      for (const [kind, size] of Object.entries({
        readShort: 2, readInt: 4, readLong: 8, readSafeLong: 8, readFloat: 4, readDouble: 8,
        readVInt: 5, readVLong: 10, readSafeVLong: 8, readZInt: 5, readZLong: 10, readSafeZLong: 8, readString: 100,
      })) {
        for (const fill of [0xff, 0x99, 0x63, 0x01]) {
          for (let kept = 1; kept < size; kept += size > 20 ? 40 : 1) {
            const input = cutTo(PAGE, Buffer.alloc(3 * PAGE, fill))
            const random = input.randomAccessSlice(0, input.length())
            const position = PAGE - kept
            input.seek(position)
            if (random[kind]) results[kind + ' at'] = [...results[kind + ' at'] ?? [], outcome(() => random[kind](position))]
            else if (kind === 'readString' ? kept > (fill < 0x80 ? fill : 1) : fill < 0x80) continue // whole
            results[kind] = [...results[kind] ?? [], outcome(() => input[kind]())]
            outcome(() => input.close())
          }
        }
      }
      for (const kind in results) results[kind] = [...new Set(results[kind])]
      say(results)`)
    const kinds = Object.keys(all as object)
    expect(kinds.length).toBeGreaterThan(15)
    expect(all).toEqual(Object.fromEntries(kinds.map((kind) => [kind, ['FileFaultError ERR_FILE_FAULT']])))
  })
})
