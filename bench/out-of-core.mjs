// A file several times as long as the memory that a process may use: mapping against positional reads,
// at random and in sequence, under each advice, and many at a time.
//
//   node bench/out-of-core.mjs [OPTIONS]
//
// As root on Linux, for a memory control group; elsewhere it says that it cannot. Makes a file of 1 GiB in
// the system's temporary folder, which must be on the disk that is to be measured, and takes about four
// minutes. Every measurement runs in a process of its own, in turns; the file's pages are dropped before
// each with `dd iflag=nocache` (posix_fadvise(2), DONTNEED). --help tells the options.
import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { shown } from './cases.mjs'
import { makePlainFile, NAMES } from './files.mjs'
import { machine, machineLine } from './machine.mjs'
import { markdown } from './markdown.mjs'
import { memoryLimit } from './out-of-core/memory-limit.mjs'
import { progress, sampleOf, wholeNumber, workFolder } from './running.mjs'

const KINDS = { mmap: 'MMapDirectory', fs: 'FSDirectory' }
const CONTEXTS = ['DEFAULT', 'READ', 'READONCE']
const SIZES = { 4: '4 B', 4096: '4 KiB', 16384: '16 KiB', 1048576: '1 MiB' }

const HELP = `Usage: node bench/out-of-core.mjs [OPTIONS]

Options:
  --memory BYTES       that a process may use, its cache included (default: 268435456)
  --length BYTES       of the file, a multiple of 1 MiB (default: 1073741824)
  --rounds N           of each measurement (default: 3)
  --milliseconds N     that each of them reads with full memory (default: 400)
  --directory PATH     where the file is made (default: the system's temporary folder)
  --json FILE          write all results there
  --help               show this text
`

const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: String(2 ** 28) },
    length: { type: 'string', default: String(2 ** 30) },
    rounds: { type: 'string', default: '3' },
    milliseconds: { type: 'string', default: '400' },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** Who takes part in a table, and what its columns are: [bytes a read, how many at a time or ahead]. */
const TABLES = [
  {
    action: 'random',
    title: 'Random reads, µs each',
    contexts: CONTEXTS,
    kinds: ['mmap', 'fs'],
    columns: [4, 4096, 16384].map((bytes) => [bytes, 1]),
  },
  {
    action: 'ahead',
    title: 'Random reads, so many of them known ahead, with prefetch() of each, µs each',
    contexts: ['DEFAULT', 'READ'],
    kinds: ['mmap'],
    columns: [4, 4096, 16384].map((bytes) => [bytes, 16]),
  },
  {
    action: 'ranges',
    title: 'The same with one prefetchRanges(), µs each',
    contexts: ['READ'],
    kinds: ['mmap'],
    columns: [4, 4096, 16384].map((bytes) => [bytes, 16]),
  },
  {
    action: 'async',
    title: 'Random reads, so many at a time (readAsync), µs each',
    contexts: ['DEFAULT', 'READ'],
    kinds: ['mmap', 'fs'],
    columns: [4096, 16384].flatMap((bytes) => [16, 64].map((many) => [bytes, many])),
  },
  {
    action: 'sequential',
    title: 'In sequence, GB/s',
    contexts: CONTEXTS,
    kinds: ['mmap', 'fs'],
    columns: [16384, 1048576].map((bytes) => [bytes, 1]),
  },
]

const JOBS = TABLES.flatMap(({ action, contexts, kinds, columns }) =>
  kinds.flatMap((kind) =>
    contexts.flatMap((context) => columns.map(([bytes, many]) => ({ action, kind, context, bytes, many }))),
  ),
)

/** How much the system reads ahead of a reader, which decides what advice is worth. */
function readAhead(path) {
  const { dev } = statSync(path)
  try {
    const device = `${(dev >> 8) & 0xfff}:${dev & 0xff}`
    return Number(readFileSync(`/sys/class/bdi/${device}/read_ahead_kb`, 'latin1')) * 1024
  } catch {
    return undefined
  }
}

const mebibytes = (bytes) => (bytes === undefined ? 'unknown' : `${bytes / 2 ** 20} MiB`)

async function measure(path, wrapper, { memory, rounds, milliseconds }) {
  const file = join(path, NAMES.plain)
  const results = JOBS.map((job) => Object.assign(job, { samples: [] }))
  const program = fileURLToPath(new URL('out-of-core/process.mjs', import.meta.url))
  for (let round = 0; round < rounds; round++) {
    for (const [index, { action, kind, context, bytes, many, samples }] of results.entries()) {
      progress(
        `round ${round + 1} of ${rounds}, ${index + 1}/${results.length}: ${action} ${kind} ${context}`,
      )
      execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
      const args = [kind, context, action, bytes, many, memory, milliseconds, round + 1, path, NAMES.plain]
      samples.push(await sampleOf([...wrapper, process.execPath, program, ...args.map(String)]))
    }
  }
  progress('')
  return results
}

/** Best and median of the rounds, in the table's unit. */
function cell({ action, bytes, samples }, when) {
  const failed = samples.find((sample) => sample.failed)?.failed
  if (failed !== undefined) return failed
  const times = samples.map((sample) => sample[when]).sort((a, b) => a - b)
  const inUnit = (time) => shown(action === 'sequential' ? bytes / time / 1000 : time)
  return `${inUnit(times[0])} / ${inUnit(times[times.length >> 1])}`
}

function table({ action, kinds, contexts, columns }, results) {
  const head = columns.flatMap(([bytes, many]) => {
    const what = many === 1 ? SIZES[bytes] : `${SIZES[bytes]}, ${many}`
    return [`${what}, cold`, `${what}, memory full`]
  })
  const body = kinds.flatMap((kind) =>
    contexts.map((context) => [
      `${KINDS[kind]}, ${context}`,
      ...columns.flatMap(([bytes, many]) => {
        const result = results.find(
          (one) =>
            one.action === action &&
            one.kind === kind &&
            one.context === context &&
            one.bytes === bytes &&
            one.many === many,
        )
        return [cell(result, 'cold'), cell(result, 'full')]
      }),
    ]),
  )
  return markdown([['best / median', ...head], ...body])
}

async function run() {
  const memory = wholeNumber(values, 'memory', 2 ** 26)
  const length = wholeNumber(values, 'length', 2 ** 20)
  if (length % 2 ** 20 !== 0) throw new Error('--length must be a multiple of 1 MiB')
  const rounds = wholeNumber(values, 'rounds', 1)
  const milliseconds = wholeNumber(values, 'milliseconds', 1)
  const where = machine()
  const save = (document) => {
    const whole = { machine: where, options: { ...values, json: undefined }, ...document }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(whole, undefined, 1)}\n`)
  }
  const { wrapper, reason } = memoryLimit(memory)
  if (reason !== undefined) {
    console.log(`skipped: memory cannot be limited here: ${reason}`)
    save({ skipped: reason })
    return
  }

  const path = workFolder(values.directory)
  progress('making the file')
  makePlainFile(path, length)
  const fd = openSync(join(path, NAMES.plain), 'r+')
  fsyncSync(fd) // only what is on the disk can be dropped from the cache
  closeSync(fd)
  const ahead = readAhead(path)
  console.log(
    `${machineLine(where)}; a file of ${mebibytes(length)}, memory of ${mebibytes(memory)}, read-ahead ${mebibytes(ahead)}\n`,
  )
  const results = await measure(path, wrapper, { memory, rounds, milliseconds })
  for (const one of TABLES) console.log(`${one.title}:\n\n${table(one, results)}\n`)
  console.log(`(load ${where.load.toFixed(1)} when it began, ${loadavg()[0].toFixed(1)} when it ended)`)
  save({ readAhead: ahead, loadAtTheEnd: loadavg()[0], results })
  if (results.some(({ samples }) => samples.some(({ failed }) => failed))) process.exitCode = 1
}

if (values.help) process.stdout.write(HELP)
else await run()
