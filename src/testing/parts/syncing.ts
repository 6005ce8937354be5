import assert from 'node:assert/strict'

import { assertBytes, contentOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** sync(), syncMetaData(), and what a directory that is opened later finds. */
export function syncing(suite: Suite): void {
  suite.it('syncs files and names', async ({ directory }) => {
    write(directory, 'a', pattern(5))
    write(directory, 'b', pattern(0))
    assert.equal(await directory.sync(['a', 'b']), undefined)
    assert.equal(await directory.sync(new Set(['a'])), undefined)
    assert.equal(await directory.sync([]), undefined)
    assert.equal(await directory.syncMetaData(), undefined)
    assertBytes(contentOf(directory, 'a'), pattern(5))
  })

  suite.it('syncs no missing file, and does not make it', async ({ directory }) => {
    write(directory, 'a', pattern(5))
    await assert.rejects(directory.sync(['a', 'missing']), { name: 'FileNotFoundError' })
    assert.deepEqual(directory.listAll(), ['a'])
  })

  suite.it('syncs a file that is open, and one that was renamed', async ({ directory }) => {
    write(directory, 'a', pattern(70_000))
    const input = directory.openInput('a')
    await directory.sync(['a'])
    directory.rename('a', 'b')
    await directory.syncMetaData()
    await directory.sync(['b'])
    await assert.rejects(directory.sync(['a']), { name: 'FileNotFoundError' })
    assert.equal(input.readByte(), pattern(1)[0])
    input.close()
  })

  suite.it(
    'finds what was written when it is opened again',
    async ({ directory, reopen }) => {
      write(directory, 'a', pattern(100_000))
      write(directory, 'b', pattern(0))
      write(directory, 'c', pattern(3))
      directory.rename('c', 'd')
      write(directory, 'e', pattern(4))
      directory.deleteFile('e')
      await directory.sync(['a', 'b', 'd'])
      await directory.syncMetaData()
      directory.close()
      const again = await reopen()
      assert.deepEqual(again.listAll(), ['a', 'b', 'd'])
      assertBytes(contentOf(again, 'a'), pattern(100_000))
      assert.equal(again.fileLength('b'), 0)
      assertBytes(contentOf(again, 'd'), pattern(3))
      assert.throws(() => again.createOutput('a'), { name: 'FileAlreadyExistsError' })
    },
    'persistence',
  )

  suite.it(
    'passes over temporary files of its predecessor',
    async ({ directory, reopen }) => {
      const left = directory.createTempOutput('a', 'b')
      left.writeBytes(pattern(10))
      left.close()
      directory.close()
      const again = await reopen()
      const output = again.createTempOutput('a', 'b')
      output.close()
      assert.equal(output.getName(), 'a_b_1.tmp')
      assertBytes(contentOf(again, 'a_b_0.tmp'), pattern(10))
    },
    'persistence',
  )

  suite.it(
    'sees what another directory in the same place does',
    async ({ directory, reopen }) => {
      const other = await reopen()
      write(directory, 'a', pattern(1_000))
      assert.deepEqual(other.listAll(), ['a'])
      assertBytes(contentOf(other, 'a'), pattern(1_000))
      other.rename('a', 'b')
      assertBytes(contentOf(directory, 'b'), pattern(1_000))
      directory.deleteFile('b')
      assert.deepEqual(other.listAll(), [])
      assert.throws(() => other.openInput('b'), { name: 'FileNotFoundError' })
    },
    'persistence',
  )
}
