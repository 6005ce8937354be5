// The process in which one case is measured for one contestant within Node.js. Arguments: contestant,
// case, folder of the files, folder of what was built, milliseconds. Prints a sample as JSON.
import { statSync } from 'node:fs'
import { join } from 'node:path'

import cases from '../dist/cli/bench-cases.js'
import measuring from '../dist/cli/bench-measure.js'
import { CASES } from './cases.mjs'
import { WITHIN_NODE } from './contestants.mjs'
import { NAMES } from './files.mjs'
import { enter } from './states.mjs'

const [name, caseName, path, built, milliseconds] = process.argv.slice(2)
const { of, state } = CASES.find((one) => one.name === caseName)
const { works, directory, map } = await WITHIN_NODE[name].open(path, built)
const context = { directory, map, path, files: NAMES, length: statSync(join(path, NAMES.plain)).size }
const { input, work } = works[of](context)

measuring.warmUp(work, Number(milliseconds) / 2)
if (state !== undefined) {
  // After the reads were compiled once: what happens now, the compiled code has to bear.
  enter(state, context, input)
  measuring.warmUp(work, Number(milliseconds) / 2)
}
const sample = measuring.measure(work, Number(milliseconds))
process.stdout.write(`${JSON.stringify({ ...sample, kept: cases.wasKept() })}\n`, () => process.exit(0))
