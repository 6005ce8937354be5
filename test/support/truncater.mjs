// Truncates files that programs under wine have mapped, which wine, as Windows, does not do for them:
//
//   node test/support/truncater.mjs FOLDER
//
// runs until it is ended, and does what the files in the folder ask for: a JSON of `unixPath` and
// `length`. A file is removed once that is done. See truncate-mapped.cjs.

import { readdirSync, readFileSync, rmSync, truncateSync, watch } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]

function answer() {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8')
    if (!text.endsWith('}')) continue // is being written
    const { unixPath, length } = JSON.parse(text)
    truncateSync(unixPath, length)
    rmSync(join(folder, name))
  }
}

watch(folder, answer)
answer()
