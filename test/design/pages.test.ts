import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const DESIGN = join(ROOT, 'design')
const PAGES = [
  ...readdirSync(DESIGN).map((name) => join(DESIGN, name)),
  ...['README.md', 'CONTRIBUTING.md'].map((name) => join(ROOT, name)),
]

function textOf(path: string): string {
  return readFileSync(path, 'utf8')
}

function all(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found!)
}

/** Everything in which tests may be defined, in one string. */
function textOfTests(): string {
  return ['test', 'src']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(ROOT, folder, name),
      ),
    )
    .filter((path) => path.endsWith('.ts'))
    .map(textOf)
    .join('\n')
}

describe.each(PAGES.map((path) => [relative(ROOT, path), path] as const))('%s', (_, path) => {
  it('leads to files that are there', () => {
    const links = all(/\]\(([^)#:]+)(?:#[^)]*)?\)/g, textOf(path))
    expect(links.filter((link) => !existsSync(join(dirname(path), link)))).toEqual([])
  })
})

describe('design/', () => {
  it('has every page in its list', () => {
    const listed = all(/\]\(([^)]+)\)/g, textOf(join(DESIGN, 'README.md')))
    const pages = PAGES.filter((path) => dirname(path) === DESIGN).map((path) => basename(path))
    expect(listed.sort()).toEqual(pages.filter((name) => name !== 'README.md').sort())
  })

  it('names tests that are there for what went wrong in Lucene', () => {
    const names = all(/“([^”]+)”/g, textOf(join(DESIGN, 'lucene.md')))
    const tests = textOfTests()
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !tests.includes(name))).toEqual([])
  })
})
