// Who takes part. Those within Node.js are opened by worker.mjs, in the process that measures;
// those that are programs of their own are run. Who cannot take part in a run says why.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, fstatSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { fromHeap, openings, works as ofBuffer } from './contestants/buffer.mjs'
import { OPEN, works as ofLibrary } from './contestants/library.mjs'
import { install, loadPackage, PACKAGES } from './contestants/mapping-packages.mjs'
import { atOnce, positional } from './contestants/node-fs.mjs'
import { works as ofWindows } from './contestants/windows.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * A contestant within Node.js. `states`: what may have happened before its reads (see states.mjs).
 * `open` is given the folder of the files, and the one where things were built.
 *
 * @typedef {{
 *   title: string
 *   cases: readonly string[]
 *   states: readonly string[]
 *   open: (path: string, built: string) => Promise<{ works: object, directory?: object, map?: Function }>
 * }} Contestant
 */

function library(title, kind, cases = Object.keys(ofLibrary)) {
  return {
    title,
    cases,
    states: ['crossed', 'detached', 'end-of-file'],
    open: async (path) => ({ works: ofLibrary, directory: OPEN[kind](path) }),
  }
}

/** Bytes in memory; `load` says how to map and, where that can be done, unmap. */
function buffer(title, load, closes) {
  return {
    title,
    cases: [...Object.keys(ofBuffer), ...Object.keys(openings(closes ? () => {} : undefined))],
    states: ['detached'],
    async open(_path, built) {
      const { map, unmap } = await load(built)
      return { works: { ...ofBuffer, ...openings(unmap) }, map }
    },
  }
}

async function bareMapping(built) {
  const { map, unmap } = createRequire(import.meta.url)(join(built, 'mapping.node'))
  return {
    map: (fd) => new Uint8Array(map(fd, fstatSync(fd).size)),
    unmap: (bytes) => unmap(bytes.buffer),
  }
}

/** @type {Readonly<Record<string, Contestant>>} */
export const WITHIN_NODE = {
  mmap: library('MMapDirectory', 'mmap'),
  fs: library('FSDirectory', 'fs'),
  memory: library('ByteBuffersDirectory', 'memory'),
  heap: {
    ...buffer('bare loop, heap', async () => ({ map: fromHeap })),
    cases: Object.keys(ofBuffer),
  },
  mapping: buffer('bare loop, Node-API mapping', bareMapping, true),
  windows: {
    title: 'bare loop, windows of it',
    cases: Object.keys(ofWindows),
    states: [],
    open: async (_path, built) => ({ works: ofWindows, map: (await bareMapping(built)).map }),
  },
  'fs.readSync': {
    title: 'fs.readSync',
    cases: Object.keys(positional),
    states: [],
    open: async () => ({ works: positional }),
  },
  'fs.readFileSync': {
    title: 'fs.readFileSync',
    cases: Object.keys(atOnce),
    states: [],
    open: async () => ({ works: atOnce }),
  },
  ...Object.fromEntries(
    Object.keys(PACKAGES).map((name) => [
      name,
      buffer(name, (built) => loadPackage(built, name), PACKAGES[name].closes),
    ]),
  ),
}

const IN_LUCENE = { 'lucene-mmap': 'mmap', 'lucene-chunked': 'chunked', 'lucene-niofs': 'niofs' }
const IN_FLOOR = { 'c++ mmap': 'mmap', 'c++ pread': 'pread' }

/** All names, in the order of the tables. */
export const NAMES = [...Object.keys(WITHIN_NODE), ...Object.keys(IN_FLOOR), ...Object.keys(IN_LUCENE)]

/**
 * Builds, installs and tries what the named contestants need. Each is then
 * `{ name, title, has(case), command(case, path, milliseconds) }`, or `{ name, title, reason }`.
 */
export async function prepare(names, built) {
  const prepared = []
  for (const name of names) {
    const title = WITHIN_NODE[name]?.title ?? name
    try {
      if (name in WITHIN_NODE) prepared.push(await prepareWithinNode(name, built))
      else prepared.push(name in IN_FLOOR ? prepareFloor(name, built) : prepareLucene(name, built))
    } catch (error) {
      prepared.push({ name, title, reason: String(error.message).split('\n')[0] })
    }
  }
  return prepared
}

async function prepareWithinNode(name, built) {
  const { title, cases, states } = WITHIN_NODE[name]
  if (name === 'mapping' || name === 'windows') buildMapping(built)
  if (name in PACKAGES) {
    install(built, name)
    await tryPackage(name, built)
  }
  return {
    name,
    title,
    has: ({ of, state }) => cases.includes(of) && (state === undefined || states.includes(state)),
    command: (one, path, milliseconds) => [
      process.execPath,
      join(HERE, 'worker.mjs'),
      name,
      one.name,
      path,
      built,
      String(milliseconds),
    ],
  }
}

/** In a process of its own: some end it. */
async function tryPackage(name, built) {
  const script = `import(process.argv[1]).then((m) => m.loadPackage(process.argv[2], process.argv[3]))`
  const module = join(HERE, 'contestants', 'mapping-packages.mjs')
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', script, module, built, name], {
    encoding: 'utf8',
  })
  if (status !== 0) {
    throw new Error(`does not load: ${/^\w*Error.*$/m.exec(stderr)?.[0] ?? signal ?? `exit code ${status}`}`)
  }
}

function compile(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr.trim()}`)
}

function buildMapping(built) {
  const output = join(built, 'mapping.node')
  if (existsSync(output)) return
  const candidates = [process.env['npm_config_nodedir'], join(dirname(process.execPath), '..')]
  const root = candidates.find((one) => one && existsSync(join(one, 'include', 'node', 'node_api.h')))
  if (root === undefined) throw new Error("skipped: Node.js's headers are not beside it (npm_config_nodedir)")
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']
  const include = join(root, 'include', 'node')
  compile('g++', [
    '-O2',
    ...shared,
    '-fPIC',
    '-std=c++20',
    '-I',
    include,
    '-o',
    output,
    join(HERE, 'mapping.cc'),
  ])
}

function listed(text) {
  return new Set(text.trim().split('\n'))
}

function prepareFloor(name, built) {
  const program = join(built, 'floor')
  if (!existsSync(program)) compile('g++', ['-O2', '-std=c++20', '-o', program, join(HERE, 'floor.cc')])
  const known = listed(execFileSync(program, ['--cases'], { encoding: 'utf8' }))
  const kind = IN_FLOOR[name]
  return {
    name,
    title: name === 'c++ mmap' ? 'C++ mmap and memcpy' : 'C++ pread',
    has: ({ of, state }) => state === undefined && known.has(`${kind} ${of}`),
    command: (one, path, milliseconds) => [program, kind, one.of, path, String(milliseconds)],
  }
}

function prepareLucene(name, built) {
  const jar = process.env['LUCENE_JAR']
  if (!jar) throw new Error('skipped: no LUCENE_JAR')
  const home = process.env['JAVA_HOME']
  const tool = (command) => (home ? join(home, 'bin', command) : command)
  const classes = join(built, 'classes')
  if (!existsSync(classes)) {
    mkdirSync(classes)
    compile(tool('javac'), ['-cp', jar, '-d', classes, join(HERE, 'LuceneBench.java')])
  }
  const java = [tool('java'), '--enable-native-access=ALL-UNNAMED', '-cp', `${jar}${delimiter}${classes}`]
  const [command, ...rest] = [...java, 'LuceneBench']
  const known = listed(execFileSync(command, [...rest, '--cases'], { encoding: 'utf8' }))
  const kind = IN_LUCENE[name]
  return {
    name,
    title: `Lucene ${kind}`,
    has: ({ of, state }) => state === undefined && known.has(`${kind} ${of}`),
    command: (one, path, milliseconds) => [command, ...rest, kind, one.of, path, String(milliseconds)],
  }
}
