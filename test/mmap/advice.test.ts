import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  DataAccessHint,
  FileTypeHint,
  FSDirectory,
  type IndexInput,
  IOContext,
  MMapDirectory,
  type ReadAdvice,
} from '../../src/index.js'
import { pattern, write } from '../support/files.js'
import { addon, LATER_ADVICE } from '../support/mappings.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const PAGE = addon.pageSize
const LENGTH = 10 * PAGE + 100

const CONTEXTS: readonly (readonly [string, IOContext, ReadAdvice])[] = [
  ['DEFAULT', IOContext.DEFAULT, 'normal'],
  ['READ', IOContext.READ, 'random'],
  ['READONCE', IOContext.READONCE, 'sequential'],
  ['merge', IOContext.merge(), 'sequential'],
  ['flush', IOContext.flush(), 'sequential'],
  ['a RANDOM hint', IOContext.DEFAULT.withHints(DataAccessHint.RANDOM), 'random'],
  ['a SEQUENTIAL hint', IOContext.READ.withHints(DataAccessHint.SEQUENTIAL), 'sequential'],
  ['another hint', IOContext.DEFAULT.withHints(FileTypeHint.DATA), 'normal'],
]

let path: string
let directory: MMapDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = MMapDirectory.open(path)
  write(directory, 'file', pattern(LENGTH))
})

afterEach(() => {
  removeDirectory(path)
})

describe.each([
  ['MMapDirectory', () => MMapDirectory.open(path), LATER_ADVICE],
  ['FSDirectory', () => FSDirectory.open(path), true],
] as const)('%s', (_, openDirectory, later) => {
  it.each(CONTEXTS)('advises by the context: %s', (_name, context, advice) => {
    const input = openDirectory().openInput('file', context)
    expect(input.advice).toBe(advice)
    expect(input.clone().advice).toBe(advice)
    expect(input.slice('slice', 0, LENGTH).advice).toBe(advice)
    input.close()
  })

  it.skipIf(!later).each(CONTEXTS)(
    'advises anew by updateIOContext(): %s (needs later advice)',
    (_name, context, advice) => {
      const input = openDirectory().openInput('file', IOContext.READ)
      input.updateIOContext(context)
      expect(input.advice).toBe(advice)
      input.close()
    },
  )

  it.skipIf(!later)('advises a slice without its surroundings (needs later advice)', () => {
    const input = openDirectory().openInput('file', IOContext.READ)
    const slice = input.slice('slice', 2 * PAGE, 3 * PAGE, IOContext.READONCE)
    expect(slice.advice).toBe('sequential')
    expect(input.advice).toBe('random')
    expect(input.slice('before', 0, 2 * PAGE).advice).toBe('random')
    expect(input.slice('after', 5 * PAGE, PAGE).advice).toBe('random')
    input.close()
  })

  it('leaves advice as it is for a slice without a context', () => {
    const input = openDirectory().openInput('file', IOContext.READ)
    expect(input.slice('slice', 2 * PAGE, PAGE).advice).toBe('random')
    expect(input.advice).toBe('random')
    input.close()
  })
})

describe('the readAdvice option', () => {
  it('overrides the context, for the files that it chooses', () => {
    const asked: string[] = []
    const chosen = MMapDirectory.open(path, {
      readAdvice: (name, context) => {
        asked.push(`${name} ${context.kind}`)
        return name === 'file' ? 'sequential' : undefined
      },
    })
    write(directory, 'other', pattern(LENGTH))
    expect(chosen.openInput('file', IOContext.READ).advice).toBe('sequential')
    expect(chosen.openInput('other', IOContext.READ).advice).toBe('random')
    expect(asked).toContain('file read')
    expect(asked).toContain('other read')
  })

  it.skipIf(!LATER_ADVICE)('is asked again by updateIOContext() (needs later advice)', () => {
    const chosen = MMapDirectory.open(path, {
      readAdvice: (_, context) => (context.kind === 'merge' ? 'random' : undefined),
    })
    const input = chosen.openInput('file')
    expect(input.advice).toBe('normal')
    input.updateIOContext(IOContext.merge())
    expect(input.advice).toBe('random')
    input.close()
  })

  it('has to give advice', () => {
    const chosen = MMapDirectory.open(path, { readAdvice: () => 'fast' as ReadAdvice })
    expect(() => chosen.openInput('file')).toThrow(TypeError)
  })
})

/** The flags of the pages of a file in this process, page by page, from its start. */
function pageFlags(file: string): string[] | undefined {
  let text: string
  try {
    text = readFileSync('/proc/self/smaps', 'utf8')
  } catch {
    return undefined
  }
  if (!text.includes('VmFlags:')) return undefined
  const flags: string[] = []
  const entry = /^([0-9a-f]+)-([0-9a-f]+) r--s ([0-9a-f]+) \S+ \d+ +(.*)\n(?:[A-Z].*\n)*?VmFlags: (.*)$/gm
  for (const [, start, end, offset, name, found] of text.matchAll(entry)) {
    if (name !== file) continue
    const words = found!.trim().split(' ')
    const advice = words.includes('rr') ? 'random' : words.includes('sr') ? 'sequential' : 'normal'
    const first = Number.parseInt(offset!, 16) / PAGE
    const count = (Number.parseInt(end!, 16) - Number.parseInt(start!, 16)) / PAGE
    flags.fill(advice, flags.push(...Array.from({ length: count }, () => advice)) - count)
    expect(first + count).toBe(flags.length)
  }
  return flags
}

/** The flags of the file's pages while an input that was used in some way is open. */
function flagsWith(use: (input: IndexInput) => unknown, context?: IOContext): string[] {
  const input = directory.openInput('file', context)
  use(input)
  const flags = pageFlags(join(path, 'file'))!
  input.close()
  return flags
}

function all(advice: ReadAdvice): string[] {
  return Array.from({ length: 11 }, () => advice)
}

const visible = pageFlags('') !== undefined && process.platform === 'linux'

describe.skipIf(!visible)('in /proc/self/smaps (where it shows VmFlags)', () => {
  it.each(CONTEXTS)('the pages have the advice of the context: %s', (_, context, advice) => {
    expect(flagsWith(() => {}, context)).toEqual(all(advice))
  })

  it('a slice advises only the pages that lie wholly in it', () => {
    const expected = all('random')
    expected.fill('sequential', 3, 5)
    const flags = flagsWith(
      (input) => input.slice('slice', 2 * PAGE + 1, 3 * PAGE, IOContext.READONCE),
      IOContext.READ,
    )
    expect(flags).toEqual(expected)
  })

  it('a slice within a page advises nothing, and says so', () => {
    let said: ReadAdvice | undefined
    const flags = flagsWith((input) => {
      said = input.slice('slice', PAGE + 10, 100, IOContext.READONCE).advice
    }, IOContext.READ)
    expect(flags).toEqual(all('random'))
    expect(said).toBe('random')
  })

  it('the end of a slice that is the end of the file takes the last page along', () => {
    const expected = all('normal')
    expected.fill('random', 9, 11)
    const flags = flagsWith((input) => input.slice('slice', 9 * PAGE, LENGTH - 9 * PAGE, IOContext.READ))
    expect(flags).toEqual(expected)
  })

  it('a slice across chunks advises them all', () => {
    const chunked = MMapDirectory.open(path, { chunkPower: 20 })
    const length = 3 * 2 ** 20
    write(chunked, 'long', pattern(length))
    const input = chunked.openInput('long')
    input.slice('slice', PAGE, length - 2 * PAGE, IOContext.READ)
    const flags = pageFlags(join(path, 'long'))!
    input.close()
    expect(flags).toHaveLength(length / PAGE)
    expect(flags.filter((advice) => advice === 'random')).toHaveLength(length / PAGE - 2)
  })
})
