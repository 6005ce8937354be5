// `npm run bench`: this package's directories and a bare loop over memory, measured by benchmark.js
// as a program meets them: in one process for each case. compare.mjs gives everyone a process.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { CASES, inUnit, shown } from './cases.mjs'
import { WITHIN_NODE } from './contestants.mjs'
import { makeFiles } from './files.mjs'
import { machine, machineLine } from './machine.mjs'

/** Writing and opening leave something to clean up, which benchmark.js would measure, too. */
const NAMES = CASES.filter(({ of, state }) => state === undefined && !/^(write|open$)/.test(of)).map(
  ({ name }) => name,
)
const CONTESTANTS = ['mmap', 'fs', 'memory', 'heap']

const HELP = `Usage: npm run bench -- [OPTIONS]

Options:
  --case NAME          only this case, may be repeated: ${NAMES.join(', ')}
  --seconds N          for each contestant of a case (default: 0.5)
  --length BYTES       of the file that is read, a multiple of 1 MiB (default: 67108864)
  --help               show this text
`

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true, default: NAMES },
    seconds: { type: 'string', default: '0.5' },
    length: { type: 'string', default: String(2 ** 26) },
    help: { type: 'boolean', default: false },
  },
})

function cell(one, { mean, error } = {}) {
  return mean === undefined ? '–' : `${shown(inUnit(one, mean))} ± ${error.toFixed(0)} %`
}

function run() {
  const [length, seconds] = [Number(values.length), Number(values.seconds)]
  if (!(length >= 2 ** 20 && length % 2 ** 20 === 0)) throw new Error('--length must be a multiple of 1 MiB')
  if (!(seconds > 0)) throw new Error('--seconds must be more than 0')
  for (const name of values.case) if (!NAMES.includes(name)) throw new Error(`there is no case '${name}'`)
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'mmap-directory-bench-'))
  process.once('exit', () => rmSync(path, { recursive: true, force: true }))
  makeFiles(path, length)
  console.log(`${machineLine(machine())}; a file of ${length / 2 ** 20} MiB in the system's cache\n`)
  const head = CONTESTANTS.map((name) => WITHIN_NODE[name].title.padStart(22))
  console.log(`${''.padEnd(50)}${head.join('')}`)
  const suite = fileURLToPath(new URL('suite.mjs', import.meta.url))
  for (const one of CASES.filter(({ name }) => values.case.includes(name))) {
    const args = [suite, one.name, path, String(seconds), ...CONTESTANTS]
    const results = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
    const cells = CONTESTANTS.map((name) => cell(one, results[name]).padStart(22))
    console.log(`${`${one.title}, ${one.unit}`.padEnd(50)}${cells.join('')}`)
  }
}

if (values.help) process.stdout.write(HELP)
else run()
