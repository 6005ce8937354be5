import assert from 'node:assert/strict'

import { assertBytes, contentOf, pattern, write } from '../files.js'
import { assertAllFail } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** Deletions that have to wait, as they do on Windows for files in use. */
export function pendingDeletions(suite: Suite): void {
  const it: Suite['it'] = (name, test) => suite.it(name, test, 'refuseDeletes')

  it('hides a file whose deletion waits', async (scope) => {
    const { directory } = scope
    write(directory, 'file', pattern(10))
    write(directory, 'other', pattern(1))
    suite.refuseDeletes(scope, true)
    directory.deleteFile('file')
    assert.deepEqual([...directory.getPendingDeletions()], ['file'])
    assert.deepEqual(directory.listAll(), ['other'])
    await assertAllFail(
      {
        fileLength: () => directory.fileLength('file'),
        openInput: () => directory.openInput('file'),
        deleteFile: () => directory.deleteFile('file'),
        rename: () => directory.rename('file', 'new'),
        sync: () => directory.sync(['file']),
      },
      'FileNotFoundError',
    )
    suite.refuseDeletes(scope, false)
  })

  it('removes it when that can be done, and asks for that by itself', (scope) => {
    const { directory } = scope
    write(directory, 'file', pattern(10))
    suite.refuseDeletes(scope, true)
    directory.deleteFile('file')
    assert.equal(directory.getPendingDeletions().size, 1)
    suite.refuseDeletes(scope, false)
    assert.deepEqual(directory.getPendingDeletions(), new Set())
    assert.deepEqual(directory.listAll(), [])
  })

  it('makes a file anew whose deletion waited', (scope) => {
    const { directory } = scope
    write(directory, 'file', pattern(10))
    suite.refuseDeletes(scope, true)
    directory.deleteFile('file')
    suite.refuseDeletes(scope, false)
    write(directory, 'file', pattern(20))
    assert.deepEqual(directory.getPendingDeletions(), new Set())
    assertBytes(contentOf(directory, 'file'), pattern(20))
  })

  it('renames to a name whose deletion waited', (scope) => {
    const { directory } = scope
    write(directory, 'a', pattern(10))
    write(directory, 'b', pattern(20))
    suite.refuseDeletes(scope, true)
    directory.deleteFile('b')
    suite.refuseDeletes(scope, false)
    directory.rename('a', 'b')
    assertBytes(contentOf(directory, 'b'), pattern(10))
    assert.deepEqual(directory.getPendingDeletions(), new Set())
  })

  it('gives no temporary file a name whose deletion waits', (scope) => {
    const { directory } = scope
    write(directory, 'a_b_0.tmp', pattern(1))
    suite.refuseDeletes(scope, true)
    directory.deleteFile('a_b_0.tmp')
    const output = directory.createTempOutput('a', 'b')
    output.close()
    assert.equal(output.getName(), 'a_b_1.tmp')
    suite.refuseDeletes(scope, false)
    directory.deleteFile('a_b_1.tmp')
    assert.deepEqual(directory.listAll(), [])
  })

  it('keeps inputs readable whose file waits', (scope) => {
    const { directory } = scope
    write(directory, 'file', pattern(5_000))
    const input = directory.openInput('file')
    suite.refuseDeletes(scope, true)
    directory.deleteFile('file')
    const bytes = new Uint8Array(5_000)
    input.readBytes(bytes)
    assertBytes(bytes, pattern(5_000))
    input.close()
    suite.refuseDeletes(scope, false)
  })
}
