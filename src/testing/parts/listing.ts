import assert from 'node:assert/strict'

import { assertBytes, contentOf, pattern, write } from '../files.js'
import { assertAllFail, type Attempts } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** Which files there are, how long they are, making and deleting them. */
export function listing(suite: Suite): void {
  suite.it('is empty at first', ({ directory }) => {
    assert.deepEqual(directory.listAll(), [])
  })

  suite.it('lists names in UTF-16 order', ({ directory }) => {
    // In UTF-16, U+1F600 (a surrogate pair) comes before U+FF5E; in UTF-8 it comes after.
    // None differ by their case alone: some file systems take such names for one.
    const names = ['b', 'a10', 'a2', 'C', '_0.cfs', '\u{1f600}', '～', 'é']
    for (const name of names) write(directory, name, pattern(1))
    assert.deepEqual(directory.listAll(), ['C', '_0.cfs', 'a10', 'a2', 'b', 'é', '\u{1f600}', '～'])
  })

  suite.it('gives its list away: changing it changes nothing', ({ directory }) => {
    write(directory, 'file', pattern(1))
    directory.listAll().push('other')
    assert.deepEqual(directory.listAll(), ['file'])
  })

  suite.it('holds as many files as one likes', ({ directory }) => {
    const names = Array.from({ length: 60 }, (_, i) => `file-${i}`)
    for (const [i, name] of names.entries()) write(directory, name, pattern(i))
    assert.deepEqual(directory.listAll(), names.toSorted())
    for (const [i, name] of names.entries()) assert.equal(directory.fileLength(name), i)
    for (const name of names.slice(0, 30)) directory.deleteFile(name)
    assert.deepEqual(directory.listAll(), names.slice(30).toSorted())
    assertBytes(contentOf(directory, 'file-59'), pattern(59))
  })

  suite.it('tells the length of a file', ({ directory }) => {
    write(directory, 'empty', pattern(0))
    write(directory, 'some', pattern(4097))
    assert.equal(directory.fileLength('empty'), 0)
    assert.equal(directory.fileLength('some'), 4097)
  })

  suite.it('says that a file is missing, and which', async ({ directory }) => {
    write(directory, 'other', pattern(1))
    const attempts: Attempts = {
      fileLength: () => directory.fileLength('missing'),
      openInput: () => directory.openInput('missing'),
      openChecksumInput: () => directory.openChecksumInput('missing'),
      deleteFile: () => directory.deleteFile('missing'),
      rename: () => directory.rename('missing', 'new'),
      sync: () => directory.sync(['missing']),
    }
    await assertAllFail(attempts, 'FileNotFoundError')
    for (const attempt of Object.values(attempts)) {
      await assert.rejects(async () => attempt(), { code: 'ENOENT', path: /missing/ })
    }
    assert.deepEqual(directory.listAll(), ['other'])
  })

  suite.it('makes a file at once, before anything is written', ({ directory }) => {
    const output = directory.createOutput('file')
    assert.deepEqual(directory.listAll(), ['file'])
    output.close()
    assert.equal(directory.fileLength('file'), 0)
  })

  suite.it('makes no file twice', ({ directory }) => {
    const output = directory.createOutput('file')
    assert.throws(() => directory.createOutput('file'), { name: 'FileAlreadyExistsError' })
    output.writeByte(7)
    output.close()
    assert.throws(() => directory.createOutput('file'), { code: 'EEXIST', path: /file/ })
    assertBytes(contentOf(directory, 'file'), Uint8Array.of(7))
  })

  suite.it('makes a deleted file again', ({ directory }) => {
    write(directory, 'file', pattern(3))
    directory.deleteFile('file')
    assert.deepEqual(directory.listAll(), [])
    write(directory, 'file', pattern(5))
    assertBytes(contentOf(directory, 'file'), pattern(5))
  })

  suite.it('deletes nothing twice', ({ directory }) => {
    write(directory, 'file', pattern(1))
    directory.deleteFile('file')
    assert.throws(() => directory.deleteFile('file'), { name: 'FileNotFoundError' })
    assert.deepEqual(directory.getPendingDeletions(), new Set())
  })

  suite.it('keeps the inputs of a deleted file readable', ({ directory }) => {
    write(directory, 'file', pattern(10_000))
    const input = directory.openInput('file')
    directory.deleteFile('file')
    assert.deepEqual(directory.listAll(), [])
    assert.throws(() => directory.fileLength('file'), { name: 'FileNotFoundError' })
    const bytes = new Uint8Array(10_000)
    input.readBytes(bytes)
    assertBytes(bytes, pattern(10_000))
    assert.equal(input.slice('tail', 9_990, 10).readByte(), pattern(10_000)[9_990])
    input.close()
  })

  suite.it('tells the inputs of a deleted file from those of a new one of its name', ({ directory }) => {
    write(directory, 'file', pattern(5_000))
    const old = directory.openInput('file')
    directory.deleteFile('file')
    const checkOld = (): void => {
      const bytes = new Uint8Array(5_000)
      old.readBytes(bytes)
      assertBytes(bytes, pattern(5_000))
      old.close()
    }
    // On Windows a file that is mapped keeps its name.
    const waits = directory.getPendingDeletions().has('file')
    if (waits) {
      assert.throws(() => directory.createOutput('file'), { name: 'FileAlreadyExistsError' })
      checkOld()
    }
    write(directory, 'file', pattern(5_000).fill(9))
    assertBytes(contentOf(directory, 'file'), pattern(5_000).fill(9))
    if (!waits) checkOld()
  })

  suite.it(
    'lets nobody read a file that is still being written',
    ({ directory }) => {
      const output = directory.createOutput('file')
      output.writeBytes(pattern(100_000))
      assert.throws(() => directory.openInput('file'), { name: 'AccessDeniedError', code: 'EACCES' })
      output.close()
      assertBytes(contentOf(directory, 'file'), pattern(100_000))
    },
    'exclusiveWriting',
  )

  suite.it('says what it is, when it is closed as well', ({ directory }) => {
    const said = directory.toString()
    assert.match(said, /\w/)
    assert.doesNotMatch(said, /^\[object/)
    directory.close()
    assert.equal(directory.toString(), said)
  })
}
