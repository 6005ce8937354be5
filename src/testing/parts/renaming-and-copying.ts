import assert from 'node:assert/strict'

import { ByteBuffersDirectory, Directory, EndOfFileError, IndexInput, IOContext } from '../../index.js'
import { assertBytes, contentOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** rename() and copyFrom(). */
export function renamingAndCopying(suite: Suite): void {
  suite.it('renames a file, of which open inputs do not notice', ({ directory }) => {
    write(directory, 'old', pattern(5_000))
    const input = directory.openInput('old')
    directory.rename('old', 'new')
    assert.deepEqual(directory.listAll(), ['new'])
    assert.equal(directory.fileLength('new'), 5_000)
    assertBytes(contentOf(directory, 'new'), pattern(5_000))
    assert.throws(() => directory.openInput('old'), { name: 'FileNotFoundError' })
    input.seek(4_999)
    assert.equal(input.readByte(), pattern(5_000)[4_999])
    input.close()
  })

  suite.it('never replaces a file by renaming another', ({ directory }) => {
    write(directory, 'a', pattern(1))
    write(directory, 'b', pattern(2))
    assert.throws(() => directory.rename('a', 'b'), { name: 'FileAlreadyExistsError', code: 'EEXIST' })
    assert.throws(() => directory.rename('a', 'a'), { name: 'FileAlreadyExistsError' })
    assertBytes(contentOf(directory, 'a'), pattern(1))
    assertBytes(contentOf(directory, 'b'), pattern(2))
  })

  suite.it('renames nothing that is not there', ({ directory }) => {
    assert.throws(() => directory.rename('missing', 'new'), { name: 'FileNotFoundError' })
    assert.deepEqual(directory.listAll(), [])
  })

  suite.it('gives the old name to a new file', ({ directory }) => {
    write(directory, 'a', pattern(10))
    directory.rename('a', 'b')
    write(directory, 'a', pattern(20))
    assertBytes(contentOf(directory, 'a'), pattern(20))
    assertBytes(contentOf(directory, 'b'), pattern(10))
    directory.deleteFile('b')
    directory.rename('a', 'b')
    assertBytes(contentOf(directory, 'b'), pattern(20))
  })

  suite.it('copies a file from a directory of any kind', ({ directory }) => {
    const other = new ByteBuffersDirectory()
    const bytes = pattern(200_000)
    write(other, 'source', bytes)
    directory.copyFrom(other, 'source', 'copy', IOContext.merge())
    assertBytes(contentOf(directory, 'copy'), bytes)
    other.copyFrom(directory, 'copy', 'back')
    assertBytes(contentOf(other, 'back'), bytes)
  })

  suite.it('copies a file within itself and from its own kind', async ({ directory, another }) => {
    write(directory, 'source', pattern(70_000))
    directory.copyFrom(directory, 'source', 'copy')
    const other = await another()
    other.copyFrom(directory, 'copy', 'third')
    directory.deleteFile('source')
    directory.deleteFile('copy')
    assertBytes(contentOf(other, 'third'), pattern(70_000))
  })

  suite.it('copies nothing, too', ({ directory }) => {
    write(directory, 'source', pattern(0))
    directory.copyFrom(directory, 'source', 'copy')
    assert.equal(directory.fileLength('copy'), 0)
  })

  suite.it('removes the copy when copying fails', ({ directory }) => {
    assert.throws(() => directory.copyFrom(brokenDirectory(), 'source', 'copy'), { name: 'EndOfFileError' })
    assert.deepEqual(directory.listAll(), [])
  })

  suite.it('replaces nothing and removes nothing when the name of a copy is taken', ({ directory }) => {
    const other = new ByteBuffersDirectory()
    write(other, 'source', pattern(10))
    write(directory, 'copy', pattern(3))
    assert.throws(() => directory.copyFrom(other, 'source', 'copy'), { name: 'FileAlreadyExistsError' })
    assert.throws(() => directory.copyFrom(other, 'missing', 'new'), { name: 'FileNotFoundError' })
    assert.throws(() => directory.copyFrom({} as Directory, 'source', 'new'), TypeError)
    assertBytes(contentOf(directory, 'copy'), pattern(3))
    assert.deepEqual(directory.listAll(), ['copy'])
  })
}

/** A directory whose files end before their length says so. */
function brokenDirectory(): Directory {
  return new (class extends ByteBuffersDirectory {
    override openInput(): IndexInput {
      const failure = new EndOfFileError('the disk is gone')
      return IndexInput.from(
        {
          length: 100_000,
          window: () => {
            throw failure
          },
          close: () => {},
        },
        'broken',
      )
    }
  })()
}
