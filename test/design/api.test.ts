import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import * as main from '../../src/index.js'
import * as metal from '../../src/metal/index.js'
import * as testing from '../../src/testing/index.js'
import * as webgpu from '../../src/webgpu/index.js'
import { exportedNames } from '../support/exported-names.js'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = readFileSync(join(ROOT, 'design', 'api.md'), 'utf8')

const { StorageError } = main
const library = { ...main, ...metal, ...webgpu, ...testing }

/** The names in the first columns of the page's tables. */
function namesInTables(): string[] {
  const cells = PAGE.split('\n').filter((line) => line.startsWith('| `'))
  return cells.flatMap((line) => quoted(line.split('|')[1]!))
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

describe('design/api.md', () => {
  it('has every name that the package exports, once, and no other', () => {
    const names = namesInTables()
    const exported = ['.', 'metal', 'webgpu', 'testing'].flatMap((folder) =>
      Array.from(exportedNames(join(ROOT, 'src', folder, 'index.ts'))),
    )
    expect([...names].sort()).toEqual(exported.sort())
    expect(names).toEqual(expect.arrayContaining(Object.keys(library)))
  })

  it.each([
    ['CodecUtil', library.CodecUtil],
    ['IndexFileNames', library.IndexFileNames],
  ])('has every function of %s, and no other', (name, functions) => {
    const line = PAGE.split('\n').find((one) => one.startsWith(`\`${name}\`: `))!
    expect(quoted(line).slice(1).sort()).toEqual(Object.keys(functions).sort())
  })

  it('has the code of every class of errors', () => {
    for (const [name, value] of Object.entries(library)) {
      if (!(typeof value === 'function' && value.prototype instanceof StorageError)) continue
      const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${name}\``))!
      const codes = quoted(row.split('|')[2]!)
      // NotAFileError takes its code as its first argument.
      const { code } = new (value as new (message: string) => main.StorageError)(codes[0]!)
      expect(codes).toContain(code)
    }
  })
})
