// How long it takes until a GPU or other native code can read a file: opening, loading and exporting it, and the
// first access to its pages, each by itself.
//
//   node bench/export.mjs [--vectors 1000000] [--length 256] [--rounds 20] [--within FOLDER]
//
// Makes a file of so many vectors of so many bytes in FOLDER (by default the system's temporary one). Metal is
// measured where there is one. For a Metal that is none, whose times are those of what surrounds it:
//
//   make -f test/metal/Makefile
//   MMAP_DIRECTORY_NATIVE=coverage/metal/native.node FAKE_METAL_LIBRARY=$PWD/coverage/metal/fake-metal.so node bench/export.mjs
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { machine, machineLine } from './machine.mjs'
import { wholeNumber, workFolder } from './running.mjs'

const require = createRequire(import.meta.url)
const { MMapDirectory, openFile } = require('../dist/index.js')
const { exportToMetal, metalSupport } = require('../dist/metal/index.js')

const { values } = parseArgs({
  options: {
    vectors: { type: 'string', default: '1000000' },
    length: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '20' },
    within: { type: 'string', default: tmpdir() },
  },
})
const vectors = wholeNumber(values, 'vectors', 1)
const vectorLength = wholeNumber(values, 'length', 1)
const rounds = wholeNumber(values, 'rounds', 1)
const length = vectors * vectorLength
const folder = workFolder(values.within)
const path = join(folder, 'vectors')

{
  const directory = MMapDirectory.open(folder)
  const output = directory.createOutput('vectors')
  const block = new Uint8Array(Math.min(length, 2 ** 22))
  for (let i = 0; i < block.length; i++) block[i] = (i * 31 + (i >> 8)) & 0xff
  for (let left = length; left > 0; left -= Math.min(left, block.length)) {
    output.writeBytes(block, 0, Math.min(left, block.length))
  }
  output.close()
  await directory.sync(['vectors'])
}

const times = new Map()
function note(what, milliseconds) {
  times.set(what, [...(times.get(what) ?? []), milliseconds])
}
async function timed(what, run) {
  const start = performance.now()
  const result = await run()
  note(what, performance.now() - start)
  return result
}
function timedNow(what, run) {
  const start = performance.now()
  const result = run()
  note(what, performance.now() - start)
  return result
}

/** A byte of every page, through windows that are there already. */
function touch(input) {
  let sum = 0
  const pages = input.randomAccessSlice(0, length)
  for (let at = 0; at < length; at += 4096) sum += pages.readByte(at)
  return sum
}

const support = metalSupport()
let zeroCopy
for (let round = 0; round < rounds; round++) {
  const input = timedNow('openFile()', () => openFile(path))
  const chunks = timedNow('exportChunks()', () => input.exportChunks())
  timedNow('first access: a byte of every page', () => touch(input))
  timedNow('access again', () => touch(input))
  await timed('load(), in memory already', () => input.load())
  if (support.available) {
    const exported = timedNow('exportToMetal()', () => exportToMetal(input))
    zeroCopy = exported.every((each) => each.zeroCopy)
    timedNow('release() of that', () => exported.forEach((each) => each.release()))
    timedNow('exportToMetal(), copied', () => exportToMetal(input, { forceCopy: true })).forEach((each) =>
      each.release(),
    )
  }
  for (const chunk of chunks) chunk.release()
  timedNow('close()', () => input.close())
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
// Apart, since what these leave to the garbage collector would be in the way of the others.
for (let round = 0; round < rounds; round++) {
  await timed('beside it: load() of a file just opened', async () => {
    const loaded = openFile(path)
    await loaded.load()
    loaded.close()
  })
  timedNow('beside it: fs.readFileSync()', () => readFileSync(path))
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

console.log(machineLine(machine()))
console.log(
  `${vectors} × ${vectorLength} bytes, ${(length / 2 ** 20).toFixed(0)} MiB, in the page cache; ${rounds} rounds; milliseconds`,
)
console.log(
  support.available
    ? `Metal: ${support.device.name}, ${zeroCopy ? 'without a copy' : 'copied'}`
    : `Metal: none, ${support.reason}`,
)
console.log('\n| step | least | median | most |\n| --- | ---: | ---: | ---: |')
for (const [what, all] of times) {
  const sorted = all.toSorted((a, b) => a - b)
  const numbers = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(`| ${what} | ${numbers.map((number) => number.toFixed(3)).join(' | ')} |`)
}
