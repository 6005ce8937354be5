import assert from 'node:assert/strict'

import { ByteBuffersDirectory } from '../../index.js'
import { assertBytes, pattern, write } from '../files.js'
import { assertAllFail } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

/** close() of a directory. */
export function directoryEnd(suite: Suite): void {
  suite.it('refuses everything once it is closed', async ({ directory }) => {
    const source = new ByteBuffersDirectory()
    write(source, 'source', pattern(10))
    write(directory, 'file', pattern(5))
    directory.close()
    await assertAllFail(
      {
        listAll: () => directory.listAll(),
        fileLength: () => directory.fileLength('file'),
        openInput: () => directory.openInput('file'),
        openChecksumInput: () => directory.openChecksumInput('file'),
        createOutput: () => directory.createOutput('new'),
        createTempOutput: () => directory.createTempOutput('a', 'b'),
        copyFrom: () => directory.copyFrom(source, 'source', 'copy'),
        deleteFile: () => directory.deleteFile('file'),
        rename: () => directory.rename('file', 'new'),
        obtainLock: () => directory.obtainLock('write.lock'),
        sync: () => directory.sync(['file']),
        'sync (nothing)': () => directory.sync([]),
        syncMetaData: () => directory.syncMetaData(),
      },
      'AlreadyClosedError',
    )
    assert.deepEqual(directory.getPendingDeletions(), new Set())
  })

  suite.it('closes as often as one likes, and by Symbol.dispose', ({ directory }) => {
    directory[Symbol.dispose]()
    assert.throws(() => directory.listAll(), { name: 'AlreadyClosedError', code: 'ERR_ALREADY_CLOSED' })
    directory.close()
    directory[Symbol.dispose]()
  })

  suite.it('leaves inputs readable when it is closed', ({ directory }) => {
    write(directory, 'file', pattern(5_000))
    const input = directory.openInput('file')
    directory.close()
    const bytes = new Uint8Array(5_000)
    input.readBytes(bytes)
    assertBytes(bytes, pattern(5_000))
    const slice = input.slice('slice', 4_000, 10)
    assert.equal(slice.readByte(), pattern(5_000)[4_000])
    input.close()
    assert.throws(() => slice.readByte(), { name: 'AlreadyClosedError' })
  })

  suite.it('leaves outputs writable when it is closed', ({ directory }) => {
    const output = directory.createOutput('new')
    directory.close()
    output.writeBytes(pattern(100_000))
    assert.equal(output.getFilePointer(), 100_000)
    output.close()
  })

  suite.it(
    'leaves what is written after its end to its successor',
    async ({ directory, reopen }) => {
      const output = directory.createOutput('new')
      directory.close()
      output.writeBytes(pattern(100_000))
      output.close()
      assert.equal((await reopen()).fileLength('new'), 100_000)
    },
    'persistence',
  )
}
