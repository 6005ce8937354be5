// A million clones and slices of one input.
import { inTurns, least, middle, rows, shown } from './samples.mjs'

const KINDS = [
  ['mmap', 'MMapDirectory'],
  ['fs', 'FSDirectory'],
]
const MADE = ['clone', 'slice', 'randomAccessSlice']

export async function clones({ path, file, count, rounds }) {
  const jobs = KINDS.flatMap(([kind, title]) =>
    MADE.map((what) => ({
      name: `${title}: ${what}`,
      program: 'clones-process',
      args: [kind, what, count, path, file],
    })),
  )
  return { count, results: await inTurns(jobs, rounds), skipped: [] }
}

export function clonesTables({ count, results }) {
  const head = [
    '',
    'dropped at once, ns',
    'kept, ns',
    'of that collections, ms in all',
    'heap, B each',
    'a full collection then, ms',
    'first read, ns',
    'more memory for it, B',
  ]
  const body = rows(results, (result) => [
    shown(least(result, ({ dropped }) => dropped.time)),
    shown(least(result, ({ made }) => made.time)),
    shown(least(result, ({ made }) => made.collections.milliseconds)),
    shown(middle(result, ({ made }) => made.usage.heap) / count),
    shown(least(result, ({ collection }) => collection)),
    shown(least(result, ({ read }) => read.time)),
    shown(middle(result, ({ read }) => (read.usage.own ?? read.usage.resident) / read.count)),
  ])
  return [{ title: `${count} clones and slices of one input (best of the rounds)`, rows: [head, ...body] }]
}
