// A thread that reads an input which another has shared, whenever it is told to.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import cases from '../../dist/cli/bench-cases.js'
import lib from '../../dist/index.js'
import { SPAN } from '../cases.mjs'

const { integers, randomInts, sequential } = cases

/** A work counts reads, or bytes. */
const WORKS = {
  'readInt in sequence': integers(4, (input) => input.readInt(), SPAN),
  'seek + readInt at random': randomInts(),
  'readBytes 16 KiB': inParts(sequential(2 ** 14)),
}

/** Slices in turn: a whole file would take so long that threads could not stop at the same time. */
function inParts(prepare) {
  return (input) => {
    const length = Math.min(2 ** 20, input.length())
    const parts = Array.from({ length: Math.floor(input.length() / length) }, (_, i) =>
      prepare(input.slice('part', i * length, length)),
    )
    let next = 0
    return () => parts[next++ % parts.length]()
  }
}

const input = lib.attachInput(workerData.shared)
const work = WORKS[workerData.work](input)
const gate = new Int32Array(new SharedArrayBuffer(4))
const now = () => process.hrtime.bigint()

/** Nanoseconds that this thread has spent on a processor. Known on Linux only. */
function onProcessor() {
  if (process.platform !== 'linux') return undefined
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])
}

/** Works from one moment to another, of the clock that all threads of a machine share. */
function run(start, end) {
  Atomics.wait(gate, 0, 0, Number(start - now()) / 1e6)
  const before = onProcessor()
  let count = 0
  let last
  do {
    count += work()
    last = now()
  } while (last < end)
  return { count, nanoseconds: Number(last - start), processor: onProcessor() - before }
}

/** Works for some nanoseconds of its own, not of others that have the processor: code has to be compiled. */
function warmUp(nanoseconds) {
  const start = onProcessor() ?? Number(now())
  while ((onProcessor() ?? Number(now())) < start + nanoseconds) work()
}

parentPort.on('message', ({ start, end }) => parentPort.postMessage(run(start, end)))
warmUp(workerData.warmUp)
parentPort.postMessage('ready')
