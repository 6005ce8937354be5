// Holds results of compare.mjs against what the project wants to reach, as a table in Markdown:
//
//   node bench/targets.mjs bench/results/comparison-node20-linux-x64.json …
//
// Lucene's numbers were measured with Lucene 11 on JDK 25, on a machine of the same kind: MMapDirectory
// in chunks of 16 MiB for scalar reads, in one mapping for the rest, NIOFSDirectory for FSDirectory.
import { readFileSync } from 'node:fs'

import { CASES, shown } from './cases.mjs'

/** At most so many nanoseconds, or at least so many GB/s or MiB/s. */
const bound = (value) => () => value

/** Times (in nanoseconds) or rates of another contestant in the same run. */
const times = (factor, name, as) => (best, of) => best(name, as ?? of) * factor

/** [case, contestant, target, what the target is] */
const TARGETS = [
  ['byte', 'mmap', bound(2.3), "Lucene's chunks"],
  ['int', 'mmap', bound(2.4), "Lucene's chunks"],
  ['long', 'mmap', bound(2.2), "Lucene's chunks"],
  ['safe-long', 'mmap', bound(2.2), "Lucene's chunks"],
  ...['byte', 'int', 'long'].flatMap((name) =>
    ['crossed', 'detached', 'end-of-file'].map((state) => [`${name}@${state}`, 'mmap', bound(3.5), 'fixed']),
  ),
  ['vint', 'mmap', bound(11), "Lucene's"],
  ['bytes-1m', 'mmap', times(0.95, 'c++ mmap'), 'memcpy, less 5 %'],
  ['bytes-16k', 'mmap', times(0.95, 'c++ mmap'), 'memcpy, less 5 %'],
  ['bytes-64', 'mmap', bound(45), 'fixed'],
  ['bytes-16', 'mmap', times(1, 'mmap', 'bytes-64'), 'that of 64 B'],
  ['ints', 'mmap', times(1.1, 'c++ mmap'), 'memcpy, and 10 %'],
  ['longs', 'mmap', times(1.1, 'c++ mmap'), 'memcpy, and 10 %'],
  ['floats', 'mmap', times(1.1, 'c++ mmap'), 'memcpy, and 10 %'],
  ['random-hot', 'mmap', times(1.5, 'windows'), '1.5 × bare DataView with index arithmetic'],
  ['absolute-hot', 'mmap', times(1.5, 'windows'), '1.5 × bare DataView with index arithmetic'],
  ['random', 'mmap', bound(26), "Lucene's"],
  ['absolute', 'mmap', bound(23), "Lucene's"],
  ['clone', 'mmap', bound(15), 'fixed'],
  ['slice', 'mmap', bound(15), 'fixed'],
  ['prefetch', 'mmap', bound(2.4), "Lucene's"],
  ['prefetch-clone', 'mmap', bound(1347), "Lucene's"],
  ['open-close', 'mmap', bound(46_000), "Lucene's"],
  ['open-close', 'mmap', times(1.3, 'mapping'), '1.3 × bare Node-API mapping'],
  ['crc', 'mmap', bound(7.6), "Lucene's"],
  ['write-byte', 'mmap', bound(223), "Lucene's"],
  ['write-int', 'mmap', bound(576), "Lucene's"],
  ['write-long', 'mmap', bound(791), "Lucene's"],
  ['write-16k', 'mmap', bound(1080), "Lucene's"],
  ['byte', 'fs', bound(4), "NIOFSDirectory's"],
  ['int', 'fs', bound(5.6), "NIOFSDirectory's"],
  ['long', 'fs', bound(8.7), "NIOFSDirectory's"],
  ['safe-long', 'fs', bound(8.7), "NIOFSDirectory's"],
  ['vint', 'fs', bound(21), "NIOFSDirectory's"],
  ['bytes-1m', 'fs', bound(6.6), "NIOFSDirectory's"],
  ['bytes-16k', 'fs', bound(6.9), "NIOFSDirectory's"],
  ['bytes-64', 'fs', bound(63), "NIOFSDirectory's"],
  ['ints', 'fs', bound(3526), "NIOFSDirectory's"],
  ['random', 'fs', bound(1341), "NIOFSDirectory's"],
  ['random-hot', 'fs', bound(855), "NIOFSDirectory's"],
  ['clone', 'fs', bound(5), "NIOFSDirectory's"],
  ['slice', 'fs', bound(26), "NIOFSDirectory's"],
  ['open-close', 'fs', bound(5600), "NIOFSDirectory's"],
  ['crc', 'fs', bound(1.1), "NIOFSDirectory's"],
]

const TITLES = { mmap: '', fs: 'FSDirectory: ' }

const runs = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))
if (runs.length === 0) throw new Error('usage: node bench/targets.mjs RESULTS.json …')

function cell({ results }, [of, contestant, target], unit) {
  const best = (name, one) => results.find((result) => result.name === one)?.best[name]
  const value = best(contestant, of)
  const wanted = target(best, of)
  if (value === undefined || Number.isNaN(wanted)) return '– | –'
  const short = unit === 'ns' ? value / wanted : wanted / value
  const met = short <= 1 ? 'met' : `**${((short - 1) * 100).toFixed(0)} % short**`
  return `${shown(wanted)} | ${shown(value)} ${met}`
}

const head = runs.map(({ machine }) => `target, Node ${machine.node} | result`)
console.log(`| case | target | ${head.join(' | ')} |`)
console.log(`| --- | --- |${' ---: | ---: |'.repeat(runs.length)}`)
for (const row of TARGETS) {
  const { title, unit } = CASES.find(({ name }) => name === row[0])
  const cells = runs.map((one) => cell(one, row, unit))
  console.log(`| ${TITLES[row[1]]}${title}, ${unit} | ${row[3]} | ${cells.join(' | ')} |`)
}
