/**
 * The process in which one case is measured for one directory. Arguments: the kind of directory,
 * the case, the directory, the file, milliseconds. Prints a sample as JSON.
 */
import { FSDirectory } from '../fs/fs-directory.js'
import { MMapDirectory } from '../mmap/mmap-directory.js'
import { BENCH_CASES, wasKept } from './bench-cases.js'
import { measure, warmUp } from './bench-measure.js'

const [kind, name, path, file, milliseconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const directory = kind === 'mmap' ? MMapDirectory.open(path, { fallback: false }) : FSDirectory.open(path)
const input = directory.openInput(file)
const work = BENCH_CASES.find((candidate) => candidate.name === name)!.prepare(input, directory, file)
warmUp(work, Number(milliseconds) / 2)
const sample = measure(work, Number(milliseconds))
input.close()
process.stdout.write(JSON.stringify({ ...sample, kept: wasKept() }))
