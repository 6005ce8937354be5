// Cold random reads: readBytes() against readAsync(), each case in a process of its own.
//
//   node bench/async-reads.mjs FILE [ROUNDS]
//
// FILE should be on the disk that is to be measured, and a GiB or more. Its pages are dropped from the
// system's cache before every case with `dd iflag=nocache` (posix_fadvise(2), DONTNEED).
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const LENGTH = 16 * 1024
const READS = 2000

const CASES = [
  ['mmap', 'DEFAULT', 0],
  ['mmap', 'READ', 0],
  ['fs', 'DEFAULT', 0],
  ...[1, 4, 16, 64, 256].flatMap((parallel) => [
    ['mmap', 'DEFAULT', parallel],
    ['mmap', 'READ', parallel],
    ['fs', 'DEFAULT', parallel],
  ]),
]

const [path, ...rest] = process.argv.slice(2)
if (rest.length > 1) await child(...rest)
else parent(Number(rest[0] ?? 3))

function parent(rounds) {
  const results = new Map(CASES.map((one) => [one.join(' '), []]))
  for (let round = 0; round < rounds; round++) {
    for (const one of CASES) {
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
      const args = [fileURLToPath(import.meta.url), path, ...one.map(String), String(round + 1)]
      results.get(one.join(' ')).push(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })))
    }
  }
  for (const [name, runs] of results) {
    const times = runs.map(({ microseconds }) => microseconds).toSorted((a, b) => a - b)
    const loop = Math.min(...runs.map((run) => run.loop))
    const [kind, context, parallel] = name.split(' ')
    const what = parallel === '0' ? 'readBytes' : `readAsync, ${parallel} at a time`
    console.log(
      `${`${kind}, ${context}, ${what}`.padEnd(40)} best ${times[0].toFixed(1)} µs a read,`,
      `all ${times.map((time) => time.toFixed(0)).join(' ')}; on the event loop's thread ${loop.toFixed(1)} µs`,
    )
  }
}

async function child(kind, context, parallel, seed) {
  const { FSDirectory, IOContext, MMapDirectory } = createRequire(import.meta.url)('../dist/index.js')
  const directory = (kind === 'mmap' ? MMapDirectory : FSDirectory).open(dirname(path))
  const input = directory.openInput(basename(path), IOContext[context])
  const blocks = Math.floor(statSync(path).size / LENGTH)
  let state = Number(seed) * 7919
  const position = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * blocks) * LENGTH
  }
  let left = READS
  const reader = async () => {
    const target = new Uint8Array(LENGTH)
    while (left-- > 0) await input.readAsync(position(), target)
  }
  const before = onProcessor()
  const start = performance.now()
  if (parallel === '0') {
    const target = new Uint8Array(LENGTH)
    while (left-- > 0) {
      input.seek(position())
      input.readBytes(target)
    }
  } else {
    await Promise.all(Array.from({ length: Number(parallel) }, reader))
  }
  const microseconds = ((performance.now() - start) * 1000) / READS
  console.log(JSON.stringify({ microseconds, loop: (onProcessor() - before) / READS }))
}

/** Microseconds that this thread, the event loop's, has spent on a processor. */
function onProcessor() {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1000
}
