import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { CUTTABLE } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

/**
 * A thread that cuts files off while another one reads them: `cut(name, pages)` returns at once, and
 * a moment later the file is that many pages long. `race(kind, …)` reads a mapped input and one in
 * memory side by side, until the mapped one throws; what it says is the error, or how the two differ.
 */
const RACE = `
const cell = new Int32Array(new SharedArrayBuffer(1024))
const text = Buffer.from(cell.buffer, 16)
const cutter = new Worker(
  \`
  const { workerData: cell } = require('node:worker_threads')
  const text = Buffer.from(cell.buffer, 16)
  for (;;) {
    Atomics.wait(cell, 0, 0)
    const end = process.hrtime.bigint() + BigInt(cell[3]) * 1000n
    while (process.hrtime.bigint() < end) {}
    require('node:fs').truncateSync(text.toString('utf8', 0, cell[2]), cell[1] * 4096)
    Atomics.store(cell, 0, 0)
  }
  \`,
  { eval: true, workerData: cell },
)
cutter.unref()
let delay = 0
const cut = (file, pages) => {
  cell[1] = pages
  cell[2] = text.write(file)
  cell[3] = delay = (delay * 7 + 131) % 2000
  Atomics.store(cell, 0, 1)
  Atomics.notify(cell, 0)
}
const PAGES = 64
const memory = new lib.ByteBuffersDirectory()
const write = (name, values) => {
  const output = memory.createOutput(name)
  values(output)
  output.writeBytes(Buffer.alloc(64, 1)) // so that every value lies within
  output.close()
  const input = memory.openInput(name)
  const bytes = Buffer.alloc(input.length())
  input.readBytes(bytes)
  return bytes
}
const random = (() => {
  let seed = 42
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
})()
const fill = (output, value) => {
  while (output.getFilePointer() < PAGES * 4096) value(output)
}
const raw = (output) => output.writeBytes(noise(PAGES * 4096 + 16))
const someSafe = () => {
  const value = Math.floor(random() * 2 ** Math.floor(random() * 53))
  return random() < 0.5 ? -value : value
}
const bulk = (make, method) => (length) => ({
  content: raw,
  size: length * make(0).BYTES_PER_ELEMENT,
  read: '(input.' + method + '(target), Buffer.from(target.buffer).toString("latin1"))',
  target: () => make(length),
})
const bytesOf = bulk((length) => new Uint8Array(length), 'readBytes')
const KINDS = {
  readByte: { content: raw, size: 1 },
  readShort: { content: raw, size: 2 },
  readInt: { content: raw, size: 4 },
  readLong: { content: raw, size: 8 },
  readSafeLong: { content: (o) => fill(o, () => o.writeLong(BigInt(someSafe()))), size: 8 },
  readFloat: { content: raw, size: 4 },
  readDouble: { content: raw, size: 8 },
  readVInt: { content: (o) => fill(o, () => o.writeVInt(someSafe() | 0)) },
  readZInt: { content: (o) => fill(o, () => o.writeZInt(someSafe() | 0)) },
  readVLong: { content: (o) => fill(o, () => o.writeVLong(BigInt(Math.abs(someSafe())))) },
  readZLong: { content: (o) => fill(o, () => o.writeZLong(BigInt(someSafe()))) },
  readSafeVLong: { content: (o) => fill(o, () => o.writeVLong(BigInt(Math.abs(someSafe())))) },
  readSafeZLong: { content: (o) => fill(o, () => o.writeZLong(BigInt(someSafe()) / 2n)) },
  readString: { content: (o) => fill(o, () => o.writeString('t\\u00e4xt'.repeat(random() * 40))) },
  readMapOfStrings: {
    content: (o) => fill(o, () => o.writeMapOfStrings(new Map([['a', 'b'.repeat(random() * 40)], ['c', '']]))),
    read: 'JSON.stringify([...input.readMapOfStrings()])',
  },
  readSetOfStrings: {
    content: (o) => fill(o, () => o.writeSetOfStrings(new Set(['a', 'b'.repeat(random() * 40)]))),
    read: 'JSON.stringify([...input.readSetOfStrings()])',
  },
  readGroupVInts: {
    content: (o) => fill(o, () => o.writeGroupVInts(Int32Array.from({ length: 7 }, () => someSafe() | 0), 7)),
    read: '(input.readGroupVInts(target, 7), target.join())',
    target: () => new Int32Array(7),
  },
  'readGroupVInts of whole groups': { // no other kind of read comes after them
    content: (o) => fill(o, () => o.writeGroupVInts(Int32Array.from({ length: 8 }, () => someSafe() | 0), 8)),
    read: '(input.readGroupVInts(target, 8), target.join())',
    target: () => new Int32Array(8),
  },
  'readBytes of 3': bytesOf(3),
  'readBytes of 21': bytesOf(21),
  'readBytes of 5000': bytesOf(5000),
  'readBytes of 70000': bytesOf(70000),
  readInts: bulk((length) => new Int32Array(length), 'readInts')(11),
  readLongs: bulk((length) => new BigInt64Array(length), 'readLongs')(9),
  readFloats: bulk((length) => new Float32Array(length), 'readFloats')(500),
}
const ABSOLUTE = ['readByte', 'readShort', 'readInt', 'readLong', 'readSafeLong', 'readFloat', 'readDouble']
const loopOf = (kind, name) => new Function('mapped', 'memory', 'start', 'count', 'target', \`
  const read = (input) => \${kind.read ?? 'input.' + name + '()'}
  mapped.seek(start)
  memory.seek(start)
  for (let i = 0; i < count; i++) {
    const is = read(mapped)
    const was = read(memory)
    if (is !== was && !(is !== is && was !== was)) return 'value ' + i + ' is ' + is + ', not ' + was
  }
\`)
const absoluteLoopOf = (kind, name) => new Function('mapped', 'memory', 'start', 'count', \`
  for (let i = 0, at = start; i < count; i++, at += \${kind.size}) {
    const is = mapped.\${name}(at)
    const was = memory.\${name}(at)
    if (is !== was && !(is !== is && was !== was)) return 'value ' + i + ' is ' + is + ', not ' + was
  }
\`)
/** How many values of a kind there are from \`start\` to the end of the pages. */
const countOf = (kind, name, input, start) => {
  if (kind.size !== undefined) return Math.floor((PAGES * 4096 - start) / kind.size)
  const read = new Function('input', 'target', 'return ' + (kind.read ?? 'input.' + name + '()'))
  const target = kind.target?.()
  input.seek(start)
  let count = 0
  for (; input.getFilePointer() < PAGES * 4096; count++) read(input, target)
  return count
}
const race = (name, kind, loop, open) => {
  const said = new Set()
  for (const [round, pages] of [17, 0, PAGES - 1, 40].entries()) {
    const content = 'content' + made
    const start = round % 2 // with a byte before them, values lie across the ends of pages
    const file = make(write(content, (output) => {
      output.writeBytes(Buffer.alloc(start, 9))
      kind.content(output)
    }))
    const inMemory = memory.openInput(content)
    const count = countOf(kind, name, inMemory, start)
    const { mapped, reference, opened } = open(file, inMemory)
    const target = kind.target?.()
    for (let read = 0; read < 20_000; read += count) {
      const wrong = loop(mapped, reference, start, count, target)
      if (wrong) said.add('before the cut: ' + wrong)
    }
    cut(join(dir, file), pages)
    try {
      const end = Date.now() + 5_000
      while (Date.now() < end) {
        const wrong = loop(mapped, reference, start, count, target)
        if (wrong) {
          said.add(wrong)
          break
        }
      }
      said.add('no error')
    } catch (error) {
      said.add(error.name)
      if (error.path !== join(dir, file)) said.add('path: ' + error.path)
      said.add('again: ' + outcome(() => loop(mapped, reference, start, count, target)))
    }
    while (Atomics.load(cell, 0) !== 0) {}
    said.add('opened: ' + outcome(() => opened.readByte()))
    said.add('close: ' + outcome(() => opened.close()))
    said.add('closed: ' + outcome(() => opened.readByte()))
    inMemory.close()
    memory.deleteFile(content)
    fs.unlinkSync(join(dir, file))
  }
  return [...said]
}
const directory = lib.MMapDirectory.open(dir)
/** Ways to an input of a file: the opened one and one to read from, both on the same bytes. */
const WAYS = {
  opened: (file, reference) => {
    const opened = directory.openInput(file)
    return { opened, mapped: opened, reference }
  },
  clone: (file, reference) => {
    const opened = directory.openInput(file)
    return { opened, mapped: opened.clone(), reference }
  },
  slice: (file, reference) => {
    const opened = directory.openInput(file)
    return { opened, mapped: opened.slice('all', 0, opened.length()), reference }
  },
  'small windows': (file, reference) => {
    const { windowPower } = require(dist + '/store/window-power.js')
    const opened = lib.MMapDirectory.open(dir, { [windowPower]: 12 }).openInput(file)
    return { opened, mapped: opened, reference }
  },
  attached: (file, reference) => {
    const first = directory.openInput(file)
    const opened = lib.attachInput(structuredClone(first.share()))
    first.close()
    return { opened, mapped: opened, reference }
  },
  absolute: (file, reference) => {
    const opened = directory.openInput(file)
    const length = opened.length()
    return {
      opened,
      mapped: opened.randomAccessSlice(0, length),
      reference: reference.randomAccessSlice(0, length),
    }
  },
}
const results = {}
`

const FAULT = [
  'FileFaultError',
  'again: FileFaultError ERR_FILE_FAULT',
  'opened: FileFaultError ERR_FILE_FAULT',
  'close: no error',
  'closed: AlreadyClosedError ERR_ALREADY_CLOSED',
]

const expected = (names: readonly string[]): unknown => ({
  results: Object.fromEntries(names.map((name) => [name, FAULT])),
  faults: true,
})

describe.skipIf(!CUTTABLE).each(THREADS)(
  'a file that is cut off in the middle of reads, %s, %s',
  (node, thread) => {
    const raced = (script: string, nodeOptions: readonly string[] = []): Promise<unknown> =>
      survives(`${RACE}\n${script}\nsay({ results, faults: lib.mappingStats().faults > made / 2 })`, {
        args: [path],
        node,
        nodeOptions,
        thread,
      })

    it('gives no wrong value of any kind, and an error in the very call', async () => {
      const said = (await raced(`
      for (const name in KINDS) results[name] = race(name, KINDS[name], loopOf(KINDS[name], name), WAYS.opened)
    `)) as { results: object }
      expect(Object.keys(said.results).length).toBeGreaterThan(20)
      expect(said).toEqual(expected(Object.keys(said.results)))
    })

    // Where code is not compiled, DataView's methods load byte by byte: pages go between two of them.
    it('gives no wrong value in code that is interpreted', async () => {
      const names = ['readShort', 'readInt', 'readLong', 'readSafeLong', 'readFloat', 'readDouble']
      const said = await raced(
        `
      write('some', raw)
      const reads = (input, name) => {
        const first = input[name](0)
        for (;;) {
          input.seek?.(0)
          for (let i = 0; i < 512; i++) if (input[name](8 * i) !== first) return 'another value'
        }
      }
      for (const name of ${JSON.stringify(names)}) {
        const content = Buffer.alloc(PAGES * 4096, name === 'readSafeLong' ? '070707070707f0ff' : '07', 'hex')
        for (const [way, open] of Object.entries({ opened: WAYS.opened, absolute: WAYS.absolute })) {
          const said = new Set()
          for (let i = 0; i < 100; i++) {
            const file = make(content)
            const { mapped, opened } = open(file, memory.openInput('some'))
            cut(join(dir, file), 0)
            said.add(outcome(() => reads(mapped, name)))
            while (Atomics.load(cell, 0) !== 0) {}
            outcome(() => opened.close())
            fs.unlinkSync(join(dir, file))
          }
          results[way + ' ' + name] = [...said]
        }
      }
    `,
        ['--no-opt', '--no-sparkplug', '--no-maglev'],
      )
      const ways = names.flatMap((name) => [`opened ${name}`, `absolute ${name}`])
      expect(said).toEqual({
        results: Object.fromEntries(ways.map((way) => [way, ['FileFaultError ERR_FILE_FAULT']])),
        faults: true,
      })
    })

    it('gives no wrong value by position', async () => {
      const said = (await raced(`
      for (const name of ABSOLUTE) {
        results[name] = race(name, KINDS[name], absoluteLoopOf(KINDS[name], name), WAYS.absolute)
      }
    `)) as { results: object }
      expect(Object.keys(said.results)).toHaveLength(7)
      expect(said).toEqual(expected(Object.keys(said.results)))
    })

    // A kernel with large folios (ext4 since Linux 6.16) clears up to 2 MiB where files are cut, beneath reads.
    it('gives no zeros of FSDirectory', async () => {
      const said = await raced(`
      const content = Buffer.alloc(2 ** 21, 7)
      const target = new Uint8Array(content.length)
      const reads = {
        whole: (input) => {
          input.readBytes(target)
          return target.includes(0)
        },
        values: (input) => {
          for (let i = 0; i < content.length; i += 4) if (input.readInt() !== 0x07070707) return true
          return false
        },
      }
      const read = lib.FSDirectory.open(dir)
      for (const name in reads) {
        const said = new Set()
        for (let i = 0; i < 200; i++) {
          const file = make(content)
          const input = read.openInput(file)
          cut(join(dir, file), 181)
          said.add(outcome(() => {
            for (;;) {
              input.seek(0)
              if (reads[name](input)) return 'zeros'
            }
          }))
          while (Atomics.load(cell, 0) !== 0) {}
          outcome(() => input.close())
          fs.unlinkSync(join(dir, file))
        }
        results[name] = [...said]
      }
    `)
      const told = ['EndOfFileError ERR_END_OF_FILE']
      expect(said).toMatchObject({ results: { whole: told, values: told } })
    })

    it.each(['clone', 'slice', 'small windows', 'attached'])('gives no wrong value: %s', async (way) => {
      const names = ['readByte', 'readInt', 'readSafeLong', 'readVInt', 'readString', 'readBytes of 5000']
      const said = await raced(`
      for (const name of ${JSON.stringify(names)}) {
        results[name] = race(name, KINDS[name], loopOf(KINDS[name], name), WAYS[${JSON.stringify(way)}])
      }
    `)
      expect(said).toEqual(expected(names))
    })
  },
)
