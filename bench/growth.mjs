// How time and memory grow: with the number of open inputs, of clones and slices, with the length of a
// file (a sparse one of a TiB), and with the number of threads that read one input.
//
//   node bench/growth.mjs [OPTIONS]
//
// Makes its files in the system's temporary folder (350 MiB, 20,000 files) and takes about four minutes.
// Prints a table for each curve; --help tells the options. Every measurement runs in a process of its own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { makeFiles, NAMES } from './files.mjs'
import { clones, clonesTables } from './growth/clones.mjs'
import { openInputs, openInputsTables } from './growth/open-inputs.mjs'
import { sparseFile, sparseFileTables } from './growth/sparse-file.mjs'
import { pair, pairTables, readers, readersTables } from './growth/threads.mjs'
import { machine, machineLine } from './machine.mjs'
import { markdown } from './markdown.mjs'
import { chosen, progress, wholeNumber, workFolder } from './running.mjs'

const CURVES = {
  inputs: [openInputs, openInputsTables],
  clones: [clones, clonesTables],
  sparse: [sparseFile, sparseFileTables],
  pair: [pair, pairTables],
  readers: [readers, readersTables],
}

const HELP = `Usage: node bench/growth.mjs [OPTIONS]

Options:
  --curve NAME         only this one, may be repeated: ${Object.keys(CURVES).join(', ')}
  --rounds N           of each measurement (default: 2); of one and two threads: thrice as many
  --milliseconds N     how long reads are measured at a time (default: 200)
  --inputs N           no more open inputs than this (default: 10000)
  --clones N           (default: 1000000)
  --readers N          no more threads than this (default: 64)
  --sparse BYTES       of the sparse file (default: 1099511627776)
  --length BYTES       of the file that is shared and cloned, a multiple of 1 MiB (default: 268435456)
  --directory PATH     where the files are made (default: the system's temporary folder)
  --json FILE          write all results there
  --help               show this text
`

const { values } = parseArgs({
  options: {
    curve: { type: 'string', multiple: true, default: Object.keys(CURVES) },
    rounds: { type: 'string', default: '2' },
    milliseconds: { type: 'string', default: '200' },
    inputs: { type: 'string', default: '10000' },
    clones: { type: 'string', default: '1000000' },
    readers: { type: 'string', default: '64' },
    sparse: { type: 'string', default: String(2 ** 40) },
    length: { type: 'string', default: String(2 ** 28) },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function run() {
  const names = chosen('curve', values.curve, Object.keys(CURVES))
  const rounds = wholeNumber(values, 'rounds', 1)
  const milliseconds = wholeNumber(values, 'milliseconds', 1)
  const length = wholeNumber(values, 'length', 2 ** 20)
  if (length % 2 ** 20 !== 0) throw new Error('--length must be a multiple of 1 MiB')
  const inputs = wholeNumber(values, 'inputs', 1)
  const count = wholeNumber(values, 'clones', 1)
  const most = wholeNumber(values, 'readers', 1)
  const sparse = wholeNumber(values, 'sparse', 2 ** 20)

  const folder = workFolder(values.directory)
  const where = machine()
  console.log(`${machineLine(where)}\n`)
  const path = join(folder, 'files')
  mkdirSync(path)
  if (names.some((name) => ['clones', 'pair', 'readers'].includes(name))) {
    progress('making the files')
    makeFiles(path, length)
  }
  const shared = { path, file: NAMES.plain, milliseconds, rounds }
  const options = {
    inputs: { folder, most: inputs, rounds },
    clones: { ...shared, count },
    sparse: { folder, length: sparse, milliseconds, rounds },
    pair: { ...shared, rounds: rounds * 3 },
    readers: { ...shared, most },
  }

  const curves = {}
  for (const name of names) {
    const [measure, tables] = CURVES[name]
    const load = loadavg()[0]
    const curve = await measure(options[name])
    curves[name] = { load, ...curve }
    progress('')
    for (const { title, rows } of tables(curve)) console.log(`${title}:\n\n${markdown(rows)}\n`)
    for (const line of curve.skipped) console.log(`${line}\n`)
    console.log(`(load ${load.toFixed(1)} when it began, ${loadavg()[0].toFixed(1)} when it ended)\n`)
  }
  const document = { machine: where, options: { ...values, json: undefined }, curves }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(document, undefined, 1)}\n`)
  const failed = /"failed":/.test(JSON.stringify(curves))
  if (failed) process.exitCode = 1
}

if (values.help) process.stdout.write(HELP)
else await run()
