#!/usr/bin/env node
// Puts binaries that several machines have made into prebuilds/, and what those say of them into the manifest:
//
//   node prebuilds/collect.mjs FOLDER
//
// FOLDER has a folder from each machine: what lay in its prebuilds/, and its manifest.json if that has changed.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readManifest, writeManifest } from './manifest.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const collected = process.argv[2]
const manifest = readManifest(root)
for (const machine of readdirSync(collected)) {
  const folder = join(collected, machine)
  const described = join(folder, 'manifest.json')
  const { binaries } = existsSync(described) ? JSON.parse(readFileSync(described, 'utf8')) : manifest
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.node')) continue
    const binary = name.replaceAll('\\', '/')
    if (binaries[binary] === undefined) throw new Error(`${machine} says nothing of ${binary}`)
    manifest.binaries[binary] = binaries[binary]
    mkdirSync(join(root, 'prebuilds', dirname(binary)), { recursive: true })
    copyFileSync(join(folder, name), join(root, 'prebuilds', binary))
  }
}
writeManifest(root, manifest)
