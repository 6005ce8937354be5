import assert from 'node:assert/strict'

import { CodecUtil, CompoundDirectory, type Directory, IndexFileNames } from '../../index.js'
import { assertBytes, contentOf, pattern, write } from '../files.js'
import { assertAllFail } from '../outcomes.js'
import type { Suite } from '../suite/suite.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i)
const CORRUPT = { name: 'CorruptIndexError' }

/** Files within a compound file of this directory. */
export function compoundFiles(suite: Suite): void {
  const files = new Map([
    ['.empty', pattern(0)],
    ['.one', pattern(1)],
    ['_Lucene90_0.dvd', pattern(3 * suite.boundary + 107)],
    ['.fnm', pattern(suite.boundary + 20)],
  ])

  suite.it('holds files within a file', ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0', { id: ID })
    assert.deepEqual(compound.listAll(), [...files.keys()].map((name) => `_0${name}`).sort())
    for (const [name, bytes] of files) {
      assert.equal(compound.fileLength(`_0${name}`), bytes.length)
      assertBytes(contentOf(compound, `_0${name}`), bytes)
    }
    compound.checkIntegrity()
    compound.close()
  })

  suite.it('keeps the readers of its files apart', ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0')
    const bytes = files.get('.fnm')!
    const one = compound.openInput('_0.fnm')
    const other = compound.openInput('_0.fnm')
    const big = compound.openInput('_0_Lucene90_0.dvd')
    const clone = one.clone()
    one.seek(bytes.length - 1)
    assert.equal(other.readByte(), bytes[0])
    assert.equal(big.readByte(), pattern(1)[0])
    assert.equal(one.readByte(), bytes.at(-1))
    assert.equal(clone.getFilePointer(), 0)
    one.close()
    assert.throws(() => clone.readByte(), { name: 'AlreadyClosedError' })
    assert.equal(other.readByte(), bytes[1])
    assert.throws(() => other.seek(bytes.length + 1), { name: 'EndOfFileError' })
    assert.throws(() => other.slice('slice', 1, bytes.length), RangeError)
    compound.close()
  })

  suite.it('names the file within the file in what its inputs say', ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0')
    const input = compound.openInput('_0.fnm')
    assert.match(input.toString(), /\[slice=_0\.fnm\]/)
    assert.match(input.slice('part', 0, 1).toString(), /\[slice=_0\.fnm\] \[slice=part\]/)
    compound.close()
  })

  suite.it('reads files that are aligned in it with aligned views', ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0')
    for (const name of files.keys()) assert.equal(compound.fileOffset(`_0${name}`) % 64, 0)
    const input = compound.openInput('_0_Lucene90_0.dvd')
    const view = input.view(64, 32)
    assert.equal(view.byteOffset % 8, 0)
    assertBytes(view, pattern(96).subarray(64))
    compound.close()
  })

  suite.it('ends its inputs with itself, and lives on when the outer directory ends', ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0')
    directory.close()
    const input = compound.openInput('_0.fnm')
    const relatives = [input, input.clone(), input.slice('part', 0, 10)]
    for (const one of relatives) assert.equal(one.readByte(), 1)
    compound.close()
    for (const one of relatives) assert.throws(() => one.readByte(), { name: 'AlreadyClosedError' })
    assert.throws(() => compound.openInput('_0.fnm'), { name: 'AlreadyClosedError' })
  })

  suite.it('misses files that are not in it, and takes none', async ({ directory }) => {
    pack(directory, files)
    const compound = CompoundDirectory.open(directory, '_0')
    assert.throws(() => compound.openInput('_0.tim'), { name: 'FileNotFoundError', path: /_0\.tim/ })
    assert.throws(() => compound.fileLength('_1.fnm'), { name: 'FileNotFoundError' })
    await assertAllFail(
      {
        createOutput: () => compound.createOutput('_0.new'),
        createTempOutput: () => compound.createTempOutput('a', 'b'),
        deleteFile: () => compound.deleteFile('_0.fnm'),
        rename: () => compound.rename('_0.fnm', '_0.new'),
        sync: () => compound.sync(['_0.fnm']),
        obtainLock: () => compound.obtainLock('write.lock'),
      },
      'TypeError',
    )
    compound.close()
  })

  suite.it('holds many small files', ({ directory }) => {
    const many = new Map(Array.from({ length: 100 }, (_, i) => [`.x${i}`, pattern(i)]))
    pack(directory, many)
    const compound = CompoundDirectory.open(directory, '_0')
    const inputs = [...many.keys()].map((name) => compound.openInput(`_0${name}`))
    for (const [i, input] of inputs.entries()) {
      assert.equal(input.length(), i)
      if (i > 0) assert.equal((input.seek(i - 1), input.readByte()), pattern(i)[i - 1])
    }
    compound.close()
  })

  suite.it('is refused when it is damaged, cut or of another segment', ({ directory }) => {
    pack(directory, files)
    assert.throws(() => CompoundDirectory.open(directory, '_0', { id: new Uint8Array(16) }), CORRUPT)
    const entries = contentOf(directory, '_0.cfe')
    const data = contentOf(directory, '_0.cfs')
    const openWith = (cfe: Uint8Array, cfs: Uint8Array): void => {
      for (const name of ['_0.cfe', '_0.cfs']) directory.deleteFile(name)
      write(directory, '_0.cfe', cfe)
      write(directory, '_0.cfs', cfs)
      const compound = CompoundDirectory.open(directory, '_0')
      try {
        compound.checkIntegrity()
      } finally {
        compound.close()
      }
    }
    for (let at = 0; at < entries.length; at += 7) {
      const bad = Uint8Array.from(entries)
      bad[at]! ^= 1
      assert.throws(() => openWith(bad, data), CORRUPT, `entries, byte ${at}`)
    }
    assert.throws(() => openWith(entries, data.subarray(0, -1)), CORRUPT)
    assert.throws(() => openWith(entries, Buffer.concat([data, Buffer.of(0)])), CORRUPT)
    const bad = Uint8Array.from(data)
    bad[200]! ^= 1
    assert.throws(() => openWith(entries, bad), CORRUPT)
    openWith(entries, data)
  })

  suite.it('is missing when one of its two files is', ({ directory }) => {
    pack(directory, files)
    for (const name of ['_0.cfs', '_0.cfe']) {
      const content = contentOf(directory, name)
      directory.deleteFile(name)
      assert.throws(() => CompoundDirectory.open(directory, '_0'), { name: 'FileNotFoundError' })
      write(directory, name, content)
    }
    CompoundDirectory.open(directory, '_0').close()
  })
}

/** Packs files into the compound file of the segment `_0`, each at a multiple of 64 bytes. */
function pack(directory: Directory, files: ReadonlyMap<string, Uint8Array>): void {
  const data = directory.createOutput(IndexFileNames.segmentFileName('_0', '', 'cfs'))
  const entries = directory.createOutput(IndexFileNames.segmentFileName('_0', '', 'cfe'))
  CodecUtil.writeIndexHeader(data, 'Lucene90CompoundData', 0, ID, '')
  CodecUtil.writeIndexHeader(entries, 'Lucene90CompoundEntries', 0, ID, '')
  entries.writeVInt(files.size)
  for (const [name, bytes] of files) {
    entries.writeString(name)
    entries.writeLong(data.alignFilePointer(64))
    entries.writeLong(bytes.length)
    data.writeBytes(bytes)
  }
  for (const output of [data, entries]) {
    CodecUtil.writeFooter(output)
    output.close()
  }
}
