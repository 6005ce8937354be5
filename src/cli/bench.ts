import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { FSDirectory } from '../fs/fs-directory.js'
import { withStorageErrors } from '../fs/fs-errors.js'
import { nativePart } from '../native.js'
import { MapFailedError } from '../store/errors.js'
import { BENCH_CASES, type BenchCase } from './bench-cases.js'
import type { BenchSample } from './bench-measure.js'
import { bar, formatBytes, printable, table, truncate } from './format.js'
import { EXIT, type Io } from './io.js'
import { onlyArgument, UsageError } from './usage-error.js'

const HELP = `Usage: mmap-directory bench FILE|DIR [OPTIONS]

Measures how fast a file is read through MMapDirectory and through FSDirectory; of a directory, its
largest file. Each case of each directory runs in processes of its own, in turns, on a file that is
in the system's cache; the best window of all rounds counts.

Options:
  --case NAME          only this case, may be repeated: ${BENCH_CASES.map(({ name }) => name).join(', ')}
  --rounds N           processes for each case and directory (default: 2)
  --milliseconds N     how long each of them measures (default: 200)
  --json               print one JSON document, with every process's results
  --help, -h           show this text

Exit codes:
  0  measured
  2  the command line was not understood, or the file could not be read or mapped
`

const KINDS = ['mmap', 'fs'] as const
type Kind = (typeof KINDS)[number]

interface Result {
  readonly name: string
  readonly title: string
  readonly unit: BenchCase['unit']
  /** The best of the samples, in the case's unit. */
  readonly mmap: number
  readonly fs: number
  /** How many times faster MMapDirectory is. */
  readonly ratio: number
  readonly samples: Readonly<Record<Kind, readonly BenchSample[]>>
}

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      case: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '2' },
      milliseconds: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    io.stdout(HELP)
    return EXIT.ok
  }
  const rounds = countOption('rounds', values.rounds)
  const milliseconds = countOption('milliseconds', values.milliseconds)
  const cases = chosenCases(values.case)
  const { directory, file, length } = fileToRead(onlyArgument('FILE or DIR', positionals))
  const { addon, failure: cause } = nativePart()
  if (addon === undefined) {
    throw new MapFailedError('Nothing to compare: the native part could not be loaded', { cause })
  }
  const results: Result[] = []
  for (const [index, benchCase] of cases.entries()) {
    const samples: Record<Kind, BenchSample[]> = { mmap: [], fs: [] }
    for (let round = 0; round < rounds; round++) {
      for (const kind of KINDS) {
        const done = (index + (round + (kind === 'fs' ? 0.5 : 0)) / rounds) / cases.length
        progress(io, done, benchCase.title)
        samples[kind].push(await measure(kind, benchCase, directory, file, milliseconds))
      }
    }
    results.push(summary(benchCase, samples))
  }
  progress(io, 1, '')
  if (values.json) {
    io.stdout(
      `${JSON.stringify({ machine: machine(), file: { name: file, length }, rounds, milliseconds, results }, undefined, 2)}\n`,
    )
  } else {
    io.stdout(
      `${printable(file)}, ${formatBytes(length)}, in the system's cache; ${machineLine()}\n\n${comparison(results)}`,
    )
  }
  return EXIT.ok
}

function countOption(name: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new UsageError(`--${name} must be a number from 1 on, got '${value}'`)
  return Number(value)
}

function chosenCases(names: readonly string[] | undefined): readonly BenchCase[] {
  if (names === undefined) return BENCH_CASES
  return names.map((name) => {
    const found = BENCH_CASES.find((benchCase) => benchCase.name === name)
    if (found === undefined) {
      throw new UsageError(
        `there is no case '${name}'; the cases are ${BENCH_CASES.map((one) => one.name).join(', ')}`,
      )
    }
    return found
  })
}

/** The file itself, or the largest one of the directory. */
function fileToRead(path: string): { directory: string; file: string; length: number } {
  const stats = withStorageErrors('open', path, () => statSync(path))
  if (!stats.isDirectory()) return checkLength(dirname(resolve(path)), basename(path), stats.size)
  using directory = FSDirectory.open(path)
  let largest = { file: '', length: -1 }
  for (const file of directory.listAll()) {
    const entry = statSync(join(directory.path, file), { throwIfNoEntry: false })
    if (entry?.isFile() && entry.size > largest.length) largest = { file, length: entry.size }
  }
  return checkLength(directory.path, largest.file, largest.length)
}

function checkLength(
  directory: string,
  file: string,
  length: number,
): { directory: string; file: string; length: number } {
  if (length < SHORTEST) {
    throw new UsageError(
      `a file of at least ${SHORTEST} bytes is needed, the largest one here has ${Math.max(length, 0)}`,
    )
  }
  return { directory, file, length }
}

const SHORTEST = 4096

async function measure(
  kind: Kind,
  benchCase: BenchCase,
  directory: string,
  file: string,
  milliseconds: number,
) {
  const worker = join(__dirname, 'bench-worker.js')
  const child = spawn(
    process.execPath,
    [worker, kind, benchCase.name, directory, file, String(milliseconds)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const code = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done))
  if (code !== 0)
    throw new Error(`The process that measures '${benchCase.name}' over ${kind} failed: ${errors}`)
  return JSON.parse(output) as BenchSample
}

function summary(benchCase: BenchCase, samples: Record<Kind, BenchSample[]>): Result {
  const best = (kind: Kind) => Math.min(...samples[kind].map((sample) => sample.best))
  const shown = (kind: Kind) => (benchCase.unit === 'ns' ? best(kind) : 1 / best(kind))
  const { name, title, unit } = benchCase
  return {
    name,
    title,
    unit,
    mmap: shown('mmap'),
    fs: shown('fs'),
    ratio: best('fs') / best('mmap'),
    samples,
  }
}

function comparison(results: readonly Result[]): string {
  return table(
    [
      { title: '' },
      { title: 'MMapDirectory', align: 'right' },
      { title: 'FSDirectory', align: 'right' },
      { title: 'faster', align: 'right' },
    ],
    results.map(({ title, unit, mmap, fs, ratio }) => [
      title,
      `${shownValue(mmap)} ${unit}`,
      `${shownValue(fs)} ${unit}`,
      `${shownValue(ratio)}×`,
    ]),
  )
}

function shownValue(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function machine(): Record<string, unknown> {
  const { node, v8 } = process.versions
  const all = cpus()
  return {
    node,
    v8,
    platform: process.platform,
    arch: process.arch,
    cpu: all[0]?.model,
    cores: all.length,
    memory: totalmem(),
  }
}

function machineLine(): string {
  const all = cpus()
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${all[0]?.model ?? 'unknown processor'} × ${all.length}`
}

function progress(io: Io, done: number, title: string): void {
  if (!io.stderrIsTTY) return
  const line = done === 1 ? '' : `${bar(done, 24)} ${title}`
  io.stderr(`\r\u001b[K${truncate(line, io.columns - 1)}`)
}
