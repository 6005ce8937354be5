// Makes many clones or slices of one input, and reads a byte of some of them. Arguments: kind, what is
// made, number, folder, file. Prints what they took as JSON. Needs --expose-gc.
import cases from '../../dist/cli/bench-cases.js'
import lib from '../../dist/index.js'
import { OPEN } from '../contestants/library.mjs'
import { collect, Collections, growth, usage } from './usage.mjs'

const [kind, what, number, folder, file] = process.argv.slice(2)
const count = Number(number)
/** Where files are read, each reader gets a buffer with its first read, which takes a second for 100,000. */
const MOST_READ = 100_000
const directory = OPEN[kind](folder)
const input = directory.openInput(file, lib.IOContext.READ)
const width = Math.min(4096, input.length())
const room = input.length() - width + 1

const MAKERS = {
  clone: () => input.clone(),
  slice: (i) => input.slice('part', (i * 4096) % room, width),
  randomAccessSlice: (i) => input.randomAccessSlice((i * 4096) % room, width),
}
const make = MAKERS[what]
const readByte = what === 'randomAccessSlice' ? (from) => from.readByte(0) : (from) => from.readByte()

/** Nanoseconds of each call, with the collections that fall into it. */
function timed(run, times = count) {
  const start = performance.now()
  for (let i = 0; i < times; i++) run(i)
  return ((performance.now() - start) * 1e6) / times
}

for (let i = 0; i < 100_000; i++) cases.keep(readByte(make(i)))
await collect()
const collections = new Collections()

const dropped = { time: timed((i) => cases.keep(make(i))), collections: await collections.take() }
await collect()

const kept = Array.from({ length: count })
const before = usage(folder)
const made = { time: timed((i) => (kept[i] = make(i))), collections: await collections.take() }
await collect()
made.usage = growth(before, usage(folder))

const start = performance.now()
globalThis.gc()
const collection = performance.now() - start

const first = usage(folder)
const times = Math.min(count, MOST_READ)
const read = {
  count: times,
  time: timed((i) => cases.keep(readByte(kept[i])), times),
  collections: await collections.take(),
}
await collect()
read.usage = growth(first, usage(folder))

kept.fill(undefined)
await collect()
const gone = { usage: growth(before, usage(folder)) }
const sample = { dropped, made, read, collection, gone, kept: cases.wasKept() }
process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit(0))
