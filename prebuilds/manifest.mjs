import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What prebuilds/manifest.json of the repository at `root` says of each binary. */
export function readManifest(root) {
  return JSON.parse(readFileSync(join(root, 'prebuilds/manifest.json'), 'utf8'))
}

export function writeManifest(root, { binaries }) {
  const sorted = Object.fromEntries(Object.entries(binaries).sort(([one], [other]) => (one < other ? -1 : 1)))
  writeFileSync(join(root, 'prebuilds/manifest.json'), `${JSON.stringify({ binaries: sorted }, null, 2)}\n`)
}
