import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type ChildResult, DIST, run } from '../support/child.js'
import { COMPOUND, LUCENE_INDEXES, PLAIN } from '../support/lucene-indexes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const MAIN = join(DIST, 'cli', 'main.js')

function cli(...args: string[]): Promise<ChildResult> {
  return run(process.execPath, [MAIN, ...args])
}

let root: string
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

/** A copy of an index that a test may damage. */
function copyOf(index: { path: string }): string {
  const path = join(root, 'index')
  cpSync(index.path, path, { recursive: true })
  return path
}

function flip(path: string, position: number): void {
  const bytes = readFileSync(path)
  bytes[position]! ^= 1
  writeFileSync(path, bytes)
}

describe('mmap-directory', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await cli(...args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^Usage: mmap-directory COMMAND/)
      for (const command of ['ls', 'verify', 'inspect', 'bench']) expect(stdout).toContain(`  ${command} `)
    }
  })

  it.each(['ls', 'verify', 'inspect', 'bench'])('explains %s and its exit codes', async (command) => {
    const { code, stdout, stderr } = await cli(command, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: mmap-directory ${command}`)
    expect(stdout).toMatch(/Exit codes:\n {2}0 /)
  })

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(DIST, '..', 'package.json'), 'utf8')) as {
      version: string
    }
    expect(await cli('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [[], 'a command is missing'],
    [['lss'], "unknown command 'lss'"],
    [['--json'], "unknown option '--json' before a command"],
    [['toString'], "unknown command 'toString'"],
    [['ls'], 'DIR is missing'],
    [['ls', 'a', 'b'], 'one DIR is expected, got 2'],
    [['ls', '--al', 'a'], "Unknown option '--al'"],
    [['verify'], 'DIR is missing'],
    [['verify', '--directory', 'ftp', 'a'], "--directory must be mmap or fs, got 'ftp'"],
    [['verify', '--directory'], "Option '--directory <value>' argument missing"],
  ])('does not understand %j', async (args, message) => {
    const { code, stdout, stderr } = await cli(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`mmap-directory: ${message}`)
    expect(stderr).toMatch(/\nTry: mmap-directory .*--help\n$/)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it.each(['ls', 'verify'])('%s neither finds nor makes a missing directory', async (command) => {
    const path = join(root, 'missing', 'index')
    const { code, stdout, stderr } = await cli(command, path)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^mmap-directory: No such directory: .*\n$/)
    expect(existsSync(join(root, 'missing'))).toBe(false)
  })

  it.each(['ls', 'verify'])('%s does not take a file for a directory', async (command) => {
    const { code, stderr } = await cli(command, MAIN)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^mmap-directory: Not a directory/)
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'says that it may not look into a directory (needs permissions, and not to be root)',
    async () => {
      const path = copyOf(PLAIN)
      chmodSync(path, 0)
      const { code, stderr } = await cli('verify', path)
      chmodSync(path, 0o755)
      expect(code).toBe(2)
      expect(stderr).toContain('EACCES')
    },
  )

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [MAIN, 'ls', '--all', '--json', COMPOUND.path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' })
  })
})

describe('ls', () => {
  it('lists files, what they hold, and how much that is', async () => {
    const { code, stdout, stderr } = await cli('ls', COMPOUND.path)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^_0\.cfs +752 622 +735 KiB +compound file +Lucene90CompoundData 0$/m)
    expect(stdout).toMatch(/^write\.lock +0 +0 B +lock$/m)
    expect(stdout).toMatch(/\n23 files, 1 520 225 bytes \(1\.4 MiB\)\n$/)
    expect(stdout).not.toContain('_0.fdt')
  })

  it('lists files in compound files when it is asked to', async () => {
    const { code, stdout } = await cli('ls', '--all', COMPOUND.path)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}_0\.fdt +183 646 +179 KiB +stored fields +Lucene90StoredFieldsFastData 1$/m)
    expect(stdout).toMatch(/\n23 files, /)
  })

  it.each(LUCENE_INDEXES.map((index) => [index.name, index] as const))(
    'prints JSON: %s',
    async (_, index) => {
      const { code, stdout, stderr } = await cli('ls', '--all', '--json', index.path)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const listing = JSON.parse(stdout) as { files: { name: string; parent: string | null }[] }
      const expected = index.expected.files.flatMap(({ name, length, header, entries = [] }) => [
        { name, parent: null, length, codec: header?.codec ?? null, id: header?.id ?? null },
        ...entries.map((entry) => ({
          name: name.replace('.cfe', entry.id),
          parent: name.replace('.cfe', '.cfs'),
          length: entry.length,
          codec: entry.header!.codec,
          id: entry.header!.id,
        })),
      ])
      const byName = new Map(listing.files.map((file) => [file.name, file]))
      expect(byName.size).toBe(expected.length)
      for (const file of expected) expect(byName.get(file.name)).toMatchObject(file)
      expect(listing).toMatchObject({ directory: index.path, totals: { files: index.expected.files.length } })
    },
  )

  it('lists what it can of a damaged index', async () => {
    const path = copyOf(COMPOUND)
    truncateSync(join(path, '_0.cfs'), 1000)
    writeFileSync(join(path, '_1.cfe'), '')
    expect((await cli('ls', path)).code).toBe(0)
    const { code, stdout, stderr } = await cli('ls', '--all', path)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^_0\.cfs +1 000 /m)
    expect(stderr).toMatch(/^mmap-directory: length should be 752622 bytes, but is 1000 instead: .*_0\.cfs/m)
    expect(stderr).toMatch(/^mmap-directory: .*_1\.cfe/m)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it.skipIf(process.platform === 'win32')(
    'does not let file names drive the terminal (Windows has no such names)',
    async () => {
      writeFileSync(join(root, 'a\u001b[31mb'), '')
      const { stdout } = await cli('ls', root)
      expect(stdout).toContain('a\\u001b[31mb')
      expect(stdout).not.toContain('\u001b')
    },
  )
})

describe.each(['mmap', 'fs'])('verify --directory %s', (kind) => {
  const verify = (...args: string[]) => cli('verify', '--directory', kind, ...args)

  it.each(LUCENE_INDEXES.map((index) => [index.name, index] as const))('finds %s good', async (_, index) => {
    const { code, stdout, stderr } = await verify(index.path)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^segments_4 of Lucene [\d.]+, 3 segments: .*\n\d+ good, 0 damaged, 0 missing\n1\.4 MiB in .*, .* MB\/s\n$/,
    )
    expect((await verify('--all', index.path)).stdout).toMatch(/^ok +_0\.fdt$|^ok +_0\.cfs > _0\.fdt$/m)
  })

  it('names the files that are damaged or missing', async () => {
    const path = copyOf(COMPOUND)
    flip(join(path, '_0.cfs'), 600_000)
    truncateSync(join(path, '_1_1.fnm'), 1391)
    const { code, stdout, stderr } = await verify(path)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(/^damaged +_0\.cfs: checksum failed/m)
    expect(stdout).toMatch(/^damaged +_0\.cfs > _0\.fdt: checksum failed/m)
    expect(stdout).toMatch(/^damaged +_1_1\.fnm: codec footer mismatch \(file truncated\?\)/m)
    expect(stdout).toMatch(/^\d+ good, 3 damaged, 0 missing$/m)
    expect(stdout).not.toMatch(/^ {4}at /m)
  })

  it('prints JSON, and only that', async () => {
    const path = copyOf(PLAIN)
    flip(join(path, '_2.kdd'), 0)
    const { code, stdout, stderr } = await verify('--json', path)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const document = JSON.parse(stdout) as { files: { name: string; status: string }[] }
    expect(document).toMatchObject({
      directory: path,
      reader: kind,
      ok: false,
      segmentsFile: 'segments_4',
      commit: { generation: 4, luceneVersion: '9.12.2', segments: ['_0', '_1', '_2'] },
      counts: { ok: 91, damaged: 1, missing: 0, unreadable: 0, unchecked: 0 },
    })
    expect(document.files.filter(({ status }) => status !== 'ok')).toEqual([
      expect.objectContaining({
        name: '_2.kdd',
        parent: null,
        status: 'damaged',
        error: { code: 'ERR_CORRUPT_INDEX', message: expect.stringContaining('codec header mismatch') },
        note: null,
      }),
    ])
  })

  it('ends with 2 where there is no commit, and says so', async () => {
    writeFileSync(join(root, 'notes.txt'), 'hello')
    const { code, stdout } = await verify(root)
    expect(code).toBe(2)
    expect(stdout).toMatch(/^not checked +notes\.txt: not a file of Lucene$/m)
    expect(stdout).toMatch(/^No segments_N file/m)
  })
})

describe.each(LUCENE_INDEXES.map((index) => [index.name, index] as const))(
  'verify ends with 1 for damage in any file of %s',
  (_, index) => {
    const names = readdirSync(index.path).filter((name) => name !== 'write.lock')
    it.each(names)('%s', async (name) => {
      const path = copyOf(index)
      const file = join(path, name)
      const bytes = readFileSync(file)
      // One kind of damage each, so that all are had without as many processes.
      const kind = names.indexOf(name) % 3
      if (kind === 0) flip(file, bytes.length >>> 1)
      else if (kind === 1) truncateSync(file, bytes.length - 1)
      else writeFileSync(file, Buffer.concat([bytes, Uint8Array.of(0)]))
      const { code, stdout } = await cli('verify', '--json', path)
      const { files } = JSON.parse(stdout) as { files: { name: string; status: string }[] }
      expect(code).toBe(1)
      expect(files.filter(({ status }) => status === 'damaged').map((found) => found.name)).toContain(name)
    })
  },
)
