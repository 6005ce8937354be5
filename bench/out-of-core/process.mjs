// Reads a file that is not in the cache, and then goes on when memory is full. Arguments: kind, context,
// what is done, bytes a read, how many at a time or ahead, memory, milliseconds, seed, folder, file.
// Prints microseconds a read as JSON: of the first ones, and of those with full memory.
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

import lib from '../../dist/index.js'
import { OPEN } from '../contestants/library.mjs'

const [kind, context, action, ...rest] = process.argv.slice(2)
const [bytes, many, memory, milliseconds, seed] = rest.slice(0, 5).map(Number)
const [folder, file] = rest.slice(5)
const input = OPEN[kind](folder).openInput(file, lib.IOContext[context])

/** The first reads, of a cold start: some, or some MiB. */
const FIRST = action === 'sequential' ? 2 ** 26 / bytes : 256

/** A place for each read, at a multiple of its length. */
let state = seed * 7919
function place() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * Math.floor(input.length() / bytes)) * bytes
}

const target = new Uint8Array(bytes)
let sum = 0

function readAt(position) {
  input.seek(position)
  if (bytes === 4) sum ^= input.readInt()
  else input.readBytes(target)
}

/** Each reads as long as it may. `more` says whether there is to be one more read. */
const ACTIONS = {
  random(more) {
    while (more()) readAt(place())
  },

  ahead(more) {
    readAhead(more, (ranges) => {
      for (const { offset, length } of ranges) input.prefetch(offset, length)
    })
  },

  ranges(more) {
    readAhead(more, (ranges) => input.prefetchRanges(ranges))
  },

  async async(more) {
    const reader = async () => {
      const own = new Uint8Array(bytes)
      while (more()) await input.readAsync(place(), own)
    }
    await Promise.all(Array.from({ length: many }, reader))
  },

  sequential(more) {
    while (more()) {
      if (input.getFilePointer() + bytes > input.length()) input.seek(0)
      input.readBytes(target)
    }
  },
}

/** Reads at places of which `many` are known ahead, without ever waiting for the event loop. */
function readAhead(more, prefetch) {
  const ranges = Array.from({ length: many }, () => ({ offset: 0, length: bytes }))
  while (more()) {
    for (const range of ranges) range.offset = place()
    prefetch(ranges)
    for (let i = 0; i < many && (i === 0 || more()); i++) readAt(ranges[i].offset)
  }
}

/** Microseconds a read. `enough` is told how many there were and for how long. */
async function timed(enough) {
  const start = performance.now()
  let count = 0
  await ACTIONS[action](() => {
    if (count > 0 && enough(count, performance.now() - start)) return false
    count++
    return true
  })
  return ((performance.now() - start) * 1000) / count
}

/** Reads, past the library, more than the cache may hold: from then on each page takes another's place. */
function fill() {
  const fd = openSync(join(folder, file))
  const piece = new Uint8Array(2 ** 20)
  const from = place()
  for (let done = 0; done < memory * 1.25; done += piece.length)
    readSync(fd, piece, 0, piece.length, (from + done) % input.length())
  closeSync(fd)
}

const cold = await timed((count, elapsed) => count >= FIRST || elapsed > 2 * milliseconds)
fill()
input.seek(0)
const full = await timed((_count, elapsed) => elapsed > milliseconds)
process.stdout.write(`${JSON.stringify({ cold, full, sum })}\n`, () => process.exit(0))
