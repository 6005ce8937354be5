// How late a timer of 5 ms comes while a cold file is loaded, and how long prefetch() keeps its caller.
//
//   node bench/loading.mjs FILE
//
// FILE should be on the disk that is to be measured, and a GiB or more. Its pages are dropped from the
// system's cache before each measurement with `dd iflag=nocache` (posix_fadvise(2), DONTNEED).
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'

const { FSDirectory, IOContext, MMapDirectory } = createRequire(import.meta.url)('../dist/index.js')
const path = process.argv[2]
const name = basename(path)
const { size } = statSync(path)
const TIMER = 5

async function cold() {
  for (let turn = 0; turn < 5; turn++) await setImmediate() // mappings end with their buffers
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
}

/** Milliseconds that this thread has waited for a processor that others had: no delay of ours. */
function waited() {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6
}

/** The delays of a timer while something runs, but for the time that others had the processor. */
async function delays(run) {
  const late = []
  const end = new AbortController()
  const done = run().finally(() => end.abort())
  while (!end.signal.aborted) {
    const start = performance.now()
    const before = waited()
    await setTimeout(TIMER)
    late.push(Math.max(performance.now() - start - TIMER - (waited() - before), 0))
  }
  await done
  return late.toSorted((a, b) => a - b)
}

const summary = (values, unit) =>
  ['median', 'p99', 'most']
    .map(
      (what, i) =>
        `${what} ${values[Math.min(Math.floor(values.length * [0.5, 0.99, 1][i]), values.length - 1)].toFixed(1)} ${unit}`,
    )
    .join(', ')

console.log(`a timer alone: late by ${summary(await delays(() => setTimeout(1000)), 'ms')}`)
for (const [kind, directory] of [
  ['mmap', MMapDirectory.open(dirname(path))],
  ['fs', FSDirectory.open(dirname(path))],
]) {
  for (const context of ['DEFAULT', 'READ']) {
    await cold()
    const input = directory.openInput(name, IOContext[context])
    const start = performance.now()
    const late = await delays(() => input.load())
    const seconds = (performance.now() - start) / 1000
    console.log(
      `${kind}, ${context}: load() ${(size / seconds / 1e9).toFixed(2)} GB/s, a timer late by ${summary(late, 'ms')}`,
    )
    input.close()
  }
}

const directory = MMapDirectory.open(dirname(path))
for (const length of [4096, 16384, 65536, 131072, 2 ** 20, 2 ** 24, size]) {
  await cold()
  const input = directory.openInput(name)
  const times = []
  for (let i = 0; i < 50; i++) {
    const offset = Math.floor((((i * 7919) % 50) / 50) * (size - length))
    const start = performance.now()
    input.prefetch(offset, length)
    times.push((performance.now() - start) * 1000)
    await setTimeout(2)
  }
  console.log(
    `prefetch of ${length} bytes, cold: ${summary(
      times.toSorted((a, b) => a - b),
      'µs',
    )}`,
  )
  input.close()
}
{
  const input = directory.openInput(name)
  await input.load({ length: 2 ** 20 })
  for (const when of ['first 1000', 'then']) {
    const start = performance.now()
    const count = when === 'then' ? 1_000_000 : 1000
    for (let i = 0; i < count; i++) input.prefetch((i * 64) % 2 ** 19, 16384)
    console.log(
      `prefetch of what is in memory, ${when}: ${(((performance.now() - start) * 1e6) / count).toFixed(1)} ns`,
    )
  }
  const ranges = Array.from({ length: 64 }, (_, i) => ({ offset: i * 8192, length: 4096 }))
  const start = performance.now()
  input.slice('fresh', 0, size).prefetchRanges(ranges)
  console.log(`prefetchRanges of 64 ranges: ${((performance.now() - start) * 1000).toFixed(1)} µs`)
  input.close()
}
