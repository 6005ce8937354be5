import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const PAGE = new URL('../../design/what-can-go-wrong.md', import.meta.url)

/** A test as the page names it: a link to its file, and its title in quotation marks. */
const NAMED = /\]\(\.\.\/((?:test|src\/testing)\/[^)]+)\) “([^”]+)”/g

it('every fault in design/what-can-go-wrong.md has a test that exists', () => {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!fault\b|-)/.test(line))
  expect(rows.length).toBeGreaterThan(60)
  const missing: string[] = []
  for (const row of rows) {
    const [fault, promise, tests = '', rest] = row
      .split(' | ')
      .map((cell) => cell.replace(/^\|| *\|$/g, '').trim())
    const named = [...tests.matchAll(NAMED)]
    if (!fault || !promise || rest !== undefined || named.length === 0) missing.push(`no test: ${row}`)
    for (const [, file, title] of named) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      if (!source.includes(title!)) missing.push(`${file}: ${title}`)
    }
  }
  expect(missing).toEqual([])
})
