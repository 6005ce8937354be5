import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

import type { Document } from '../engine/document.js'

const EXTENSIONS = new Set(['.md', '.ts', '.js', '.mjs', '.cjs', '.cc', '.h'])
const LEFT_OUT = new Set(['build', 'dist', 'coverage', 'prebuilds', 'results', 'fixtures', 'node_modules'])
const LARGEST = 32 * 1024

/**
 * Text that is there wherever this repository and its dependencies are: the project's own sources and
 * pages, then those of its dependencies, in the order of their paths.
 */
export function readCorpus(root: string, most: number): Document[] {
  const documents: Document[] = []
  for (const folder of [root, join(root, 'node_modules')]) {
    const real = realpathSync(folder)
    for (const path of pathsIn(real)) {
      if (documents.length === most) return documents
      const text = readFileSync(path, 'utf8')
      const key = relative(real, path).split(sep).join('/')
      const excerpt = text.slice(0, 200)
      documents.push({
        key: folder === root ? key : `node_modules/${key}`,
        text,
        stored: new Map([['excerpt', excerpt]]),
      })
    }
  }
  return documents
}

function* pathsIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!LEFT_OUT.has(entry.name) && !entry.name.startsWith('.')) yield* pathsIn(path)
    } else if (entry.isFile() && EXTENSIONS.has(extname(entry.name)) && statSync(path).size <= LARGEST) {
      yield path
    }
  }
}
