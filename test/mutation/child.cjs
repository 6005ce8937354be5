// In every process and thread that a test starts while Stryker looks which test comes by which mutants.
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { threadId } = require('node:worker_threads')

process.once('exit', () => {
  const { static: met = {} } = globalThis['__stryker__']?.mutantCoverage ?? {}
  try {
    writeFileSync(join(process.env.MUTATION_MET, `${process.pid}-${threadId}`), Object.keys(met).join(' '))
  } catch {} // a process may be forbidden to write
})
