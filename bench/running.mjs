// What programs have in common that measure in processes of their own.
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What a process printed; its failure is a result, too. */
export async function sampleOf([command, ...args]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text))
  const [code, signal] = await new Promise((done, fail) =>
    child.on('error', fail).on('close', (...ended) => done(ended)),
  )
  if (code === 0) return JSON.parse(output)
  return { failed: /^.*Error.*$/m.exec(errors)?.[0] ?? signal ?? `exit code ${code}` }
}

/** A new folder, which is removed when the program ends. */
export function workFolder(within) {
  const folder = mkdtempSync(join(realpathSync(within), 'mmap-directory-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  return folder
}

export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`)
}

/** An option's whole number. */
export function wholeNumber(values, name, least) {
  const value = Number(values[name])
  if (!(Number.isSafeInteger(value) && value >= least)) throw new Error(`--${name} must be at least ${least}`)
  return value
}

/** Those of the known names that were chosen, in their own order. */
export function chosen(what, names, known) {
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`there is no ${what} '${name}': ${known.join(', ')}`)
  }
  return known.filter((name) => names.includes(name))
}
