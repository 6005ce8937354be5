import {
  type ChildProcessByStdio,
  spawn,
  type SpawnOptionsWithStdioTuple,
  type StdioNull,
  type StdioPipe,
} from 'node:child_process'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { ALONE } from './brief.js'
import { EMULATED, WINDOWS } from './systems.js'

/** The compiled library, for processes of their own: `npm run build:ts` makes it. */
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url))

/** The Node.js of this run, and those that MMAP_DIRECTORY_NODES names besides. */
export const NODES: readonly string[] = ALONE
  ? []
  : [
      process.execPath,
      ...(process.env['MMAP_DIRECTORY_NODES'] ?? '').split(delimiter).filter((path) => path !== ''),
    ]

export interface ChildOptions {
  /** What the script finds in process.argv from index 1 on. */
  readonly args?: readonly string[]
  readonly node?: string
  readonly nodeOptions?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly gid?: number
  /** Where the script runs: in the main thread, or in a worker for which that only waits. */
  readonly thread?: 'main' | 'worker'
  /** A command that runs the one after it, as prlimit does. */
  readonly wrapper?: readonly string[]
}

export interface ChildResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The Node.js of this run and the others, each with the main thread and with a worker. */
export const THREADS: readonly (readonly [node: string, thread: 'main' | 'worker'])[] = NODES.flatMap(
  (node) => [[node, 'main'] as const, [node, 'worker'] as const],
)

/**
 * What every script begins with: the library as `lib`, the directory of its modules as `dist`, and the
 * mappings of a file, or of a directory's, as the system tells of them. Windows does not: there, as many as the library has.
 */
const PREAMBLE = `
const dist = ${JSON.stringify(DIST)}
const lib = require(${JSON.stringify(join(DIST, 'index.js'))})
const { readFileSync } = require('node:fs')
${
  process.platform !== 'linux'
    ? `
const mapsOf = (path) => Array(require(dist + '/native.js').nativeAddon().mappingTotals().mappings).fill(path)
const mapsIn = mapsOf
`
    : `
const mapsWhere = (test) => readFileSync('/proc/self/maps', 'latin1').split('\\n').filter(test)
const mapsOf = (path) => mapsWhere((line) => line.endsWith(path))
const mapsIn = (path) => mapsWhere((line) => line.includes(path))
`
}
`

/** The command line that runs a script against the compiled library. */
export function scriptCommand(source: string, options: ChildOptions = {}): [string, string[]] {
  const { args = [], node = process.execPath, nodeOptions = [], wrapper = [], thread = 'main' } = options
  const script = thread === 'main' ? PREAMBLE + source : inWorker(PREAMBLE + source)
  const [command, ...rest] = [...wrapper, node, ...nodeOptions, '-e', script, '--', ...args]
  return [command!, rest]
}

/** A script that runs another in a worker, which finds in process.argv what it would find in its place. */
function inWorker(source: string): string {
  return `
    const { Worker } = require('node:worker_threads')
    const [, ...argv] = process.argv
    const source = ${JSON.stringify(`process.argv.splice(1, 1);${source}`)}
    const worker = new Worker(source, { eval: true, argv })
    worker.once('error', (error) => {
      console.error(error)
      process.exitCode = 1
    })
    worker.once('exit', (code) => {
      process.exitCode ||= code
    })`
}

/** Runs a script to its end. */
export function runScript(source: string, options: ChildOptions = {}): Promise<ChildResult> {
  const [command, args] = scriptCommand(source, options)
  return run(command, args, options)
}

/** Starts a process; again where wine has failed to, as it does now and then with an error without a name. */
function start(
  ...given: [
    command: string,
    args: readonly string[],
    options: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe>,
  ]
): ChildProcessByStdio<null, Readable, Readable> {
  for (let attempt = 1; ; attempt++) {
    try {
      return spawn(...given)
    } catch (error) {
      if (!WINDOWS || attempt === 5 || (error as NodeJS.ErrnoException).code !== 'UNKNOWN') throw error
    }
  }
}

export function run(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> {
  const { env = {}, uid, gid } = options
  const child = start(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      // qemu tells of the signal that its program has ended with.
      if (EMULATED) stderr = stderr.replace(/^qemu: uncaught target signal .*\n/m, '')
      resolve({ code, signal, stdout, stderr })
    })
  })
}
