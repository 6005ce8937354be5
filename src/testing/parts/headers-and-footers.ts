import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

import { CodecUtil, type Directory, EndOfFileError, type IndexInput, type IndexOutput } from '../../index.js'
import { contentOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i * 7)
const OTHER_ID = Uint8Array.from({ length: 16 }, (_, i) => i)
const CORRUPT = { name: 'CorruptIndexError', code: 'ERR_CORRUPT_INDEX' }

/** CodecUtil's headers, footers and checksums, through this directory's outputs and inputs. */
export function headersAndFooters(suite: Suite): void {
  suite.it('writes headers and footers byte by byte as Lucene does', ({ directory }) => {
    write(directory, 'file', whole)
    const bytes = Buffer.from(contentOf(directory, 'file'))
    assert.equal(bytes.readUInt32BE(0), 0x3fd7_6c17)
    assert.equal(bytes.toString('latin1', 4, 8), '\u0003Foo')
    assert.equal(bytes.readInt32BE(8), 5)
    assert.deepEqual([...bytes.subarray(12, 28)], [...ID])
    assert.equal(bytes.toString('latin1', 28, 35), '\u0006suffix')
    const footer = bytes.length - 16
    assert.equal(bytes.readUInt32BE(footer), 0xc028_93e8)
    assert.equal(bytes.readInt32BE(footer + 4), 0)
    assert.equal(bytes.readBigInt64BE(footer + 8), BigInt(crc32(bytes.subarray(0, -8))))
  })

  suite.it('takes a file for what its header says', ({ directory }) => {
    const input = open(directory, whole)
    assert.equal(CodecUtil.checkIndexHeader(input, 'Foo', 1, 9, ID, 'suffix'), 5)
    assert.equal(input.getFilePointer(), CodecUtil.indexHeaderLength('Foo', 'suffix'))
    const check = (codec: string, from: number, to: number, id: Uint8Array, suffix: string): number => {
      input.seek(0)
      return CodecUtil.checkIndexHeader(input, codec, from, to, id, suffix)
    }
    assert.throws(() => check('Bar', 1, 9, ID, 'suffix'), { ...CORRUPT, message: /codec=Foo.*codec=Bar/ })
    assert.throws(() => check('Foo', 6, 9, ID, 'suffix'), { name: 'IndexFormatTooOldError' })
    assert.throws(() => check('Foo', 1, 4, ID, 'suffix'), { name: 'IndexFormatTooNewError' })
    assert.throws(() => check('Foo', 1, 9, OTHER_ID, 'suffix'), CORRUPT)
    assert.throws(() => check('Foo', 1, 9, ID, 'other'), CORRUPT)
    input.seek(1)
    assert.throws(() => CodecUtil.checkHeader(input, 'Foo', 1, 9), CORRUPT)
    input.close()
  })

  suite.it('checks a footer while reading, and a whole file', ({ directory }) => {
    const input = open(directory, whole)
    const checksum = CodecUtil.checksumEntireFile(input)
    assert.equal(CodecUtil.retrieveChecksum(input), checksum)
    assert.equal(CodecUtil.retrieveChecksum(input, input.length()), checksum)
    assert.throws(() => CodecUtil.retrieveChecksum(input, input.length() + 1), CORRUPT)
    const summing = directory.openChecksumInput('file')
    summing.seek(summing.length() - CodecUtil.footerLength())
    assert.equal(CodecUtil.checkFooter(summing), checksum)
    summing.close()
    input.close()
  })

  suite.it('leaves the position alone when it sums up a whole file', ({ directory }) => {
    const input = open(directory, whole)
    input.seek(7)
    CodecUtil.checksumEntireFile(input)
    assert.equal(input.getFilePointer(), 7)
    input.close()
  })

  suite.it('notices every byte that has changed', ({ directory }) => {
    write(directory, 'good', whole)
    const good = contentOf(directory, 'good')
    for (let at = 0; at < good.length; at += at < 40 || at > good.length - 17 ? 1 : 97) {
      const bad = Uint8Array.from(good)
      bad[at]! ^= 0x20
      const input = open(directory, (output) => output.writeBytes(bad), 'bad')
      assert.throws(() => CodecUtil.checksumEntireFile(input), CORRUPT, `byte ${at}`)
      input.close()
      directory.deleteFile('bad')
    }
  })

  suite.it('notices a file that is too short or too long', ({ directory }) => {
    write(directory, 'good', whole)
    const good = contentOf(directory, 'good')
    const changed = {
      'one byte less': good.subarray(0, -1),
      'no footer': good.subarray(0, 15),
      nothing: good.subarray(0, 0),
      'one byte more': Buffer.concat([good, Buffer.of(0)]),
    }
    for (const [what, bytes] of Object.entries(changed)) {
      const input = open(directory, (output) => output.writeBytes(bytes), 'bad')
      assert.throws(() => CodecUtil.checksumEntireFile(input), CORRUPT, what)
      assert.throws(() => CodecUtil.retrieveChecksum(input), CORRUPT, what)
      input.close()
      directory.deleteFile('bad')
    }
  })

  suite.it('says of a footer in the wrong place what is wrong', ({ directory }) => {
    write(directory, 'file', whole)
    for (const [left, message] of [
      [15, /truncated/],
      [17, /extended/],
    ] as const) {
      const summing = directory.openChecksumInput('file')
      summing.seek(summing.length() - left)
      assert.throws(() => CodecUtil.checkFooter(summing), { ...CORRUPT, message })
      summing.close()
    }
  })

  suite.it('tells after an error whether the file is to blame', ({ directory }) => {
    const prior = new EndOfFileError('it went wrong')
    write(directory, 'good', whole)
    const good = directory.openChecksumInput('good')
    assert.throws(
      () => CodecUtil.checkFooter(good, prior),
      (error: unknown) => error === prior,
    )
    good.close()
    const bytes = contentOf(directory, 'good')
    bytes[40]! ^= 1
    write(directory, 'bad', bytes)
    const bad = directory.openChecksumInput('bad')
    assert.throws(() => CodecUtil.checkFooter(bad, prior), { ...CORRUPT, cause: prior })
    bad.close()
    const passed = directory.openChecksumInput('good')
    passed.seek(passed.length() - 3)
    assert.throws(() => CodecUtil.checkFooter(passed, prior), { ...CORRUPT, message: /indeterminate/ })
    passed.close()
  })

  suite.it('refuses headers that cannot be written, and writes nothing of them', ({ directory }) => {
    write(directory, 'file', (output) => {
      assert.throws(() => CodecUtil.writeHeader(output, 'é', 0), RangeError)
      assert.throws(() => CodecUtil.writeHeader(output, 'x'.repeat(128), 0), RangeError)
      assert.throws(() => CodecUtil.writeIndexHeader(output, 'Foo', 0, ID.subarray(1), ''), RangeError)
      assert.throws(() => CodecUtil.writeIndexHeader(output, 'Foo', 0, ID, 'y'.repeat(256)), RangeError)
      assert.equal(output.getFilePointer(), 0)
    })
  })
}

function whole(output: IndexOutput): void {
  CodecUtil.writeIndexHeader(output, 'Foo', 5, ID, 'suffix')
  output.writeBytes(pattern(600))
  CodecUtil.writeFooter(output)
}

function open(directory: Directory, content: (output: IndexOutput) => void, name = 'file'): IndexInput {
  write(directory, name, content)
  return directory.openInput(name)
}
