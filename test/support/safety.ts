import { expect } from 'vitest'

import { type ChildOptions, runScript } from './child.js'

/**
 * What the scripts of test/safety begin with, behind what every script does. `dir` is a directory of
 * their own.
 */
const PREAMBLE = `
const fs = require('node:fs')
const { join } = require('node:path')
const { Worker } = require('node:worker_threads')
/** Loads the native part only when it is asked for, as the library does. */
Object.defineProperty(globalThis, 'addon', { get: () => require(dist + '/native.js').nativeAddon() })
const dir = process.argv[1]
let made = 0
const make = (bytes) => {
  const name = 'file' + process.pid + '-' + made++
  fs.writeFileSync(join(dir, name), bytes)
  return name
}
/** Bytes in which zeros are frequent and neighbours differ. */
const noise = (length, seed = 1) => {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    bytes[i] = seed >>> 31 ? seed >>> 23 : 0
  }
  return bytes
}
/** The class and code of what an attempt throws or is rejected with; what it returns otherwise. */
const outcome = (attempt) => {
  try {
    return attempt() ?? 'no error'
  } catch (error) {
    return error.code === undefined ? error.name : error.name + ' ' + error.code
  }
}
const outcomes = (attempts) =>
  Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => [name, outcome(attempt)]))
const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}
/** Collects until it is true, or gives up. */
const collected = async (done) => {
  for (let i = 0; i < 100 && !done(); i++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return done()
}
const say = (value) =>
  console.log(JSON.stringify(value, (key, each) => (typeof each === 'bigint' ? each + 'n' : each)))
const fail = (error) => {
  console.error(error)
  process.exitCode = 1
}
`

/** Runs a script that must end by itself with code 0 and without a word on stderr; what it said. */
export async function survives(script: string, options: ChildOptions = {}): Promise<unknown> {
  const { code, signal, stdout, stderr } = await runScript(PREAMBLE + script, options)
  expect({ code, signal, stderr, stdout: code === 0 ? '' : stdout }).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    stdout: '',
  })
  return JSON.parse(stdout)
}

/** Runs a script whatever becomes of it. */
export function runs(script: string, options: ChildOptions = {}): ReturnType<typeof runScript> {
  return runScript(PREAMBLE + script, options)
}
