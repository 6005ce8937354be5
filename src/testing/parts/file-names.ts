import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { assertBytes, contentOf, pattern, write } from '../files.js'
import { assertAllFail } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

const REFUSED = {
  nothing: [''],
  'the directory and its parent': ['.', '..'],
  'ways out': ['../x', '..\\x', '/etc/passwd'],
  paths: ['a/b', 'a\\b'],
  'drives and streams': ['c:', 'a:b'],
  'a NUL': ['a\0b'],
  'a trailing dot or space': ['a.', 'a '],
  'half a surrogate pair': ['a\ud800'],
  devices: ['con', 'CON', 'prn', 'aux', 'NUL', 'com0', 'COM1', 'com9', 'com¹', 'lpt0', 'LPT5', 'lpt³'],
  'devices with an extension': ['nul.txt', 'Aux.tar.gz', 'con .txt', 'CONIN$', 'conout$.x'],
}

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

/** Which names are names: see design/file-names.md. */
export function fileNames(suite: Suite): void {
  for (const [what, names] of Object.entries(REFUSED)) {
    suite.it(`refuses ${what} in every method`, async ({ directory }) => {
      write(directory, 'file', pattern(1))
      for (const name of names) {
        await assertAllFail(
          {
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
          },
          'InvalidFileNameError',
        )
      }
      assert.deepEqual(directory.listAll(), ['file'])
    })
  }

  suite.it('refuses what is no string', ({ directory }) => {
    for (const name of [undefined, null, 5, {}, ['file']] as unknown as string[]) {
      assert.throws(() => directory.createOutput(name), { name: 'InvalidFileNameError' })
      assert.throws(() => directory.openInput(name), { name: 'InvalidFileNameError' })
    }
  })

  suite.it('says what it takes for no name', ({ directory }) => {
    assert.throws(() => directory.createOutput('a/b'), { code: 'ERR_INVALID_FILE_NAME', message: /a\/b/ })
  })

  suite.it('takes every other name', ({ directory }) => {
    for (const name of TAKEN) write(directory, name, pattern(name.length))
    assert.deepEqual(directory.listAll(), TAKEN.toSorted())
    for (const name of TAKEN) assertBytes(contentOf(directory, name), pattern(name.length))
  })

  suite.it('makes no file outside the directory', ({ directory, path }) => {
    const beside = `beside-${process.pid}`
    assert.throws(() => directory.createOutput(`../${beside}`), { name: 'InvalidFileNameError' })
    assert.equal(existsSync(join(dirname(path), beside)), false)
  })
}
