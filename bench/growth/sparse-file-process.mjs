// A file of which only the ends have bytes. Arguments: what is done, kind, power of a chunk's length,
// folder, file, and more; see below. Prints the result as JSON. Needs --expose-gc.
import { setImmediate } from 'node:timers/promises'

import cases from '../../dist/cli/bench-cases.js'
import measuring from '../../dist/cli/bench-measure.js'
import lib from '../../dist/index.js'
import { HOT, SPAN } from '../cases.mjs'
import { collect, growth, usage } from './usage.mjs'

const [action, kind, chunkPower, folder, file, ...rest] = process.argv.slice(2)
const directory =
  kind === 'mmap'
    ? lib.MMapDirectory.open(folder, { fallback: false, chunkPower: Number(chunkPower) })
    : lib.FSDirectory.open(folder)
const { BATCH, keep, positions } = cases

// The advice keeps the system from filling the cache with MiBs of zeros around every read.
const open = () => directory.openInput(file, lib.IOContext.READ)

function microseconds(run) {
  const start = performance.now()
  run()
  return (performance.now() - start) * 1000
}

/** Opening, reading the last byte, closing, for up to a second; then all over the file. Argument: how many places. */
async function shape(places) {
  const times = { open: [], read: [], close: [] }
  const end = performance.now() + 1000
  do {
    let input
    times.open.push(microseconds(() => (input = open())))
    times.read.push(microseconds(() => keep(input.readByte(input.seek(input.length() - 1)))))
    times.close.push(microseconds(() => input.close()))
    for (let turn = 0; turn < 3; turn++) await setImmediate() // addresses are given back after the buffers
  } while (times.open.length < 20 && performance.now() < end)
  const best = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]))
  await collect()
  const before = usage(folder)
  const input = open()
  const opened = growth(before, usage(folder))
  const at = positions(input.length(), 4)()
  const all = microseconds(() => {
    for (let i = 0; i < places; i++) {
      input.seek(at[i])
      keep(input.readInt())
    }
  })
  await collect()
  const after = { ...growth(before, usage(folder)), windows: lib.mappingStats().windows }
  return { best, opened, everywhere: all / places, after }
}

/** Works on SPAN bytes from `start` on. */
const WORKS = {
  readByte: (input, start) => sequence(input, start, 1, (from) => from.readByte()),
  readInt: (input, start) => sequence(input, start, 4, (from) => from.readInt()),
  readSafeLong: (input, start) => sequence(input, start, 8, (from) => from.readSafeLong()),
  'seek + readInt': (input, start) => {
    const places = positions(Math.min(HOT, input.length()), 4)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < BATCH; i++) {
        input.seek(start + at[i])
        sum ^= input.readInt()
      }
      keep(sum)
      return BATCH
    }
  },
}

function sequence(input, start, width, read) {
  const end = Math.min(start + SPAN, input.length()) - BATCH * width
  input.seek(start)
  return () => {
    if (input.getFilePointer() > end) input.seek(start)
    let sum = 0
    for (let i = 0; i < BATCH; i++) sum ^= read(input)
    keep(sum)
    return BATCH
  }
}

/** Arguments: what is read, from which byte on, milliseconds. */
function speed(name, start, milliseconds) {
  const work = WORKS[name](open(), start)
  measuring.warmUp(work, milliseconds / 2)
  return measuring.measure(work, milliseconds)
}

const result =
  action === 'shape' ? await shape(Number(rest[0])) : speed(rest[0], Number(rest[1]), Number(rest[2]))
process.stdout.write(`${JSON.stringify({ ...result, kept: cases.wasKept() })}\n`, () => process.exit(0))
