// One case of `npm run bench`. Arguments: case, folder of the files, seconds, contestants. Prints as
// JSON the mean time of a call or byte in nanoseconds and the relative margin of error in percent.
import { statSync } from 'node:fs'
import { join } from 'node:path'

import Benchmark from 'benchmark'

import { WITHIN_NODE } from './contestants.mjs'
import { NAMES } from './files.mjs'

const [name, path, seconds, ...contestants] = process.argv.slice(2)
const suite = new Benchmark.Suite()
const counts = {}
for (const contestant of contestants) {
  const { works, directory, map } = await WITHIN_NODE[contestant].open(path)
  if (works[name] === undefined) continue
  const length = statSync(join(path, NAMES.plain)).size
  const { work } = works[name]({ directory, map, path, files: NAMES, length })
  counts[contestant] = work()
  suite.add(contestant, () => work(), { maxTime: Number(seconds), minSamples: 5 })
}
suite.run()
const results = Object.fromEntries(
  Array.from(suite).map(({ name: contestant, stats, error }) => {
    if (error) throw error
    return [contestant, { mean: (stats.mean * 1e9) / counts[contestant], error: stats.rme }]
  }),
)
process.stdout.write(JSON.stringify(results), () => process.exit(0))
