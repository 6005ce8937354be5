// The comparison: every case of every contestant in processes of its own, in turns, and the best
// window of all rounds counts. See README.md.
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { CASES, inUnit, shown } from './cases.mjs'
import { NAMES as CONTESTANTS, prepare } from './contestants.mjs'
import { makeFiles } from './files.mjs'
import { machine, machineLine } from './machine.mjs'
import { chosen, progress, sampleOf, wholeNumber, workFolder } from './running.mjs'

const HELP = `Usage: npm run bench:compare -- [OPTIONS]

Options:
  --case NAME          only this case, may be repeated: ${CASES.map(({ name }) => name).join(', ')}
  --contestant NAME    only this contestant, may be repeated: ${CONTESTANTS.join(', ')}
  --without NAME       not this contestant, may be repeated
  --rounds N           processes for each case and contestant (default: 3)
  --milliseconds N     how long each of them measures (default: 150)
  --length BYTES       of the file that is read, a multiple of 1 MiB (default: 268435456)
  --directory PATH     where the files are made (default: the system's temporary folder)
  --json FILE          write all results there
  --help               show this text
`

const { values } = parseArgs({
  options: {
    case: { type: 'string', multiple: true },
    contestant: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
    milliseconds: { type: 'string', default: '150' },
    length: { type: 'string', default: String(2 ** 28) },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function run() {
  const cases = CASES.filter(({ name }) => (values.case ?? [name]).includes(name))
  chosen(
    'case',
    values.case ?? [],
    CASES.map(({ name }) => name),
  )
  const names = chosen('contestant', values.contestant ?? CONTESTANTS, CONTESTANTS).filter(
    (name) => !chosen('contestant', values.without, CONTESTANTS).includes(name),
  )
  const rounds = wholeNumber(values, 'rounds', 1)
  const milliseconds = wholeNumber(values, 'milliseconds', 1)
  const length = wholeNumber(values, 'length', 2 ** 20)
  if (length % 2 ** 20 !== 0) throw new Error('--length must be a multiple of 1 MiB')

  const folder = workFolder(values.directory)
  const [path, built] = ['files', 'built'].map((name) => join(folder, name))
  mkdirSync(path)
  mkdirSync(built)

  const where = machine()
  progress('making the files')
  makeFiles(path, length)
  progress('building and installing')
  const contestants = await prepare(names, built)
  const there = contestants.filter(({ reason }) => reason === undefined)

  const results = []
  for (const [index, one] of cases.entries()) {
    const taking = there.filter((contestant) => contestant.has(one))
    const samples = Object.fromEntries(taking.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const { name, command } of taking) {
        progress(`${index + 1}/${cases.length} ${one.title}: ${name}`)
        samples[name].push(await sampleOf(command(one, path, milliseconds)))
      }
    }
    const { name, title, unit } = one
    results.push({ name, title, unit, best: bestOf(samples, one), samples })
  }
  progress('')
  const document = {
    machine: where,
    length,
    rounds,
    milliseconds,
    contestants: contestants.map(({ name, title, reason }) => ({ name, title, reason })),
    results,
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(document, undefined, 1)}\n`)
  console.log(report(document))
  const failed = results.flatMap(({ samples }) => Object.values(samples).flat()).filter((one) => one.failed)
  if (failed.length > 0) process.exitCode = 1
}

/** Each contestant's best, in the case's unit. */
function bestOf(samples, one) {
  const best = Object.entries(samples).map(([name, all]) => [
    name,
    inUnit(one, Math.min(...all.filter(({ failed }) => failed === undefined).map((sample) => sample.best))),
  ])
  return Object.fromEntries(best.filter(([, value]) => Number.isFinite(value) && value > 0))
}

/** A table of the contestants' best; beside it how many times as fast as each the first one is. */
function report({ machine: where, length, contestants, results }) {
  const there = contestants.filter(({ name }) => results.some(({ best }) => name in best))
  const head = ['', ...there.map(({ title }) => title)]
  const rows = results.map(({ title, unit, best }) => {
    const own = best[there[0]?.name]
    const cells = there.map(({ name }, index) => {
      if (best[name] === undefined) return '–'
      if (index === 0 || own === undefined) return shown(best[name])
      const ratio = unit === 'ns' ? best[name] / own : own / best[name]
      return `${shown(best[name])} (${shown(ratio)}×)`
    })
    return [`${title}, ${unit}`, ...cells]
  })
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)))
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  )
  const failures = results.flatMap(({ title, samples }) =>
    Object.entries(samples).flatMap(([name, all]) =>
      all.filter(({ failed }) => failed).map(({ failed }) => `${name}, ${title}: failed: ${failed}`),
    ),
  )
  return [
    `${machineLine(where)}; a file of ${length / 2 ** 20} MiB in the system's cache`,
    `(in brackets: how many times as fast ${there[0]?.title} is)`,
    '',
    ...lines,
    '',
    ...contestants.filter(({ reason }) => reason).map(({ title, reason }) => `${title}: ${reason}`),
    ...new Set(failures),
  ].join('\n')
}

if (values.help) process.stdout.write(HELP)
else await run()
