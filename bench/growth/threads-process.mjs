// One input, read by threads that it is shared with. Arguments: kind, work, milliseconds, rounds,
// folder, file, numbers of threads. Prints as JSON what all of them did together, for each number and
// round; in a round, each number has its turn.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { OPEN } from '../contestants/library.mjs'

const [kind, work, milliseconds, rounds, folder, file, ...numbers] = process.argv.slice(2)
const counts = numbers.map(Number)
const duration = BigInt(milliseconds) * 1_000_000n
const warmUp = Math.min(Number(duration), 50_000_000)
const input = OPEN[kind](folder).openInput(file)
await input.load() // pages that are not there yet are no matter of threads

const workers = []
for (let i = 0; i < Math.max(...counts); i++) {
  const workerData = { shared: input.share(), work, warmUp }
  const worker = new Worker(new URL('reader.mjs', import.meta.url), { workerData })
  worker.on('error', (error) => {
    throw error
  })
  workers.push(worker)
  await once(worker, 'message') // one after the other: they would only wait for each other
}

/** What the first `count` threads do together in a second, and each on a processor. */
async function together(count) {
  const taking = workers.slice(0, count)
  const results = taking.map((worker) => once(worker, 'message'))
  const start = process.hrtime.bigint() + 10_000_000n + 200_000n * BigInt(count)
  for (const worker of taking) worker.postMessage({ start, end: start + duration })
  const done = (await Promise.all(results)).map(([result]) => result)
  const sum = (value) => done.reduce((total, one) => total + value(one), 0)
  return {
    perSecond: sum((one) => one.count / one.nanoseconds) * 1e9,
    perProcessorSecond: (sum((one) => one.count) / sum((one) => one.processor)) * 1e9,
  }
}

await together(workers.length) // does not count: what was compiled meanwhile is used from the next time on

const samples = Object.fromEntries(counts.map((count) => [count, []]))
for (let round = 0; round < Number(rounds); round++) {
  for (const count of counts) samples[count].push(await together(count))
}
process.stdout.write(`${JSON.stringify(samples)}\n`, () => process.exit(0))
