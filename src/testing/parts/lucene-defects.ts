import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'

import { mappingStats } from '../../index.js'
import { assertBytes, contentOf, inputOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** What Lucene 11 gets wrong, each as the behaviour that is right. */
export function luceneDefects(suite: Suite): void {
  const chunk = 2 ** 20 // the smallest that MMapDirectory takes
  const LENGTH = chunk + 5_000

  suite.it('closing a clone breaks neither the original nor its close()', async ({ directory }) => {
    const before = mappingStats().mappings
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    const clone = input.clone()
    clone.seek(chunk - 2)
    clone.readInt()
    clone.close()
    input.seek(chunk - 2)
    assert.equal(input.readInt(), Buffer.from(bytes).readInt32LE(chunk - 2))
    input.seek(LENGTH - 1)
    assert.equal(input.readByte(), bytes[LENGTH - 1])
    input.close()
    assert.throws(() => input.readByte(), { name: 'AlreadyClosedError' })
    await settled()
    assert(mappingStats().mappings <= before, 'the mapping is gone')
  })

  suite.it('isLoaded() after close fails with the error for that', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    input.close()
    assert.throws(() => input.isLoaded(), { name: 'AlreadyClosedError' })
  })

  suite.it('a closed output takes no byte', ({ directory }) => {
    const output = directory.createOutput('file')
    output.writeByte(1)
    output.close()
    assert.throws(() => output.writeByte(1), { name: 'AlreadyClosedError' })
    assert.equal(directory.fileLength('file'), 1)
  })

  suite.it('a closed directory deletes nothing', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    directory.close()
    assert.throws(() => directory.deleteFile('file'), { name: 'AlreadyClosedError' })
    assert.equal(input.readByte(), 1)
    input.close()
  })

  suite.it('createOutput("../x") stays in the directory', ({ directory }) => {
    assert.throws(() => directory.createOutput('../x'), { name: 'InvalidFileNameError' })
  })

  suite.it('no input goes to a negative position', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    assert.throws(() => input.seek(-1), RangeError)
    assert.equal(input.getFilePointer(), 0)
    input.close()
  })

  suite.it('a failed read leaves the position where it was', ({ directory }) => {
    const input = inputOf(directory, pattern(LENGTH))
    input.seek(LENGTH - 2)
    assert.throws(() => input.readInt(), { name: 'EndOfFileError' })
    assert.throws(() => input.readBytes(new Uint8Array(3)), { name: 'EndOfFileError' })
    assert.equal(input.getFilePointer(), LENGTH - 2)
    input.close()
  })

  suite.it('no buffered byte is served after close', ({ directory }) => {
    const input = inputOf(directory, pattern(10))
    const clone = input.clone()
    input.readByte()
    clone.readByte()
    input.close()
    assert.throws(() => input.readByte(), { name: 'AlreadyClosedError' })
    assert.throws(() => clone.readByte(), { name: 'AlreadyClosedError' })
  })

  suite.it('rename replaces nothing', ({ directory }) => {
    write(directory, 'a', pattern(1))
    write(directory, 'b', pattern(2))
    assert.throws(() => directory.rename('a', 'b'), { name: 'FileAlreadyExistsError' })
    assertBytes(contentOf(directory, 'b'), pattern(2))
  })

  suite.it('absolute reads across a chunk move no position', ({ directory }) => {
    const bytes = pattern(LENGTH)
    const input = inputOf(directory, bytes)
    input.seek(5)
    const random = input.randomAccessSlice(0, LENGTH)
    for (let at = chunk - 8; at <= chunk; at++) {
      assert.equal(random.readLong(at), Buffer.from(bytes).readBigInt64LE(at))
      assert.equal(input.getFilePointer(), 5)
    }
    assert.equal(input.readByte(), bytes[5])
    input.close()
  })

  suite.it('inputs of other files do not keep a closed one mapped', async ({ directory }) => {
    write(directory, '_0.dvd', pattern(5_003))
    write(directory, '_0.dvm', pattern(6_001))
    const kept = directory.openInput('_0.dvm')
    kept.readByte()
    await settled()
    const before = mappingStats().mappings
    for (let i = 0; i < 20; i++) {
      const input = directory.openInput('_0.dvd')
      input.readByte()
      input.close()
    }
    await settled()
    assert(mappingStats().mappings <= before, 'the mappings are gone')
    kept.close()
  })

  suite.it(
    'a range that is loaded or prefetched is all of it, across chunks',
    async ({ directory }) => {
      const input = inputOf(directory, pattern(LENGTH))
      input.prefetch(10, LENGTH - 10)
      await input.load({ offset: 10 })
      assert.equal(input.slice('slice', 10, LENGTH - 10).isLoaded(), true)
      input.close()
    },
    'residency',
  )
}

/** Resolves when buffers that were detached have been finalized, and with them their mappings. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
