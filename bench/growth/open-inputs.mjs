// What each open input costs, with up to 10,000 of them.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { inTurns, least, middle, rows, shown } from './samples.mjs'

const VARIANTS = [
  { kind: 'mmap', length: 2 ** 16, title: 'MMapDirectory, files of 64 KiB' },
  { kind: 'fs', length: 2 ** 16, title: 'FSDirectory, files of 64 KiB' },
  { kind: 'mmap', length: 2 ** 30, title: 'MMapDirectory, sparse files of 1 GiB' },
]

/** What a process has open anyhow. */
const OTHERS = 64

/** Files with a page of bytes, which stays in the system's cache, and a hole. */
function makeFiles(folder, count, length) {
  mkdirSync(folder)
  const page = new Uint8Array(4096).fill(1)
  for (let i = 0; i < count; i++) {
    const fd = openSync(join(folder, `file-${i}`), 'wx')
    writeSync(fd, page)
    ftruncateSync(fd, length)
    closeSync(fd)
  }
}

/** The limit that Node.js raises its own to. */
function descriptors() {
  if (process.platform !== 'linux') return Infinity
  const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
  return hard === 'unlimited' ? Infinity : Number(hard)
}

export async function openInputs({ folder, most, rounds }) {
  const counts = [1, 10, 100, 1000, 10_000].filter((count) => count <= most)
  const room = descriptors() - OTHERS
  const possible = counts.filter((count) => count <= room)
  const results = []
  for (const length of new Set(VARIANTS.map((one) => one.length))) {
    const path = join(folder, `inputs-${length}`)
    makeFiles(path, Math.max(...possible), length)
    const jobs = VARIANTS.filter((one) => one.length === length).flatMap(({ kind, title }) =>
      possible.map((count) => ({
        name: String(count),
        title,
        count,
        program: 'open-inputs-process',
        args: [kind, path, count],
      })),
    )
    results.push(...(await inTurns(jobs, rounds)))
  }
  const left = counts.filter((count) => count > room)
  const skipped = left.map(
    (count) => `${count} inputs: skipped: this process may have ${room + OTHERS} files open (ulimit -Hn)`,
  )
  return { results, skipped }
}

const TIMES = ['open', 'read', 'close']

export function openInputsTables({ results }) {
  const head = [
    'open inputs',
    'heap, B each',
    'own memory, B each',
    'page tables, B each',
    'kernel mappings',
    'descriptors',
    'open, µs',
    'first read, µs',
    'close, µs',
    'collections, ms',
  ]
  return VARIANTS.map(({ title }) => {
    const of = results.filter((result) => result.title === title)
    const body = rows(of, (result) => {
      // What the process does besides is more than what a few inputs are.
      const each = (name) =>
        result.count < 100 ? '–' : shown(middle(result, ({ usage }) => usage.read[name]) / result.count)
      const all = (name) => shown(middle(result, ({ usage }) => usage.read[name]))
      const time = (name, which) => shown(least(result, ({ times }) => times[name][which]))
      const collecting = middle(result, ({ collections }) =>
        TIMES.reduce((sum, name) => sum + collections[name].milliseconds, 0),
      )
      return [
        each('heap'),
        each('own'),
        each('pageTables'),
        all('mappings'),
        all('descriptors'),
        ...TIMES.map((name) => `${time(name, 'median')} / ${time(name, 'processor')}`),
        shown(collecting),
      ]
    })
    const note =
      'memory with all of them open and read; median of the calls / processor time of each, best of the rounds'
    return {
      title: `${title} (${note})`,
      rows: [head, ...body],
    }
  })
}
