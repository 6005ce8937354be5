import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { type Directory, type FSDirectory, InvalidFileNameError } from '../../src/index.js'
import { describeEachDirectory } from '../support/directories.js'
import { contentOf, pattern, write } from '../support/files.js'
import { each, errorsOf } from '../support/outcomes.js'

const REFUSED = [
  ['nothing', ''],
  ['the directory', '.'],
  ['the parent', '..'],
  ['a way out', '../x'],
  ['a way out by backslash', '..\\x'],
  ['an absolute path', '/etc/passwd'],
  ['a path', 'a/b'],
  ['a path of Windows', 'a\\b'],
  ['a drive', 'c:'],
  ['a stream of NTFS', 'a:b'],
  ['a NUL', 'a\0b'],
  ['a trailing dot', 'a.'],
  ['a trailing space', 'a '],
  ['half a surrogate pair', 'a\ud800'],
  ...['con', 'CON', 'prn', 'aux', 'NUL', 'com0', 'COM1', 'com9', 'com¹', 'lpt0', 'LPT5', 'lpt³'].map(
    (name) => ['a device', name],
  ),
  ['a device with an extension', 'nul.txt'],
  ['a device with two extensions', 'Aux.tar.gz'],
  ['a device with a space', 'con .txt'],
  ['a console', 'CONIN$'],
  ['a console', 'conout$.x'],
] as [string, string][]

const TAKEN = [
  'a',
  '_0.cfs',
  'segments_1',
  '.hidden',
  '..a',
  'a..b',
  ' a',
  'a b',
  'write.lock',
  'console',
  'nul1',
  'com',
  'com10',
  'comx',
  'lpt',
  'aux1.txt',
  'ünïcode-日本-\u{1f600}',
]

describeEachDirectory(
  (open, kind) => {
    describe('refused by every method', () => {
      it.each(REFUSED)('%s: %j', async (_, name) => {
        const directory = open()
        write(directory, 'file', pattern(1))
        const attempts: Record<string, () => unknown> = {
          fileLength: () => directory.fileLength(name),
          openInput: () => directory.openInput(name),
          openChecksumInput: () => directory.openChecksumInput(name),
          createOutput: () => directory.createOutput(name),
          copyFrom: () => directory.copyFrom(directory, 'file', name),
          'copyFrom (source)': () => directory.copyFrom(directory, name, 'copy'),
          deleteFile: () => directory.deleteFile(name),
          rename: () => directory.rename('file', name),
          'rename (source)': () => directory.rename(name, 'new'),
          obtainLock: () => directory.obtainLock(name),
          sync: () => directory.sync(['file', name]),
        }
        expect(await errorsOf(attempts)).toEqual(each(attempts, 'InvalidFileNameError'))
        expect(directory.listAll()).toEqual(['file'])
      })

      it.each([undefined, null, 5, {}, ['file']])('no string: %j', (name) => {
        const directory = open()
        expect(() => directory.createOutput(name as unknown as string)).toThrow(InvalidFileNameError)
        expect(() => directory.openInput(name as unknown as string)).toThrow(InvalidFileNameError)
      })
    })

    it('says what is wrong with a name', () => {
      expect(() => open().createOutput('a/b')).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_FILE_NAME',
          message: expect.stringContaining('separator'),
        }),
      )
    })

    it('takes every other name', () => {
      const directory = open()
      for (const name of TAKEN) write(directory, name, pattern(name.length))
      expect(directory.listAll()).toEqual(TAKEN.toSorted())
      for (const name of TAKEN) expect(contentOf(directory, name)).toEqual(pattern(name.length))
    })

    it('makes no temporary file with a name that leaves the directory', () => {
      const directory = open()
      expect(() => directory.createTempOutput('../x', 'y')).toThrow(InvalidFileNameError)
      expect(() => directory.createTempOutput('x', '../y')).toThrow(InvalidFileNameError)
      expect(directory.listAll()).toEqual([])
    })

    it.skipIf(kind.type === 'memory')('leaves the parent directory alone (needs a file system)', () => {
      const directory: Directory = open()
      expect(() => directory.createOutput('../escaped')).toThrow(InvalidFileNameError)
      expect(existsSync(join(dirname((directory as FSDirectory).path), 'escaped'))).toBe(false)
    })
  },
  (kind) => kind.power === undefined,
)
