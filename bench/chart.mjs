// Draws results of compare.mjs as an SVG:
//
//   node bench/chart.mjs bench/results/comparison-node20-linux-x64.json bench/results/comparison.svg
//
// One row for each case, one mark for each contestant, on a logarithmic scale of nanoseconds. The
// same results give the same file.
import { readFileSync, writeFileSync } from 'node:fs'

import { CASES, inUnit, shown } from './cases.mjs'

/** How a contestant is drawn: fill in light and dark, shape. */
const SERIES = {
  mmap: { light: '#0550ae', dark: '#79c0ff', shape: 'circle' },
  fs: { light: '#bc4c00', dark: '#ffa657', shape: 'square' },
  'fs.readSync': { light: '#a40e26', dark: '#ff7b72', shape: 'triangle' },
  mapping: { light: '#1a7f37', dark: '#56d364', shape: 'diamond' },
  'c++ mmap': { light: '#57606a', dark: '#8b949e', shape: 'bar' },
  'lucene-mmap': { light: '#8250df', dark: '#d2a8ff', shape: 'cross' },
}

/** What is read of all that was measured; for pieces of bytes, the time of one. */
const ROWS = [
  ['byte'],
  ['int'],
  ['safe-long'],
  ['vint'],
  ['bytes-64'],
  ['ints'],
  ['bytes-16k', 2 ** 14],
  ['bytes-1m', 2 ** 20],
  ['random-hot'],
  ['random'],
  ['clone'],
  ['slice'],
  ['open-close'],
]

const WIDTH = 900
const LEFT = 300
const RIGHT = 150
const TOP = 64
const ROW = 24
const DECADES = 6 // 0.1 ns to 100 µs

function x(nanoseconds) {
  const share = (Math.log10(nanoseconds) + 1) / DECADES
  return LEFT + Math.max(0, Math.min(1, share)) * (WIDTH - LEFT - RIGHT)
}

function rounded(value) {
  return Number(value.toFixed(1))
}

function mark(name, centre, middle) {
  const [cx, cy] = [rounded(centre), rounded(middle)]
  const { shape } = SERIES[name]
  const index = Object.keys(SERIES).indexOf(name)
  const paint = `class="s${index}"`
  if (shape === 'circle') return `<circle ${paint} cx="${cx}" cy="${cy}" r="6"/>`
  const paths = {
    square: 'm-4.5-4.5h9v9h-9z',
    triangle: 'm0-5.5l5.5 9.5h-11z',
    diamond: 'm0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z',
    bar: 'm-1.5-7h3v14h-3z',
    cross: 'm-1.5-5.5h3v4h4v3h-4v4h-3v-4h-4v-3h4z',
  }
  return `<path ${paint} d="M${cx} ${cy}${paths[shape]}"/>`
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function duration(nanoseconds) {
  if (nanoseconds < 1000) return `${shown(nanoseconds)} ns`
  return `${shown(nanoseconds / 1000)} µs`
}

function chart({ machine, length, contestants, results }) {
  const names = Object.keys(SERIES).filter((name) => results.some(({ best }) => name in best))
  const titles = Object.fromEntries(contestants.map(({ name, title }) => [name, title]))
  const rows = ROWS.flatMap(([name, bytes = 1]) => {
    const result = results.find((one) => one.name === name)
    const one = CASES.find((candidate) => candidate.name === name)
    // To and fro is the same conversion.
    return result === undefined
      ? []
      : [{ title: one.title, best: result.best, time: (value) => inUnit(one, value) * bytes }]
  })
  const height = TOP + rows.length * ROW + 46
  const style = names.map((name) => {
    const index = Object.keys(SERIES).indexOf(name)
    return { light: `.s${index}{fill:${SERIES[name].light}}`, dark: `.s${index}{fill:${SERIES[name].dark}}` }
  })
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time of each operation">`,
    '<style>.b{fill:#fff}text{font:12px sans-serif;fill:#24292f}.t{font-size:11px;fill:#57606a}.g{stroke:#8c959f;stroke-opacity:.35}',
    style.map(({ light }) => light).join(''),
    '@media(prefers-color-scheme:dark){.b{fill:#0d1117}text{fill:#e6edf3}.t{fill:#9da7b3}',
    `${style.map(({ dark }) => dark).join('')}}</style>`,
  ]
  // A ground of its own: a page need not have the colours that the reader's system prefers.
  lines.push(`<rect class="b" width="${WIDTH}" height="${height}" rx="6"/>`)
  let at = 20
  for (const name of names) {
    const title = name === 'c++ mmap' ? 'C++' : titles[name]
    lines.push(mark(name, at, 16), `<text x="${at + 11}" y="20">${escaped(title)}</text>`)
    at += 34 + title.length * 6.6
  }
  const labels = ['0.1 ns', '1 ns', '10 ns', '100 ns', '1 µs', '10 µs', '100 µs']
  const bottom = TOP + rows.length * ROW
  for (const [decade, label] of labels.entries()) {
    const line = rounded(x(10 ** (decade - 1)))
    lines.push(
      `<path class="g" d="M${line} ${TOP - 8}V${bottom}"/>`,
      `<text class="t" x="${line}" y="${TOP - 14}" text-anchor="middle">${label}</text>`,
    )
  }
  for (const [index, { title, best, time }] of rows.entries()) {
    const middle = TOP + index * ROW + ROW / 2
    lines.push(`<text x="${LEFT - 14}" y="${middle + 4}" text-anchor="end">${escaped(title)}</text>`)
    for (const name of names.toReversed()) {
      if (best[name] !== undefined) lines.push(mark(name, x(time(best[name])), middle))
    }
    const own = best.mmap === undefined ? '' : duration(time(best.mmap))
    lines.push(`<text x="${WIDTH - 12}" y="${middle + 4}" text-anchor="end">${own}</text>`)
  }
  const where = `Best of all windows; on the right MMapDirectory. ${length / 2 ** 20} MiB in the system's cache, Node ${machine.node}, ${machine.platform} ${machine.arch}, ${machine.cpu}`
  lines.push(`<text class="t" x="14" y="${bottom + 28}">${escaped(where)}</text>`, '</svg>', '')
  return lines.join('\n')
}

const [from, to] = process.argv.slice(2)
if (to === undefined) throw new Error('usage: node bench/chart.mjs RESULTS.json CHART.svg')
writeFileSync(to, chart(JSON.parse(readFileSync(from, 'utf8'))))
