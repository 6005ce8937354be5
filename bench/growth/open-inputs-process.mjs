// Opens many files, reads a byte of each, closes them. Arguments: kind, folder, number. Prints what
// each step took and what it left behind as JSON. Needs --expose-gc.
import { readdirSync } from 'node:fs'

import cases from '../../dist/cli/bench-cases.js'
import lib from '../../dist/index.js'
import { OPEN } from '../contestants/library.mjs'
import { collect, Collections, growth, usage } from './usage.mjs'

const [kind, folder, number] = process.argv.slice(2)
const names = readdirSync(folder).toSorted()
const directory = OPEN[kind](folder)
const { IOContext } = lib
const collections = new Collections()

/**
 * Microseconds of each of some calls: the median; the mean, which collections and other programs add to;
 * and the processors' time, with that of V8's own threads.
 */
function timed(count, run) {
  const times = new Float64Array(count)
  const onProcessors = process.cpuUsage()
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    const before = performance.now()
    run(i)
    times[i] = performance.now() - before
  }
  const mean = ((performance.now() - start) * 1000) / count
  const { user, system } = process.cpuUsage(onProcessors)
  return { mean, median: times.sort()[count >> 1] * 1000, processor: (user + system) / count }
}

function openAndClose(name) {
  const input = directory.openInput(name, IOContext.READ)
  cases.keep(input.readByte())
  input.close()
}

async function measure(count) {
  const inputs = Array.from({ length: count })
  await collect()
  for (let i = 0; i < 5; i++) openAndClose(names.at(-1)) // after a collection, the first call takes longer
  await collections.take()
  const before = usage(folder)

  // The advice keeps the system from reading ahead, which would measure the file and not the input.
  const opening = timed(count, (i) => (inputs[i] = directory.openInput(names[i], IOContext.READ)))
  const whileOpening = await collections.take()
  await collect()
  const opened = growth(before, usage(folder))

  const reading = timed(count, (i) => cases.keep(inputs[i].readByte()))
  const whileReading = await collections.take()
  await collect()
  const read = growth(before, usage(folder))

  const closing = timed(count, (i) => inputs[i].close())
  const whileClosing = await collections.take()
  inputs.fill(undefined)
  await collect()
  const closed = growth(before, usage(folder))
  return {
    times: { open: opening, read: reading, close: closing },
    collections: { open: whileOpening, read: whileReading, close: whileClosing },
    usage: { opened, read, closed },
    stats: lib.mappingStats(),
  }
}

// Everything has run, and has been compiled, when it counts.
await measure(Math.min(300, names.length))
const sample = await measure(Number(number))
process.stdout.write(`${JSON.stringify({ ...sample, kept: cases.wasKept() })}\n`, () => process.exit(0))
