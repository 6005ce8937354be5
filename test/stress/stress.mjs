// Random operations of every kind in several threads at a time, until the time is up:
//
//   node --expose-gc test/stress/stress.mjs [--seed N] [--seconds S] [--threads T] [--directory PATH]
//
// Every value that is read is compared with what the file holds there, and an error passes only
// where something was done that it belongs to. Fails where any of that is wrong, where an operation
// was never done, where a thread stands still, or where anything is mapped in the end. A seed gives
// every thread the same operations again, but not the same interleaving of the threads.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import { Actor, mappingStats, setMappingLimit } from './actor.mjs'
import { ERRORS, newBoard, OPERATIONS, randomFrom } from './board.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '60' },
    threads: { type: 'string', default: '3' },
    directory: { type: 'string', default: tmpdir() },
  },
})
const [seed, seconds, threads] = [values.seed, values.seconds, values.threads].map(Number)
if (globalThis.gc === undefined) throw new Error('to be run with --expose-gc')

/** How long a thread may go without finishing an operation. */
const STANDSTILL = 60_000

// The default keeps a thread's inputs few enough; the system's own limit is far.
const MAPPING_LIMIT = mappingStats().limit

const FILE_SYSTEMS = { 0xef53: 'ext4', 0x58465342: 'xfs', 0x9123683e: 'btrfs', 0x01021994: 'tmpfs' }
const { type } = statfsSync(values.directory)
console.log(
  `stress --seed ${seed} --seconds ${seconds} --threads ${threads}, Node.js ${process.version}, ` +
    `${values.directory} on ${FILE_SYSTEMS[type] ?? `file system 0x${type.toString(16)}`}`,
)

const path = mkdtempSync(join(realpathSync(values.directory), 'mmap-directory-stress-'))
process.once('exit', () => rmSync(path, { recursive: true, force: true }))
mkdirSync(join(path, 'locks'))
const board = newBoard()
const random = randomFrom(seed)
const end = Date.now() + seconds * 1000

process.on('warning', (warning) => {
  if (warning.name !== 'MapFailedWarning') fail(`warning: ${warning.stack}`)
})

/** @type {Map<number, Worker>} by the thread's number, which is never used again */
const workers = new Map()
let started = 0
const wayOut = new Map() // what a thread was told to end by

const main = new Actor({ path, board, seed: seed * 1000, number: 0, send: forward })

/** Hands a shared input to any thread, this one included. */
function forward(message) {
  const targets = [...workers.values(), main]
  const target = targets[Math.floor(random() * targets.length)]
  if (target === main) main.receive(message)
  else target.postMessage(message)
}

function start() {
  const number = ++started
  const worker = new Worker(new URL('actor.mjs', import.meta.url), {
    workerData: { path, board, seed: seed * 1000 + number, number },
  })
  workers.set(number, worker)
  worker.on('message', (message) => {
    if (message.failure !== undefined) fail(message.failure)
    else forward(message)
  })
  worker.on('error', (error) => {
    if (error.message !== 'meant') fail(`thread ${number}: ${error.stack}`)
  })
  worker.once('exit', () => {
    workers.delete(number)
    board.gone[number] = 1
    if (!wayOut.has(number)) fail(`thread ${number} has ended by itself`)
  })
}

async function stop(number, how) {
  const worker = workers.get(number)
  wayOut.set(number, how)
  board.gone[number] = 1
  Atomics.add(board.operations, OPERATIONS.indexOf(`thread ${how}`), 1)
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  if (how === 'terminated') worker.terminate()
  else worker.postMessage({ end: how })
  await exit
}

function fail(text) {
  console.error(`FAILED with --seed ${seed} --threads ${threads}\n${text}`)
  process.exit(1)
}

const WAYS_OUT = ['terminated', 'exited', 'terminated', 'thrown', 'terminated', 'finished']

async function ending() {
  for (let turn = 0; Date.now() < end; turn++) {
    await setTimeout(100 + random() * 800)
    const numbers = [...workers.keys()].filter((number) => !wayOut.has(number))
    const number = numbers[Math.floor(random() * numbers.length)]
    await stop(number, WAYS_OUT[turn % WAYS_OUT.length])
    if (Date.now() < end) start()
  }
}

/** Now and then, no more may be mapped than is. */
async function limiting() {
  while (Date.now() < end) {
    await setTimeout(1000 + random() * 2000)
    Atomics.add(board.operations, OPERATIONS.indexOf('limit'), 1)
    setMappingLimit(mappingStats().mappings)
    await setTimeout(50)
    setMappingLimit(MAPPING_LIMIT)
  }
}

async function watching() {
  const seen = new Map()
  while (Date.now() < end) {
    for (const number of workers.keys()) {
      const [beats, since] = seen.get(number) ?? [-1, 0]
      if (board.beats[number] !== beats) seen.set(number, [board.beats[number], Date.now()])
      else if (Date.now() - since > STANDSTILL) fail(`thread ${number} stands still`)
    }
    await setTimeout(1000)
  }
}

const began = performance.now()
for (let i = 0; i < threads; i++) start()
try {
  await Promise.all([ending(), limiting(), watching(), main.run(() => Date.now() < end)])
  while (workers.size > 0) {
    const number = workers.keys().next().value
    if (wayOut.has(number)) await setImmediate()
    else await stop(number, 'finished')
  }
  await main.finish()
} catch (error) {
  fail(error.stack)
}
const elapsed = (performance.now() - began) / 1000

const mapped = () =>
  readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes(path))
const anythingLeft = () => {
  const { mappings, leftBehind, windows } = mappingStats()
  return mappings - leftBehind + windows + mapped().length > 0
}
for (let turn = 0; turn < 200 && anythingLeft(); turn++) {
  globalThis.gc()
  await setTimeout(10)
}

const rows = OPERATIONS.map((operation, row) => {
  const errors = ERRORS.map((error, column) => [error, board.errors[row * ERRORS.length + column]])
  const told = errors.filter(([, count]) => count > 0).map(([error, count]) => `${count} ${error}`)
  return [operation, board.operations[row], told.join(', ')]
})
for (const [operation, count, errors] of rows) {
  console.log(`${operation.padEnd(18)} ${String(count).padStart(9)}  ${errors}`.trimEnd())
}
const total = rows.reduce((sum, [, count]) => sum + count, 0)
const { faults, unclosed } = mappingStats()
console.log(
  `${total} operations in ${elapsed.toFixed(1)} s, ${started} threads, ${faults} faults, ${unclosed} unclosed`,
)

const never = rows.filter(([, count]) => count === 0).map(([operation]) => operation)
if (never.length > 0) fail(`never done: ${never.join(', ')}`)
const unseen = ERRORS.filter(
  (error, column) => !rows.some((_, row) => board.errors[row * ERRORS.length + column] > 0),
)
if (unseen.length > 0) fail(`never seen: ${unseen.join(', ')}`)
if (anythingLeft()) {
  fail(`still mapped: ${JSON.stringify(mappingStats())}\n${mapped().join('\n')}`)
}
