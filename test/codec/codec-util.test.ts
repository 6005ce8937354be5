import { beforeEach, describe, expect, it } from 'vitest'

import {
  AlreadyClosedError,
  ByteBuffersDirectory,
  CodecUtil,
  CorruptIndexError,
  type DataOutput,
  EndOfFileError,
  IndexFormatTooNewError,
  IndexFormatTooOldError,
  type IndexInput,
  type IndexOutput,
  StorageError,
} from '../../src/index.js'
import { thrownBy } from '../support/outcomes.js'

const ID = Uint8Array.from({ length: 16 }, (_, i) => i * 7)
const OTHER_ID = Uint8Array.from({ length: 16 }, (_, i) => i)

let directory: ByteBuffersDirectory
let counter: number
beforeEach(() => {
  directory = new ByteBuffersDirectory()
  counter = 0
})

/** A file with what `write` writes; the name ends up in messages. */
function make(write: (output: IndexOutput) => void): string {
  const name = `file_${counter++}`
  using output = directory.createOutput(name)
  write(output)
  return name
}

function open(write: (output: IndexOutput) => void): IndexInput {
  return directory.openInput(make(write))
}

function openRaw(...bytes: number[]): IndexInput {
  return open((output) => output.writeBytes(Uint8Array.from(bytes)))
}

describe('big-endian values', () => {
  it.each([0, 1, -1, 0x0102_0304, 2 ** 31 - 1, -(2 ** 31)])('come back as they were written: %i', (value) => {
    expect(CodecUtil.readBEInt(open((output) => CodecUtil.writeBEInt(output, value)))).toBe(value)
  })

  it.each([0n, 1n, -1n, 0x0102_0304_0506_0708n, 2n ** 63n - 1n, -(2n ** 63n)])('%d as a long', (value) => {
    expect(CodecUtil.readBELong(open((output) => CodecUtil.writeBELong(output, value)))).toBe(value)
  })

  it('have the highest byte first', () => {
    expect(CodecUtil.readBEInt(openRaw(1, 2, 3, 4))).toBe(0x0102_0304)
    expect(CodecUtil.readBELong(openRaw(0, 0, 0, 0, 0, 0, 1, 2))).toBe(0x0102n)
  })

  it('are refused when they do not fit', () => {
    make((output) => {
      expect(() => CodecUtil.writeBEInt(output, 2 ** 31)).toThrow(RangeError)
      expect(() => CodecUtil.writeBELong(output, 2n ** 63n)).toThrow(RangeError)
      expect(output.getFilePointer()).toBe(0)
    })
  })
})

describe('header', () => {
  it('is magic, name and version', () => {
    const input = open((output) => CodecUtil.writeHeader(output, 'Foo', 5))
    const bytes = new Uint8Array(input.length())
    input.readBytes(bytes)
    expect([...bytes]).toEqual([0x3f, 0xd7, 0x6c, 0x17, 3, 0x46, 0x6f, 0x6f, 0, 0, 0, 5])
    expect(CodecUtil.headerLength('Foo')).toBe(12)
  })

  it('gives its version', () => {
    const input = open((output) => CodecUtil.writeHeader(output, 'Foo', 5))
    expect(CodecUtil.checkHeader(input, 'Foo', 5, 5)).toBe(5)
    expect(input.getFilePointer()).toBe(12)
    input.seek(4)
    expect(CodecUtil.checkHeaderNoMagic(input, 'Foo', 1, 9)).toBe(5)
  })

  it.each([
    [
      'magic',
      'Foo',
      0,
      9,
      CorruptIndexError,
      /^codec header mismatch: actual header=0x00000001 vs expected header=0x3fd76c17: .*file_/,
    ],
    [
      'name',
      'Bar',
      0,
      9,
      CorruptIndexError,
      /^codec mismatch: actual codec=Foo vs expected codec=Bar: .*file_/,
    ],
    ['older version', 'Foo', 6, 9, IndexFormatTooOldError, /5 \(needs to be between 6 and 9\): .*file_/],
    ['newer version', 'Foo', 1, 4, IndexFormatTooNewError, /5 \(needs to be between 1 and 4\): .*file_/],
  ] as const)('of another %s', (what, codec, min, max, type, message) => {
    const input = open((output) => {
      if (what === 'magic') CodecUtil.writeBEInt(output, 1)
      CodecUtil.writeHeader(output, 'Foo', 5)
    })
    const error = thrownBy(() => CodecUtil.checkHeader(input, codec, min, max))
    expect(error).toBeInstanceOf(type)
    expect(error.message).toMatch(message)
    expect(error.message.endsWith(input.toString())).toBe(true)
  })

  it('refuses names that it would not read', () => {
    make((output) => {
      for (const name of ['é', 'a\nb', 'x'.repeat(128), '\u{1f600}']) {
        expect(() => CodecUtil.writeHeader(output, name, 0)).toThrow(RangeError)
        expect(() => CodecUtil.headerLength(name)).toThrow(RangeError)
      }
      expect(() => CodecUtil.writeHeader(output, 'Foo', 0.5)).toThrow(RangeError)
      expect(() => CodecUtil.writeHeader(output, 5 as unknown as string, 0)).toThrow(TypeError)
      expect(output.getFilePointer()).toBe(0)
      CodecUtil.writeHeader(output, 'x'.repeat(127), -1)
    })
  })

  it.each([
    ['2 GiB', [0xff, 0xff, 0xff, 0xff, 0x07]],
    ['below zero', [0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['128', [0x80, 0x01, ...Buffer.from('x'.repeat(200))]],
    ['5 that are not ASCII', [5, 0xff, 0xfe, 0x80, 0x00, 0x1b]],
    ['5 where the file ends', [5, 65]],
    ['nothing', []],
  ])('with a name of %s bytes is no header', (_, rest) => {
    const input = openRaw(0x3f, 0xd7, 0x6c, 0x17, ...rest)
    expect(() => CodecUtil.checkHeader(input, 'Foo', 0, 1)).toThrow(StorageError)
    expect(() => CodecUtil.readIndexHeader(input)).toThrow(StorageError)
  })
})

it('a header whose length of a name was changed is damaged, even where the file ends in that name', () => {
  const bytes = [0x3f, 0xd7, 0x6c, 0x17, 3, ...Buffer.from('Foo'), 0, 0, 0, 1, ...ID, 1, ...Buffer.from('s')]
  const check = (...at: number[]) => CodecUtil.checkIndexHeader(openRaw(...at), 'Foo', 0, 1, ID, 's')
  check(...bytes)
  for (const [at, what] of [
    [4, 'codec'],
    [28, 'suffix'],
  ] as const) {
    const error = thrownBy(() => check(...bytes.with(at, 100)))
    expect(error).toBeInstanceOf(CorruptIndexError)
    expect(error.message).toMatch(
      new RegExp(
        `^${what} mismatch: a length of 100 bytes where [13] were expected, and the file ends: .*file_`,
      ),
    )
    expect(error.cause).toBeInstanceOf(EndOfFileError)
    // A file that was cut, with a name of the right length, has just ended.
    expect(thrownBy(() => check(...bytes.slice(0, at + 1)))).toBeInstanceOf(EndOfFileError)
  }
})

function makeWithFooter(): string {
  return make((output) => {
    CodecUtil.writeHeader(output, 'Foo', 5)
    output.writeVInt(7)
    CodecUtil.writeFooter(output)
  })
}

describe('a small file that is read to its footer', () => {
  it('is closed, and gives what was read', () => {
    let input: IndexInput | undefined
    const read = CodecUtil.readToFooter(directory, makeWithFooter(), (opened) => {
      input = opened
      return [CodecUtil.checkHeader(opened, 'Foo', 0, 9), opened.readVInt()]
    })
    expect(read).toEqual([5, 7])
    expect(() => input!.readByte()).toThrow(AlreadyClosedError)
  })

  it('is to be read up to there, and blamed only where it is damaged', () => {
    const name = makeWithFooter()
    expect(() => CodecUtil.readToFooter(directory, name, (input) => input.readByte())).toThrow(
      CorruptIndexError,
    )
    const mine = new Error('mine')
    const fail = (): never => {
      throw mine
    }
    expect(thrownBy(() => CodecUtil.readToFooter(directory, name, fail))).toBe(mine)
    const input = directory.openInput(name)
    const bytes = new Uint8Array(input.length())
    input.readBytes(bytes)
    bytes[9]! ^= 1
    const damaged = make((output) => output.writeBytes(bytes))
    const error = thrownBy(() => CodecUtil.readToFooter(directory, damaged, fail))
    expect(error).toBeInstanceOf(CorruptIndexError)
    expect(error.cause).toBe(mine)
    expect(() => CodecUtil.readToFooter(directory, name, 5 as never)).toThrow(TypeError)
  })
})

function writeFoo(output: DataOutput): void {
  CodecUtil.writeIndexHeader(output, 'Foo', 5, ID, 'suffix')
}

describe('index header', () => {
  it('is a header with id and suffix', () => {
    const input = open(writeFoo)
    expect(input.length()).toBe(CodecUtil.indexHeaderLength('Foo', 'suffix'))
    expect(CodecUtil.checkIndexHeader(input, 'Foo', 5, 5, ID, 'suffix')).toBe(5)
    expect(input.getFilePointer()).toBe(input.length())
    input.seek(CodecUtil.headerLength('Foo'))
    expect(CodecUtil.checkIndexHeaderID(input, ID)).toEqual(ID)
    expect(CodecUtil.checkIndexHeaderSuffix(input, 'suffix')).toBe('suffix')
  })

  it('takes a suffix of 255 characters and no more', () => {
    const suffix = 'y'.repeat(255)
    const input = open((output) => CodecUtil.writeIndexHeader(output, '', 0, ID, suffix))
    expect(CodecUtil.checkIndexHeader(input, '', 0, 0, ID, suffix)).toBe(0)
    make((output) => {
      for (const bad of ['y'.repeat(256), 'ü', '\0']) {
        expect(() => CodecUtil.writeIndexHeader(output, 'Foo', 0, ID, bad)).toThrow(RangeError)
      }
      expect(() => CodecUtil.writeIndexHeader(output, 'Foo', 0, ID.subarray(1), '')).toThrow(RangeError)
      expect(() => CodecUtil.writeIndexHeader(output, 'Foo', 0, [...ID] as never, '')).toThrow(TypeError)
      expect(output.getFilePointer()).toBe(0)
    })
  })

  it('of another id or suffix', () => {
    expect(() => CodecUtil.checkIndexHeader(open(writeFoo), 'Foo', 5, 5, OTHER_ID, 'suffix')).toThrow(
      /^file mismatch, expected id=000102030405060708090a0b0c0d0e0f, got=00070e151c232a31383f464d545b6269: .*file_/,
    )
    expect(() => CodecUtil.checkIndexHeader(open(writeFoo), 'Foo', 5, 5, ID, 'other')).toThrow(
      /^file mismatch, expected suffix=other, got=suffix: .*file_/,
    )
  })

  it('is copied when its id is right', () => {
    const copy = open((output) => CodecUtil.verifyAndCopyIndexHeader(open(writeFoo), output, ID))
    expect(CodecUtil.readIndexHeader(copy)).toEqual(CodecUtil.readIndexHeader(open(writeFoo)))
    make((output) => {
      expect(() => CodecUtil.verifyAndCopyIndexHeader(open(writeFoo), output, OTHER_ID)).toThrow(
        CorruptIndexError,
      )
      expect(output.getFilePointer()).toBe(0)
    })
  })
})

function whole(output: IndexOutput): void {
  CodecUtil.writeHeader(output, 'Foo', 5)
  output.writeString('this is the body')
  CodecUtil.writeFooter(output)
}

/** The whole file with one thing changed. */
function changed(change: (bytes: Buffer) => Uint8Array): string {
  const input = open(whole)
  const bytes = Buffer.from(input.view(0, input.length()))
  return make((output) => output.writeBytes(change(bytes)))
}

describe('footer', () => {
  it('has the checksum of all before it', async () => {
    const input = open(whole)
    const checksum = CodecUtil.retrieveChecksum(input)
    expect(input.getFilePointer()).toBe(input.length())
    expect(CodecUtil.retrieveChecksum(input, input.length())).toBe(checksum)
    expect(CodecUtil.checksumEntireFile(input)).toBe(checksum)
    expect(await CodecUtil.checksumEntireFileAsync(input)).toBe(checksum)
    expect(CodecUtil.readFooter(input)).toHaveLength(CodecUtil.footerLength())
    using summing = directory.openChecksumInput(make(whole))
    summing.skipBytes(summing.length() - 16)
    expect(CodecUtil.checkFooter(summing)).toBe(checksum)
  })

  it.each([
    ['one byte less', (bytes: Buffer) => bytes.subarray(0, -1), /codec footer mismatch \(file truncated\?\)/],
    [
      'no footer',
      (bytes: Buffer) => bytes.subarray(0, 15),
      /misplaced codec footer \(file truncated\?\): length=15 but footerLength==16/,
    ],
    ['nothing', () => new Uint8Array(0), /length=0 but footerLength==16/],
    [
      'another algorithm',
      (bytes: Buffer) => bytes.fill(1, bytes.length - 9, bytes.length - 8),
      /unknown algorithmID: 1/,
    ],
    [
      'too large a checksum',
      (bytes: Buffer) => bytes.fill(1, bytes.length - 8, bytes.length - 7),
      /Illegal CRC-32 checksum/,
    ],
  ])('is refused in every way with %s', async (_, change, message) => {
    const name = changed(change)
    const input = directory.openInput(name)
    for (const check of [
      () => CodecUtil.checksumEntireFile(input),
      () => CodecUtil.retrieveChecksum(input),
    ]) {
      const error = thrownBy(check)
      expect(error).toBeInstanceOf(CorruptIndexError)
      expect(error.message).toMatch(message)
      expect(error.message).toContain(name)
    }
    await expect(CodecUtil.checksumEntireFileAsync(input)).rejects.toThrow(message)
  })

  it('tells other contents', async () => {
    const input = directory.openInput(changed((bytes) => bytes.fill(0, 20, 21)))
    const message = /^checksum failed \(hardware problem\?\) : expected=[0-9a-f]+ actual=[0-9a-f]+: .*file_/
    expect(CodecUtil.retrieveChecksum(input)).toBeGreaterThan(0)
    expect(() => CodecUtil.checksumEntireFile(input)).toThrow(message)
    await expect(CodecUtil.checksumEntireFileAsync(input)).rejects.toThrow(message)
  })

  it('must be all that is left', () => {
    using early = directory.openChecksumInput(make(whole))
    early.skipBytes(early.length() - 17)
    expect(() => CodecUtil.checkFooter(early)).toThrow(/file extended\?\): remaining=17, expected=16/)
    using late = directory.openChecksumInput(make(whole))
    late.skipBytes(late.length() - 15)
    expect(() => CodecUtil.checkFooter(late)).toThrow(/file truncated\?\): remaining=15, expected=16/)
  })

  it('must be where the expected length puts it', () => {
    const input = open(whole)
    expect(() => CodecUtil.retrieveChecksum(input, input.length() + 1)).toThrow(/^truncated file: length=/)
    expect(() => CodecUtil.retrieveChecksum(input, input.length() - 1)).toThrow(/^file too long: length=/)
    expect(() => CodecUtil.retrieveChecksum(input, 15)).toThrow(RangeError)
  })

  it('takes null for no earlier error, as it stands in code that comes from Java', () => {
    using input = directory.openChecksumInput(make(whole))
    input.skipBytes(input.length() - 16)
    expect(CodecUtil.checkFooter(input, null)).toBe(CodecUtil.retrieveChecksum(open(whole)))
  })

  it('leaves an earlier error as it is when the file is good', () => {
    using input = directory.openChecksumInput(make(whole))
    const prior: Error & { suppressed?: Error[] } = new Error('prior')
    expect(thrownBy(() => CodecUtil.checkFooter(input, prior))).toBe(prior)
    expect(prior.suppressed!.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^checksum passed \([0-9a-f]+\)/),
    ])
    using again = directory.openChecksumInput(make(whole))
    const old = new IndexFormatTooOldError('old')
    expect(thrownBy(() => CodecUtil.checkFooter(again, old))).toBe(old)
    expect(old).not.toHaveProperty('suppressed')
    using third = directory.openChecksumInput(make(whole))
    const frozen = Object.freeze(new Error('frozen'))
    expect(thrownBy(() => CodecUtil.checkFooter(third, frozen))).toBe(frozen)
  })

  it('blames the file for an earlier error when it is damaged', () => {
    using input = directory.openChecksumInput(changed((bytes) => bytes.fill(0, 20, 21)))
    const prior = new EndOfFileError('prior')
    const error = thrownBy(() => CodecUtil.checkFooter(input, prior))
    expect(error).toBeInstanceOf(CorruptIndexError)
    expect(error.message).toMatch(/^checksum failed/)
    expect(error.cause).toBe(prior)
  })

  it('cannot tell once it was read into', () => {
    using input = directory.openChecksumInput(make(whole))
    input.skipBytes(input.length() - 3)
    const error = thrownBy(() => CodecUtil.checkFooter(input, new Error('prior')))
    expect(error.message).toMatch(/^checksum status indeterminate: remaining=3/)
  })
})

function large(output: IndexOutput): void {
  const piece = new Uint8Array(1 << 20).fill(7)
  for (let i = 0; i < 3; i++) output.writeBytes(piece)
  CodecUtil.writeFooter(output)
}

describe('checksumEntireFileAsync', () => {
  it('lets the event loop run between slices and says how far it is', async () => {
    const input = open(large)
    let ticks = 0
    let running = true
    const tick = () => {
      ticks++
      if (running) setImmediate(tick)
    }
    setImmediate(tick)
    const seen: [number, number][] = []
    await CodecUtil.checksumEntireFileAsync(input, { onProgress: (...progress) => seen.push(progress) })
    running = false
    expect(ticks).toBeGreaterThanOrEqual(3)
    expect(seen.length).toBeGreaterThanOrEqual(4)
    expect(seen.at(-1)).toEqual([input.length(), input.length()])
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b))
  })

  it('ends with the reason of its signal', async () => {
    const input = open(large)
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = () => controller.abort(reason)
    await expect(
      CodecUtil.checksumEntireFileAsync(input, { signal: controller.signal, onProgress }),
    ).rejects.toBe(reason)
    await expect(CodecUtil.checksumEntireFileAsync(input, { signal: controller.signal })).rejects.toBe(reason)
    expect(CodecUtil.checksumEntireFile(input)).toBeGreaterThan(0)
  })

  it('fails when its input is closed meanwhile', async () => {
    const input = open(large)
    const summing = CodecUtil.checksumEntireFileAsync(input)
    input.close()
    await expect(summing).rejects.toMatchObject({ code: 'ERR_ALREADY_CLOSED' })
  })
})
