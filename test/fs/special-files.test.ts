import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, MMapDirectory, NotAFileError, openDirectory } from '../../src/index.js'
import { DIST, runScript } from '../support/child.js'
import { contentOf, pattern, write } from '../support/files.js'
import { runs } from '../support/programs.js'
import { SYMBOLIC_LINKS, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string

beforeEach(() => {
  path = temporaryDirectory()
})

afterEach(() => {
  removeDirectory(path)
})

const at = (name: string): string => join(path, name)

describe.each([
  ['FSDirectory', FSDirectory],
  ['MMapDirectory', MMapDirectory],
] as const)('%s', (_, type) => {
  describe('the directory', () => {
    it('has to be there, unless it is to be made', () => {
      const missing = at('a/b/c')
      expect(() => type.open(missing)).toThrow(expect.objectContaining({ code: 'ENOENT', path: missing }))
      expect(existsSync(at('a'))).toBe(false)
      const directory = type.open(missing, { create: true })
      write(directory, 'file', pattern(10))
      expect(type.open(missing, { create: true }).listAll()).toEqual(['file'])
    })

    it('has to be a directory', () => {
      writeFileSync(at('file'), '')
      expect(() => type.open(at('file'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
      const below = expect.objectContaining({ code: WINDOWS ? 'ENOENT' : 'ENOTDIR' })
      expect(() => type.open(at('file/below'))).toThrow(below)
      expect(() => openDirectory(at('file'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
    })

    it.skipIf(!SYMBOLIC_LINKS)(
      'may be reached by a symbolic link (needs the right to make one), and goes by its real path',
      () => {
        mkdirSync(at('real'))
        symlinkSync(at('real'), at('link'))
        const directory = type.open(at('link'))
        write(directory, 'file', pattern(10))
        expect(directory.path).toBe(at('real'))
        expect(readdirSync(at('real'))).toEqual(['file'])
      },
    )

    it('shows the files that others make and remove', () => {
      const directory = type.open(path)
      writeFileSync(at('foreign'), pattern(7))
      mkdirSync(at('below'))
      expect(directory.listAll()).toEqual(['below', 'foreign'])
      expect(contentOf(directory, 'foreign')).toEqual(pattern(7))
    })
  })

  describe('a directory in place of a file', () => {
    it('is neither opened, measured, deleted nor renamed', () => {
      mkdirSync(at('below'))
      const directory = type.open(path)
      for (const attempt of [
        () => directory.openInput('below'),
        () => directory.openChecksumInput('below'),
        () => directory.fileLength('below'),
        () => directory.deleteFile('below'),
        () => directory.rename('below', 'other'),
      ]) {
        expect(attempt).toThrow(NotAFileError)
        expect(attempt).toThrow(expect.objectContaining({ code: 'EISDIR', path: at('below') }))
      }
      expect(() => directory.createOutput('below')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      write(directory, 'file', pattern(1))
      expect(() => directory.rename('file', 'below')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      expect(directory.listAll()).toEqual(['below', 'file'])
    })
  })

  describe.skipIf(!SYMBOLIC_LINKS)('symbolic links (needs the right to make them)', () => {
    it('are followed by what reads', () => {
      writeFileSync(at('target'), pattern(100))
      symlinkSync(at('target'), at('link'))
      const directory = type.open(path)
      expect(contentOf(directory, 'link')).toEqual(pattern(100))
      expect(directory.fileLength('link')).toBe(100)
    })

    it('are not written through, not even where they lead nowhere', () => {
      mkdirSync(at('outside'))
      mkdirSync(at('inside'))
      const target = at('outside/target')
      symlinkSync(target, at('inside/link'))
      const directory = type.open(at('inside'))
      expect(() => directory.createOutput('link')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      expect(existsSync(target)).toBe(false)
      write(directory, 'file', pattern(1))
      expect(() => directory.rename('file', 'link')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      expect(existsSync(target)).toBe(false)
    })

    it('are not synced through', async () => {
      writeFileSync(at('target'), '')
      symlinkSync(at('target'), at('link'))
      const directory = type.open(path)
      await expect(directory.sync(['link'])).rejects.toMatchObject({ code: 'ELOOP' })
    })

    it('are deleted and renamed themselves, not what they lead to', () => {
      writeFileSync(at('target'), 'kept')
      symlinkSync(at('target'), at('link'))
      const directory = type.open(path)
      directory.rename('link', 'other')
      expect(lstatSync(at('other')).isSymbolicLink()).toBe(true)
      directory.deleteFile('other')
      expect(readFileSync(at('target'), 'utf8')).toBe('kept')
      expect(directory.listAll()).toEqual(['target'])
    })

    it('that lead nowhere can be deleted', () => {
      symlinkSync(at('nowhere'), at('link'))
      const directory = type.open(path)
      expect(() => directory.openInput('link')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      directory.deleteFile('link')
      expect(directory.listAll()).toEqual([])
    })
  })

  it('reads a file that has several names until the last of them is gone', () => {
    const directory = type.open(path)
    write(directory, 'file', pattern(10))
    linkSync(at('file'), at('name'))
    directory.deleteFile('file')
    expect(contentOf(directory, 'name')).toEqual(pattern(10))
  })

  describe.skipIf(!runs('mkfifo', '--version'))('a pipe (needs mkfifo)', () => {
    it('is no file, and keeps nobody waiting', () => {
      execFileSync('mkfifo', [at('pipe')])
      const directory = type.open(path)
      expect(() => directory.openInput('pipe')).toThrow(expect.objectContaining({ code: 'ERR_NOT_A_FILE' }))
      expect(() => directory.createOutput('pipe')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
      directory.deleteFile('pipe')
      expect(directory.listAll()).toEqual([])
    })

    it('keeps neither sync() nor a lock waiting', async () => {
      execFileSync('mkfifo', [at('pipe')])
      const directory = type.open(path)
      await expect(directory.sync(['pipe'])).rejects.toBeInstanceOf(Error)
      const outcome = ((): string => {
        try {
          directory.obtainLock('pipe').close()
          return 'obtained'
        } catch (error) {
          return (error as { code: string }).code
        }
      })()
      expect(outcome).toMatch(/obtained|^E/)
    })
  })
})

const NOBODY = { uid: 65_534, gid: 65_534 }
/** The checkout, or Node.js, may stand where only root gets: in its home. */
const OTHERS =
  process.getuid?.() === 0 && spawnSync(process.execPath, [join(DIST, 'index.js')], NOBODY).status === 0

/** What an expression comes to in a process of another user. */
async function asNobody(expression: string): Promise<string> {
  const script = `
    const path = process.argv[1]
    const directory = () => lib.MMapDirectory.open(path)
    Promise.resolve()
      .then(() => ${expression})
      .then((value) => console.log('no error', String(value)), (error) => console.log(error.name, error.code))`
  const { stdout, stderr } = await runScript(script, { args: [path], ...NOBODY })
  return stdout.trim() + stderr
}

describe.skipIf(!OTHERS)(
  'without permission (needs root, and that others may use Node.js and the checkout)',
  () => {
    it('files are neither read nor written', async () => {
      chmodSync(path, 0o755)
      writeFileSync(at('secret'), 'secret')
      chmodSync(at('secret'), 0o600)
      writeFileSync(at('public'), 'public')
      chmodSync(at('public'), 0o644)
      expect(await asNobody(`directory().openInput('secret')`)).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`lib.FSDirectory.open(path).openInput('secret')`)).toBe(
        'AccessDeniedError EACCES',
      )
      expect(await asNobody(`directory().openInput('public').readByte()`)).toBe('no error 112')
      expect(await asNobody(`directory().openInput('public').isLoaded()`)).toBe('no error undefined')
      expect(await asNobody(`directory().createOutput('new')`)).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`directory().deleteFile('public')`)).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`directory().rename('public', 'other')`)).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`directory().sync(['public'])`)).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`directory().obtainLock('write.lock')`)).toBe(
        'LockObtainFailedError ERR_LOCK_OBTAIN_FAILED',
      )
      expect(await asNobody(`directory().getPendingDeletions().size`)).toBe('no error 0')
    })

    it('a directory is not listed', async () => {
      mkdirSync(at('closed'), { mode: 0o700 })
      chmodSync(path, 0o711)
      expect(await asNobody('directory().listAll()')).toBe('AccessDeniedError EACCES')
      expect(await asNobody(`lib.MMapDirectory.open(path + '/closed').openInput('x')`)).toBe(
        'AccessDeniedError EACCES',
      )
    })
  },
)
