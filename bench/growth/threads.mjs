// One input that threads share: two against one, and up to 64.
import { inTurns, failure, rows, shown } from './samples.mjs'

const KINDS = [
  ['mmap', 'MMapDirectory'],
  ['fs', 'FSDirectory'],
]
const WORKS = [
  { work: 'readInt in sequence', unit: 'million reads/s', scale: 1e6 },
  { work: 'seek + readInt at random', unit: 'million reads/s', scale: 1e6 },
  { work: 'readBytes 16 KiB', unit: 'GB/s', scale: 1e9 },
]

async function threads(counts, { path, file, milliseconds, rounds }) {
  const jobs = KINDS.flatMap(([kind, title]) =>
    WORKS.map(({ work, unit, scale }) => ({
      name: `${title}: ${work}`,
      unit,
      scale,
      program: 'threads-process',
      args: [kind, work, milliseconds, rounds, path, file, ...counts],
    })),
  )
  return { counts, results: await inTurns(jobs, 1), skipped: [] }
}

/** One thread and two, in turns. */
export const pair = (options) => threads([1, 2], options)

export function readers({ most, ...options }) {
  return threads(
    [1, 2, 4, 8, 16, 32, 64].filter((count) => count <= most),
    options,
  )
}

const best = ({ samples: [sample] }, count, what) => Math.max(...sample[count].map((one) => one[what]))

/** How many times as much `count` threads do as one. On processors: if nobody else had needed them. */
const gain = (result, count) => best(result, count, 'perSecond') / best(result, 1, 'perSecond')
const gainOnProcessors = (result, count) =>
  (count * best(result, count, 'perProcessorSecond')) / best(result, 1, 'perProcessorSecond')

export function pairTables({ results }) {
  const head = ['', 'in', 'one thread', 'two', 'best against best', 'on processor time', 'every round']
  const body = rows(results, (result) => {
    const { unit, scale, samples } = result
    const pairs = samples[0][1].map(
      (one, round) => `${shown(one.perSecond / scale)} → ${shown(samples[0][2][round].perSecond / scale)}`,
    )
    return [
      unit,
      shown(best(result, 1, 'perSecond') / scale),
      shown(best(result, 2, 'perSecond') / scale),
      `${shown(gain(result, 2))}×`,
      `${shown(gainOnProcessors(result, 2))}×`,
      pairs.join(', '),
    ]
  })
  return [{ title: 'Two threads against one', rows: [head, ...body] }]
}

export function readersTables({ counts, results }) {
  const head = ['threads', ...counts.map(String)]
  const body = rows(results, (result) => [
    result.unit,
    ...counts.map((count) => shown(best(result, count, 'perSecond') / result.scale)),
  ])
  const there = results.filter((result) => failure(result) === undefined)
  const each = rows(there, (result) => {
    const alone = best(result, 1, 'perProcessorSecond')
    return counts.map(
      (count) => `${((100 * best(result, count, 'perProcessorSecond')) / alone).toFixed(0)} %`,
    )
  })
  return [
    {
      title: 'All threads together (best of the rounds)',
      rows: [[head[0], 'in', ...head.slice(1)], ...body],
    },
    { title: 'What a thread does in a second on a processor, against one alone', rows: [head, ...each] },
  ]
}
