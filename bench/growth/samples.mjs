// Processes in turns, and what to make of what they print.
import { fileURLToPath } from 'node:url'

import { progress, sampleOf } from '../running.mjs'

/** Runs every job `rounds` times, in turns. A job: { name, program, args }. Returns jobs with samples. */
export async function inTurns(jobs, rounds) {
  const results = jobs.map((job) => Object.assign(job, { samples: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const { name, program, args, samples } of results) {
      progress(`round ${round + 1} of ${rounds}: ${program} ${name}`)
      const path = fileURLToPath(new URL(`${program}.mjs`, import.meta.url))
      samples.push(await sampleOf([process.execPath, '--expose-gc', path, ...args.map(String)]))
    }
  }
  return results.map(({ program: _program, args: _args, ...result }) => result)
}

const worked = ({ samples }) => samples.filter(({ failed }) => failed === undefined)

/** The least of what the samples have, for times. */
export const least = (result, value) => Math.min(...worked(result).map(value))

/** The middle one, for memory. Undefined where the system does not tell. */
export function middle(result, value) {
  const all = worked(result).map(value)
  return all.sort((a, b) => a - b)[all.length >> 1]
}

/** Why nothing came of it, if so. */
export function failure(result) {
  return worked(result).length > 0 ? undefined : (result.samples[0]?.failed ?? 'no round')
}

/** Rows of a table; a result of which nothing came has the reason in it. */
export function rows(results, row) {
  return results.map((result) => {
    const reason = failure(result)
    return reason === undefined ? [result.name, ...row(result)] : [result.name, reason]
  })
}

/** A number for a table: a whole one, three digits that count, or a dash. */
export function shown(value) {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
