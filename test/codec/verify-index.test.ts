import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import {
  type ByteBuffersDirectory,
  CodecUtil,
  FSDirectory,
  readSegmentInfos,
  verifyIndex,
  type VerifyProgress,
} from '../../src/index.js'
import { DIRECTORY_KINDS } from '../support/directories.js'
import {
  COMPOUND,
  filesOf,
  inMemory,
  LUCENE_INDEXES,
  openLuceneIndex,
  PLAIN,
  withChecksum,
  writeCodecFile,
  writeFile,
} from '../support/lucene-indexes.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { badNames, verifyAll } from '../support/verifying.js'
import { SYMBOLIC_LINKS } from '../support/systems.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i)

let plain: ByteBuffersDirectory
let compound: ByteBuffersDirectory
beforeEach(() => {
  plain = inMemory(filesOf(PLAIN))
  compound = inMemory(filesOf(COMPOUND))
})

function replace(directory: ByteBuffersDirectory, name: string, bytes: Uint8Array): void {
  directory.deleteFile(name)
  writeFile(directory, name, bytes)
}

describe.each(
  LUCENE_INDEXES.flatMap((index) =>
    DIRECTORY_KINDS.filter(({ root }) => root === undefined).map(
      (kind) => [index.name, kind.name, index, kind] as const,
    ),
  ),
)('verifyIndex of %s through %s', (_index, _kind, index, kind) => {
  it('finds every file good, with what its header says', async () => {
    using directory = openLuceneIndex(index, kind)
    const { files, outcome } = await verifyAll(directory)
    const expected = index.expected.files.flatMap(({ name, length, header, footer, entries = [] }) => [
      { name, length, header, footer },
      ...entries.map(({ id, ...entry }) => ({ ...entry, name: name.replace('.cfe', id) })),
    ])
    const byName = new Map(expected.map((file) => [file.name, file]))
    expect(files.map(({ name }) => name).sort()).toEqual([...byName.keys()].sort())
    for (const file of files) {
      const { header, footer, length } = byName.get(file.name)!
      expect(file).toMatchObject({ status: 'ok', ok: true, length })
      const found = [file.codec, file.version, file.suffix, file.id && Buffer.from(file.id).toString('hex')]
      expect(found).toEqual([header?.codec, header?.version, header?.suffix, header?.id])
      expect(file.checksum?.toString(16)).toBe(footer?.checksum)
    }
    expect(outcome.counts).toEqual({ ok: files.length, damaged: 0, missing: 0, unreadable: 0, unchecked: 0 })
    expect(outcome.commit!.fileName).toBe('segments_4')
  })
})

describe('verifyIndex', () => {
  it('says what it did not check', async () => {
    writeFile(plain, '_foo.txt', Buffer.from('hello'))
    writeFile(plain, 'notes.txt', Buffer.from('hello'))
    writeFile(plain, '_0_x_0.tmp', Buffer.from('hello'))
    writeFile(plain, 'pending_segments_5', Buffer.from('hello'))
    const { files, outcome } = await verifyAll(plain)
    expect(outcome.ok).toBe(true)
    expect(
      files.filter(({ status }) => status === 'unchecked').map(({ name, note }) => [name, note]),
    ).toEqual([
      ['_0_x_0.tmp', 'a temporary file'],
      ['_foo.txt', 'not a file of Lucene'],
      ['notes.txt', 'not a file of Lucene'],
      ['pending_segments_5', 'a commit that was not finished'],
    ])
  })

  it.skipIf(!SYMBOLIC_LINKS)('does not open what is no file (needs symbolic links)', async () => {
    const path = temporaryDirectory()
    try {
      mkdirSync(join(path, '_0.fdt'))
      mkdirSync(join(path, 'sub'))
      writeFileSync(join(path, '_0.a:b'), 'hello')
      symlinkSync('nowhere', join(path, '_0.gone'))
      using directory = FSDirectory.open(path)
      const { files } = await verifyAll(directory)
      expect(files.map(({ name, status }) => [name, status])).toEqual([
        ['_0.a:b', 'unchecked'],
        ['_0.fdt', 'unchecked'],
        ['_0.gone', 'unchecked'],
        ['sub', 'unchecked'],
      ])
    } finally {
      removeDirectory(path)
    }
  })

  it('notices files that belong to another segment or place', async () => {
    replace(plain, '_0.fdx', filesOf(PLAIN).get('_1.fdx')!)
    replace(plain, '_1_Lucene90_0.dvd', filesOf(PLAIN).get('_1_1_Lucene90_0.dvd')!)
    const verified = await verifyAll(plain)
    expect(badNames(verified)).toEqual(['_0.fdx', '_1_Lucene90_0.dvd'])
    const messages = verified.files.filter(({ ok }) => !ok).map(({ error }) => error!.message)
    expect(messages).toEqual([
      expect.stringMatching(/^file mismatch, expected id=.*8d8c, got=.*8d90: /),
      expect.stringMatching(/^file mismatch, expected suffix=Lucene90_0, got=1_Lucene90_0: /),
    ])
  })

  it('notices a foreign file without a commit, too', async () => {
    plain.deleteFile('segments_4')
    replace(plain, '_0.fdx', filesOf(PLAIN).get('_1.fdx')!)
    expect(badNames(await verifyAll(plain))).toEqual(['_0.fdx'])
    plain.deleteFile('_0.si')
    expect(badNames(await verifyAll(plain))).toEqual(['_0.fdx'])
  })

  it('notices a compound file that was swapped with another', async () => {
    replace(compound, '_0.cfs', filesOf(COMPOUND).get('_1.cfs')!)
    const bad = badNames(await verifyAll(compound))
    expect(bad).toContain('_0.cfs')
    expect(bad).not.toContain('_0.cfe')
    expect(bad).toContain('_0.cfs/_0.fdt')
  })

  it('notices what a right checksum does not show', async () => {
    const bytes = Buffer.from(filesOf(COMPOUND).get('_0.cfe')!)
    const at = bytes.indexOf('.fdx') + '.fdx'.length
    bytes.writeBigUInt64LE(1n, at)
    replace(compound, '_0.cfe', withChecksum(bytes))
    const verified = await verifyAll(compound)
    expect(badNames(verified)).toEqual(['_0.cfe'])
    const data = verified.files.find(({ name }) => name === '_0.cfs')!
    expect(data.note).toBe('the files in it were not told apart: _0.cfe is damaged')
  })

  it('notes files that the commit does not refer to', async () => {
    writeCodecFile(plain, '_9.fdt', { codec: 'Stale', id: ID })
    writeFile(plain, '_0.old', Buffer.from('no file of any codec'))
    const verified = await verifyAll(plain)
    expect(badNames(verified)).toEqual(['_0.old'])
    expect(
      verified.files.filter(({ note }) => note !== undefined).map(({ name, note }) => [name, note]),
    ).toEqual([
      ['_0.old', 'segments_4 does not refer to it'],
      ['_9.fdt', 'segments_4 does not refer to it'],
    ])
  })

  it('does not call a format that it does not read damaged', async () => {
    writeCodecFile(plain, 'segments_5', { codec: 'segments', version: 11, id: ID, suffix: '5' })
    const { files, outcome } = await verifyAll(plain)
    expect(outcome).toMatchObject({ ok: true, segmentsFile: 'segments_5', commit: undefined })
    expect(files.find(({ name }) => name === 'segments_5')!.note).toMatch(/not supported yet: 11/)
  })

  it('says how far it is, up to the end', async () => {
    const seen: VerifyProgress[] = []
    const { outcome } = await verifyAll(compound, { onProgress: (progress) => seen.push(progress) })
    const total = COMPOUND.expected.files.reduce((sum, { length }) => sum + length, 0)
    expect(outcome.bytes).toBe(total)
    expect(new Set(seen.map(({ totalBytes }) => totalBytes))).toEqual(new Set([total]))
    const bytes = seen.map((progress) => progress.bytes)
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b))
    expect(bytes.at(-1)).toBe(total)
    expect(new Set(seen.map(({ name }) => name)).size).toBeGreaterThan(10)
  })

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ name }: VerifyProgress) => {
      if (name === '_1.cfs') controller.abort(reason)
    }
    await expect(verifyAll(compound, { signal: controller.signal, onProgress })).rejects.toBe(reason)
    await expect(verifyAll(compound, { signal: controller.signal })).rejects.toBe(reason)
  })

  it('fails when the directory is closed', async () => {
    const verification = verifyIndex(compound)
    await verification.next()
    compound.close()
    await expect(verification.next()).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
    await expect(verifyAll(compound)).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
    await expect(verifyAll(plain, { progress: 1 } as never)).rejects.toThrow(TypeError)
  })

  it('calls an index good that this library has written a commit of', async () => {
    plain.deleteFile('segments_4')
    writeCodecFile(plain, 'segments_1', { codec: 'segments', version: 10, id: ID, suffix: '1' }, (output) => {
      for (const part of [10, 4, 0, 10]) output.writeVInt(part)
      CodecUtil.writeBELong(output, 1)
      output.writeVLong(0)
      CodecUtil.writeBEInt(output, 0)
      output.writeMapOfStrings(new Map())
    })
    expect(readSegmentInfos(plain).segments).toEqual([])
    const { outcome } = await verifyAll(plain)
    expect(outcome.ok).toBe(true)
    expect(outcome.commit!.luceneVersion.toJSON()).toBe('10.4.0')
  })
})

it.each(['_0.si', '_0.fdt', '_0_1.fnm'])('a directory in the place of %s is named', async (name) => {
  const path = temporaryDirectory()
  try {
    for (const [file, bytes] of filesOf(PLAIN)) writeFileSync(join(path, file), bytes)
    rmSync(join(path, name))
    mkdirSync(join(path, name))
    using directory = FSDirectory.open(path)
    const verified = await verifyAll(directory)
    expect(verified.outcome.ok).toBe(false)
    expect(badNames(verified)).toContain(name)
  } finally {
    removeDirectory(path)
  }
})
