import { appendFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  attachInput,
  FSDirectory,
  type IndexInput,
  IOContext,
  MMapDirectory,
  type SharedInput,
} from '../../src/index.js'
import { difference, pattern } from '../support/files.js'
import { addon, mappingsOf, settled } from '../support/mappings.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const LENGTH = 70_007
const bytes = pattern(LENGTH)

/** What a program could have made of what share() has made. */
type Changeable = { readonly shared: Record<string, unknown> & { source: Record<string, unknown> } }

let path: string
const shares: SharedInput[] = []
const inputs: IndexInput[] = []

beforeEach(() => {
  path = temporaryDirectory()
  writeFileSync(join(path, 'file'), bytes)
})

afterEach(async () => {
  for (const share of shares.splice(0)) share.release()
  for (const input of inputs.splice(0)) input.close()
  await settled()
  removeDirectory(path)
})

function opened(Directory: typeof FSDirectory, context?: IOContext): IndexInput {
  const input = Directory.open(path).openInput('file', context)
  inputs.push(input)
  return input
}

function attached(input: Changeable): IndexInput {
  const result = attachInput(input as unknown as SharedInput)
  inputs.push(result)
  return result
}

/** As another thread gets it. */
function sharedOf(input: IndexInput): Changeable {
  const share = input.share()
  shares.push(share)
  return structuredClone({ shared: share.shared }) as unknown as Changeable
}

/** All of it, whatever its position. */
function contentsOf(input: IndexInput): Uint8Array {
  const all = new Uint8Array(input.length())
  const clone = input.clone()
  clone.seek(0)
  clone.readBytes(all)
  return all
}

/** What is open, of what a system shows. */
function descriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}

/** What an attempt to attach throws, and what it has left open. */
function refusalOf(input: unknown): object {
  const before = [descriptors(), addon.mappingTotals().mappings]
  let thrown: unknown
  try {
    attached(input as Changeable)
  } catch (error) {
    thrown = error
  }
  const { name, code, message, cause } = thrown as Error & { code?: string }
  const left = [descriptors() - before[0]!, addon.mappingTotals().mappings - before[1]!]
  return { name, code, message, cause, left }
}

function refusal(why: RegExp, cause?: unknown): object {
  const message = expect.stringMatching(why)
  return { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message, cause, left: [0, 0] }
}

describe.each([
  ['mapped', MMapDirectory],
  ['read', FSDirectory],
])('a file that is %s', (kind, Directory) => {
  it('is attached as it was shared: contents, part, position, advice', () => {
    const input = opened(Directory)
    const slice = input.slice('part', 1_000, 5_000)
    slice.seek(77)
    for (const original of [input, slice, slice.clone()]) {
      const copy = attached(sharedOf(original))
      expect(copy.mapped).toBe(kind === 'mapped')
      expect(copy.length()).toBe(original.length())
      expect(copy.getFilePointer()).toBe(original.getFilePointer())
      expect(copy.toString()).toContain(original.toString())
      expect(difference(contentsOf(copy), contentsOf(original))).toBeUndefined()
    }
  })

  it('is attached at its end when it was shared there', () => {
    const input = opened(Directory)
    input.seek(LENGTH)
    const copy = attached(sharedOf(input))
    expect(copy.getFilePointer()).toBe(LENGTH)
    expect(() => copy.readByte()).toThrow(expect.objectContaining({ code: 'ERR_END_OF_FILE' }))
  })

  it.each([
    ['normal', IOContext.DEFAULT],
    ['random', IOContext.READ],
    ['sequential', IOContext.READONCE],
  ] as const)('keeps the advice that it has: %s', (advice, context) => {
    const copy = attached(sharedOf(opened(Directory, context)))
    expect(copy.advice).toBe(advice)
  })

  it('takes other advice by the context, as an opened one does', () => {
    const copy = attached(sharedOf(opened(Directory)))
    const like = opened(Directory)
    for (const input of [copy, like]) input.updateIOContext(IOContext.READ)
    expect(copy.advice).toBe(like.advice)
  })

  it('stays open when the one that shared it is closed', () => {
    const input = opened(Directory)
    const copy = attached(sharedOf(input))
    inputs.splice(inputs.indexOf(input), 1)
    input.close()
    expect(difference(contentsOf(copy), bytes)).toBeUndefined()
  })

  const NO_SIZES = [undefined, null, -1, 0.5, Number.NaN, Infinity, 2 ** 53, '5', 5n, {}]
  const NO_TEXTS = [undefined, null, 5, {}, ['text']]

  it.each<[string, readonly unknown[]]>([
    ['kind', ['other', kind === 'mapped' ? 'file' : 'mapping', ...NO_TEXTS]],
    ['description', NO_TEXTS],
    ['start', [...NO_SIZES, 2 ** 53 - 1]],
    ['length', [...NO_SIZES, LENGTH + 1, 2 ** 53 - 1]],
    ['position', [...NO_SIZES, LENGTH + 1]],
    ['source', [undefined, null, 5, 'source', {}, []]],
  ])('is not attached with another %s', (name, values) => {
    const input = opened(Directory)
    for (const value of values) {
      const share = sharedOf(input)
      share.shared[name] = value
      expect(refusalOf(share)).toEqual(refusal(/Not a shared input of this process: it ./))
    }
  })

  it.each<[string, readonly unknown[]]>(
    kind === 'mapped'
      ? [
          ['id', NO_SIZES],
          ['key', [...NO_TEXTS, '', '0'.repeat(32)]],
          ['path', NO_TEXTS],
          ['chunkPower', NO_SIZES],
          ['owner', [undefined, null, 5, 'owner', {}]],
          ['advice', [undefined, '', 'fast', 0]],
        ]
      : [
          ['pid', [undefined, -1, process.pid + 1, String(process.pid)]],
          ['path', NO_TEXTS],
          ['identity', NO_TEXTS],
          ['size', NO_SIZES],
          ['advice', [undefined, '', 'fast', 0]],
        ],
  )('is not attached with another %s of its source', (name, values) => {
    const input = opened(Directory)
    for (const value of values) {
      const share = sharedOf(input)
      share.shared.source[name] = value
      expect(refusalOf(share)).toEqual(refusal(/changed/))
    }
  })

  it('is attached whatever else a program has added', () => {
    const share = sharedOf(opened(Directory))
    Object.assign(share.shared, { more: 5 })
    Object.assign(share.shared.source, { hugePages: true, windowPower: 1, length: 3 })
    const copy = attached(share)
    expect(copy.length()).toBe(LENGTH)
    expect(difference(contentsOf(copy), bytes)).toBeUndefined()
  })
})

describe('a share of a mapping', () => {
  it.each(['uid', 'gid', 'mode'])('is refused with another %s of the owner', (name) => {
    const input = opened(MMapDirectory)
    for (const value of [undefined, null, -1, 0.5, '5']) {
      const share = sharedOf(input)
      Object.assign(share.shared.source['owner'] as object, { [name]: value })
      expect(refusalOf(share)).toEqual(refusal(/changed/))
    }
  })

  it('is good for one attachment', () => {
    const share = sharedOf(opened(MMapDirectory))
    attached(share)
    expect(refusalOf(share)).toEqual(refusal(/attached or released before/))
  })

  it('is refused once it was released, or what it is a copy of', () => {
    const input = opened(MMapDirectory)
    const share = input.share()
    const copy = structuredClone({ shared: share.shared }) as SharedInput
    share.release()
    expect(refusalOf(share)).toEqual(refusal(/attached or released before/))
    expect(refusalOf(copy)).toEqual(refusal(/attached or released before/))
  })

  it('keeps the file mapped until it is released', async () => {
    const input = opened(MMapDirectory)
    const share = input.share()
    inputs.length = 0
    input.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(1)
    share.release()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })

  it('asks for no huge pages, which are for whoever opens a file to ask for', async () => {
    const collapse = vi.spyOn(addon, 'collapsePages')
    try {
      await attached(sharedOf(opened(MMapDirectory))).load()
      expect(collapse).not.toHaveBeenCalled()
    } finally {
      collapse.mockRestore()
    }
  })
})

describe('a share of a file that is read', () => {
  it('can be attached any number of times', () => {
    const share = sharedOf(opened(FSDirectory))
    for (let i = 0; i < 3; i++) expect(difference(contentsOf(attached(share)), bytes)).toBeUndefined()
  })

  it('is refused when it covers more than the file', () => {
    const share = sharedOf(opened(FSDirectory))
    share.shared['start'] = 1
    expect(refusalOf(share)).toEqual(refusal(/covers more than the file/))
  })

  it('is refused when the file has changed', () => {
    const share = sharedOf(opened(FSDirectory))
    appendFileSync(join(path, 'file'), 'more')
    expect(() => attached(share)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

describe('what is no shared input', () => {
  it.each(
    [
      undefined,
      null,
      5,
      'share',
      Symbol('share'),
      [],
      {},
      () => {},
      { shared: null },
      { shared: 5 },
      { shared: {} },
      { shared: { kind: 'mapping' } },
    ].map((value) => [value]),
  )('is refused: %o', (value) => {
    expect(refusalOf(value)).toEqual(refusal(/is not what share\(\) has made/))
  })

  it('is refused with the reason when it is no plain data', () => {
    const reason = new Error('of the getter')
    const getter = {
      get shared(): unknown {
        throw reason
      },
    }
    expect(refusalOf(getter)).toEqual(refusal(/is not plain data/, reason))
    const cause = expect.objectContaining({ name: 'DataCloneError' })
    expect(refusalOf({ shared: { kind: () => {} } })).toEqual(refusal(/is not plain data/, cause))
  })
})
