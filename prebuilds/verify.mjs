#!/usr/bin/env node
// Holds the binaries in prebuilds/ against manifest.json, and that against the sources:
//
//   node prebuilds/verify.mjs [--complete | --manifest]
//
// Every binary that is there has to be the one that the manifest describes, made of the sources that are
// there. With --complete, all of a release's have to be there; with --manifest, what the manifest says of
// binaries that are not there has to be of these sources, too.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readManifest } from './manifest.mjs'
import { PLATFORMS } from './platforms.mjs'
import { hashOfSources, sha256 } from './sources.mjs'
import { tell } from './tell.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
tell(problems(new Set(process.argv.slice(2))), 'Run `npm run prebuilds -- debian` (design/package.md).')

function problems(asked) {
  const { binaries } = readManifest(root)
  const sources = hashOfSources(root)
  const there = binariesThere()
  const found = []
  for (const name of there) {
    if (!lstatSync(join(root, 'prebuilds', name)).isFile()) {
      found.push(`${name}: no regular file, and npm leaves out what is none`)
      continue
    }
    const described = binaries[name]
    if (described === undefined) {
      found.push(`${name}: the manifest does not know it`)
      continue
    }
    const bytes = readFileSync(join(root, 'prebuilds', name))
    if (bytes.length !== described.size || sha256(bytes) !== described.sha256)
      found.push(`${name}: not the binary that the manifest describes`)
  }
  for (const [name, described] of Object.entries(binaries)) {
    if (described.sources !== sources && (asked.has('--manifest') || there.includes(name)))
      found.push(`${name}: made of other sources than these`)
  }
  if (asked.has('--complete')) {
    for (const { binary } of Object.values(PLATFORMS)) {
      if (!there.includes(binary)) found.push(`${binary}: missing`)
    }
  }
  return found
}

function binariesThere() {
  const folder = join(root, 'prebuilds')
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isFile())
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(folder, entry.name)).map((file) => `${entry.name}/${file}`)
        : entry.name,
    )
    .sort()
}
