#!/usr/bin/env node
// Holds dist/ against package.json and src/, before npm packs it:
//
//   node prebuilds/verify-dist.mjs
//
// All that package.json names and all that the sources make has to be there (of dist/esm, what is named and what
// is copied there last), and nothing else; and no source may be newer than what was made of it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { tell } from './tell.mjs'

/** What the build only copies: it does so last, so that these are missing after one that was cut short. */
const COPIES = {
  'dist/package.json': 'src/package-commonjs.json',
  'dist/esm/package.json': 'src/package-bundlers.json',
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
tell(problems(), 'Run `npm run build:ts` (design/package.md).')

function problems() {
  const sources = new Set(filesIn('src'))
  const made = filesIn('dist')
  const there = new Set(made)
  const needed = new Set([...namedFiles(), ...[...sources].flatMap(filesMadeOf), ...Object.keys(COPIES)])
  return [
    ...[...needed].filter((name) => !there.has(name)).map((name) => `${name}: missing`),
    ...made.flatMap((name) => {
      const source = sourceOf(name)
      if (!sources.has(source)) return [`${name}: no source makes it`]
      return modified(source) > modified(name) ? [`${name}: older than ${source}`] : []
    }),
  ]
}

/** The files that package.json gives to programs. */
function namedFiles() {
  const { main, types, bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const within = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(within))
  return within({ main, types, bin, exports })
    .map((name) => name.replace('./', ''))
    .filter((name) => name.startsWith('dist/'))
}

function filesMadeOf(source) {
  const [, module, kind] = /^src\/(.*)\.(m?)ts$/.exec(source) ?? []
  return module === undefined ? [] : [`dist/${module}.${kind}js`, `dist/${module}.d.${kind}ts`]
}

function sourceOf(name) {
  const module = name.replace(/^dist\/(esm\/)?/, 'src/')
  return COPIES[name] ?? module.replace(/(\.d\.(m?)ts|\.(m?)js(\.map)?)$/, '.$2$3ts')
}

/** Regular files: npm leaves out what is none. */
function filesIn(folder) {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesIn(name) : entry.isFile() ? [name] : []
    })
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function modified(name) {
  return statSync(join(root, name)).mtimeMs
}
