// The suites as mocha gets them: compiled to build/mutation, where `vitest` is what is in vitest/ here. Those
// that run in one process, or those that start processes, which MMAP_DIRECTORY_BRIEF says.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import * as fc from 'fast-check'

const COMPILED = new URL('../../build/mutation/test/', import.meta.url)
const PROCESSES = [
  'fs/forgotten-locks',
  'fs/full-disk',
  'fs/locks',
  'fs/simple-locks',
  'fs/special-files',
  'fs/write-failures',
  'mmap/device-errors',
  'mmap/diagnostics',
  'mmap/fallback',
  'mmap/map-failures',
  'mmap/no-native-part',
  'directories/direct-io-directory',
  'safety/threads',
]
const LEFT_OUT = [
  'mmap/processes', // end processes, whatever the mutant
  'fs/killed-writers',
  'mmap/refused-buffers', // changes the native part
  'mmap/large-files', // take long, the more so as all mutants count what comes by them
  'mmap/windows',
  'codec/lucene-index',
  'codec/segment-infos',
  'codec/verify-index',
  'codec/verify-index-damage',
]
/** What fails at the first wrong byte comes first. */
const FOLDERS = ['store', 'memory', 'mmap', 'codec', 'fs', 'directories']

const inProject = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
process.env.MMAP_DIRECTORY_NATIVE = inProject('build/Release/mmap_directory.node')
// Of the source that looks for dist/ from where it is. ES modules have none.
globalThis['__dirname'] = inProject('src/testing')
fc.configureGlobal({ seed: 1 })

const { MMAP_DIRECTORY_BRIEF: stage } = process.env
const { declareFile } = await import(createRequire(COMPILED).resolve('vitest'))
for (const name of stage === 'processes' ? PROCESSES : suitesOfOneProcess()) {
  await declareFile(name, () => import(new URL(`${name}.test.js`, COMPILED)))
}

function suitesOfOneProcess() {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(folder, COMPILED))
      .filter((file) => file.endsWith('.test.js'))
      .map((file) => `${folder}/${file.replace('.test.js', '')}`),
  )
  const last = ['testing/mapped', 'testing/read', 'store/window-table']
  const elsewhere = new Set([...PROCESSES, ...LEFT_OUT, ...last])
  return [...names.filter((name) => !elsewhere.has(name)), ...last]
}

// Processes and threads that a test starts have the mutant, too. Where they are what is looked at, they tell
// which mutants they came by: all that are met when modules are loaded among them.
const met = inProject(`build/mutation/met-${process.pid}`)
mkdirSync(met, { recursive: true })
process.env.MUTATION_MET = met
const telling = stage === 'processes' ? `--require ${inProject('test/mutation/child.cjs')}` : ''

function stryker() {
  return globalThis['__stryker__'] ?? {}
}

globalThis.beforeEach(() => {
  const { activeMutant } = stryker()
  process.env['__STRYKER_ACTIVE_MUTANT__'] = activeMutant ?? ''
  process.env.NODE_OPTIONS = activeMutant === undefined ? telling : ''
})

globalThis.afterEach(() => {
  const { activeMutant, currentTestId, mutantCoverage } = stryker()
  if (activeMutant !== undefined || mutantCoverage === undefined) return
  const coverage = (mutantCoverage.perTest[currentTestId] ??= {})
  for (const file of readdirSync(met)) {
    for (const mutant of readFileSync(join(met, file), 'latin1').match(/\d+/g) ?? []) {
      coverage[mutant] = (coverage[mutant] ?? 0) + 1
    }
    rmSync(join(met, file))
  }
})
