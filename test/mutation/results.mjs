// What became of the mutants.
//
//   node test/mutation/results.mjs left FILE        Stryker's settings for those that nobody noticed
//   node test/mutation/results.mjs table FILE...    each that no run noticed, and shares by folder; fails below 85 %
import { readFileSync } from 'node:fs'

const LEAST = 85
/** Only these are about what other processes and the system do. */
const FOLDERS = ['src/fs/', 'src/mmap/']
const STATES = ['Killed', 'Timeout', 'RuntimeError', 'Ignored', 'Survived', 'NoCoverage'] // the one that counts first

const read = (file) => JSON.parse(readFileSync(file, 'utf8'))
const unnoticed = ({ status }) => status === 'Survived' || status === 'NoCoverage'

const place = ({ line, column }) => `${line}:${column - 1}`

function left(file) {
  const settings = read(new URL('stryker.config.json', import.meta.url))
  settings.mutate = Object.entries(read(file).files)
    .filter(([name]) => FOLDERS.some((folder) => name.startsWith(folder)))
    .flatMap(([name, { mutants }]) =>
      mutants
        .filter(unnoticed)
        .map(({ location: { start, end } }) => `${name}:${place(start)}-${place(end)}`),
    )
  return settings
}

/** All mutants, each with the best that a run made of it. */
function merged(files) {
  const all = new Map()
  for (const file of files) {
    for (const [name, { source, mutants }] of Object.entries(read(file).files)) {
      for (const mutant of mutants) {
        const key = JSON.stringify([name, mutant.location, mutant.mutatorName, mutant.replacement])
        const before = all.get(key)
        if (before !== undefined && STATES.indexOf(before.status) <= STATES.indexOf(mutant.status)) continue
        all.set(key, { ...mutant, name, source })
      }
    }
  }
  return [...all.values()]
}

const short = (text) => text.replaceAll(/\s+/g, ' ').slice(0, 100)

function described({ name, source, status, location: { start, end }, mutatorName, replacement = '' }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return `${name}:${start.line} ${status} ${mutatorName}: ${short(lines.join(' '))} => ${short(replacement)}`
}

function shareOf({ Killed, Timeout, Survived, NoCoverage }) {
  return (100 * (Killed + Timeout)) / (Killed + Timeout + Survived + NoCoverage)
}

function table(files) {
  const mutants = merged(files)
  for (const mutant of mutants) if (unnoticed(mutant)) console.log(described(mutant))
  console.log(`\n${['folder', ...STATES, 'share'].join('\t')}`)
  const count = (folder) => {
    const own = mutants.filter(({ name }) => name.startsWith(folder))
    const counts = Object.fromEntries(
      STATES.map((state) => [state, own.filter(({ status }) => status === state).length]),
    )
    const share = shareOf(counts)
    console.log([folder, ...STATES.map((state) => counts[state]), `${share.toFixed(1)} %`].join('\t'))
    return share
  }
  const folders = new Set(mutants.map(({ name }) => name.split('/').slice(0, 2).join('/')))
  for (const folder of folders) count(`${folder}/`)
  if (!(count('src/') >= LEAST)) process.exitCode = 1
}

const [command, ...files] = process.argv.slice(2)
if (command === 'left') console.log(JSON.stringify(left(...files)))
else table(files)
