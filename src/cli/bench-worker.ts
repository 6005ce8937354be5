/**
 * The process in which one case is measured for one directory. Arguments: the kind of directory,
 * the case, the directory, the file, milliseconds. Prints every window's result as JSON.
 */
import { FSDirectory } from '../fs/fs-directory.js'
import { MMapDirectory } from '../mmap/mmap-directory.js'
import { BENCH_CASES, benchSink } from './bench-cases.js'

const [kind, name, path, file, milliseconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const benchCase = BENCH_CASES.find((candidate) => candidate.name === name)!
const directory = kind === 'mmap' ? MMapDirectory.open(path, { fallback: false }) : FSDirectory.open(path)
const input = directory.openInput(file)
const work = benchCase.prepare(input, directory, file)

function measure(duration: number): number[] {
  const windows: number[] = []
  const end = performance.now() + duration
  while (performance.now() < end) {
    const start = process.hrtime.bigint()
    const count = work()
    windows.push(Number(process.hrtime.bigint() - start) / count)
  }
  return windows
}

measure(Number(milliseconds) / 2) // until it is compiled and the file is in the system's cache
const windows = measure(Number(milliseconds)).sort((a, b) => a - b)
input.close()
process.stdout.write(
  JSON.stringify({
    nanoseconds: windows[0],
    median: windows[windows.length >> 1],
    windows: windows.length,
    done: benchSink() !== undefined || benchCase.unit === 'GB/s' || name === 'open',
  }),
)
