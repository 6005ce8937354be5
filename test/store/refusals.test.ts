import { describe, expect, it } from 'vitest'

import {
  BufferedChecksum,
  BufferedChecksumIndexInput,
  ByteBuffersDataOutput,
  ByteBuffersDirectory,
  type DataOutput,
  IndexInput,
  IndexOutput,
  IOContext,
  NoLockFactory,
  SingleInstanceLockFactory,
  StorageError,
  TrackingDirectoryWrapper,
  waitForLock,
} from '../../src/index.js'
import {
  checkInstance,
  checkIterable,
  checkObject,
  checkOptions,
  checkRange,
  checkSize,
  checkString,
  checkWatching,
  invalidType,
  memoryGone,
  outOfRange,
  unsupported,
} from '../../src/store/arguments.js'
import { alignOffset } from '../../src/store/index-output.js'
import { memoryFor } from '../../src/store/memory-for.js'
import { SharedInput } from '../../src/store/shared-input.js'

/** The class, the code and the words of what an attempt throws. */
function refusal(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException
    return [name, code, message]
  }
}

/** How many bytes an output has. */
function written(output: DataOutput): number {
  return output instanceof IndexOutput ? output.getFilePointer() : (output as ByteBuffersDataOutput).size()
}

const wrong = (value: unknown): never => value as never
const type = (message: string): unknown => ['TypeError', 'ERR_INVALID_ARG_TYPE', message]
const range = (message: string): unknown => ['RangeError', 'ERR_OUT_OF_RANGE', message]

describe('what a refusal says', () => {
  it.each([
    ['text', `'text'`],
    [5n, '5n'],
    [() => 5, 'a function'],
    [{}, '[object Object]'],
    [new Map(), '[object Map]'],
    [null, 'null'],
    [undefined, 'undefined'],
    [-1.5, '-1.5'],
    [Symbol('x'), 'Symbol(x)'],
  ])('shows what was given: %s', (value, shown) => {
    expect(
      refusal(() => {
        throw invalidType('it', 'else', value)
      }),
    ).toEqual(type(`it must be else, got ${shown}`))
    expect(
      refusal(() => {
        throw outOfRange('it', 'less', value)
      }),
    ).toEqual(range(`it must be less, got ${shown}`))
  })

  it('has a cause where there is one', () => {
    const cause = new Error('why')
    expect(unsupported('not here', cause)).toMatchObject({ code: 'ERR_UNSUPPORTED_OPERATION', cause })
    expect('cause' in unsupported('not here')).toBe(false)
    expect('cause' in new StorageError('ERR_X', 'x', {})).toBe(false)
    expect(new StorageError('ERR_X', 'x', { cause })).toMatchObject({ cause })
    expect(
      refusal(() => {
        throw memoryGone('the file')
      }),
    ).toEqual([
      'TypeError',
      'ERR_INVALID_STATE',
      'The memory is gone: an array was detached or became shorter: the file',
    ])
  })
})

describe('checks of arguments', () => {
  it.each([
    () => checkString('it', ''),
    () => checkIterable('it', new Set()),
    () => checkObject('it', []),
    () => checkInstance('it', new Map(), Map),
    () => checkWatching(undefined, undefined),
    () => checkWatching(new AbortController().signal, () => {}),
    () => checkSize('it', 0),
    () => checkSize('it', 2 ** 53 - 1),
    () => checkRange('it', 3, 7, 10),
    () => checkOptions('it', { known: 1 }, ['known', 'other']),
  ])('let pass what is right: %s', (attempt) => {
    expect(attempt).not.toThrow()
  })

  it.each<[() => unknown, unknown]>([
    [() => checkString('it', wrong(5)), type('it must be a string, got 5')],
    [() => checkIterable('it', wrong(5)), type('it must be iterable, got 5')],
    [() => checkIterable('it', wrong(undefined)), type('it must be iterable, got undefined')],
    [() => checkObject('it', wrong(5)), type('it must be an object, got 5')],
    [() => checkObject('it', wrong(null)), type('it must be an object, got null')],
    [() => checkInstance('it', {}, Map), type('it must be of the class Map, got [object Object]')],
    [() => checkWatching(wrong(null), 5), type('signal must be an AbortSignal, got null')],
    [() => checkWatching(wrong({}), 5), type('signal must be an AbortSignal, got [object Object]')],
    [() => checkWatching(undefined, 5), type('onProgress must be a function, got 5')],
    [() => checkSize('it', wrong('5')), type(`it must be a number, got '5'`)],
    [() => checkSize('it', -1), range('it must be a whole number from 0 to 2^53 - 1, got -1')],
    [() => checkSize('it', 0.5), range('it must be a whole number from 0 to 2^53 - 1, got 0.5')],
    [
      () => checkRange('it', -1, 1, 10),
      range('it: offset must be a whole number from 0 to 2^53 - 1, got -1'),
    ],
    [
      () => checkRange('it', 1, -1, 10),
      range('it: length must be a whole number from 0 to 2^53 - 1, got -1'),
    ],
    [() => checkRange('it', 3, 8, 10), range('it out of bounds: offset=3, length=8, available=10')],
    [() => checkOptions('it', wrong(5), []), type('it options must be an object, got 5')],
    [
      () => checkOptions('it', { chunkPowr: 1 }, ['preload', 'chunkPower']),
      ['TypeError', 'ERR_INVALID_ARG_VALUE', `Misspelt option 'chunkPowr' of it should be 'chunkPower'`],
    ],
    [
      () => checkOptions('it', { chunkP: 1 }, ['preload', 'chunkPower']),
      [
        'TypeError',
        'ERR_INVALID_ARG_VALUE',
        `it has no option 'chunkP'; its options are preload, chunkPower`,
      ],
    ],
  ])('refuse the rest: %s', (attempt, expected) => {
    expect(refusal(attempt)).toEqual(expected)
  })
})

describe.each<[string, () => DataOutput]>([
  ['ByteBuffersDataOutput', () => new ByteBuffersDataOutput()],
  ['an output of a storage', () => new ByteBuffersDirectory().createOutput('file')],
  [
    'an output around another',
    () => new TrackingDirectoryWrapper(new ByteBuffersDirectory()).createOutput('file'),
  ],
])('%s', (_, make) => {
  it('writes nothing of what does not fit', () => {
    const output = make()
    const attempts: [() => unknown, unknown][] = [
      [() => output.writeByte(wrong('5')), range(`value must be a byte, got '5'`)],
      [() => output.writeByte(256), range('value must be a byte, got 256')],
      [() => output.writeByte(-129), range('value must be a byte, got -129')],
      [() => output.writeByte(1.5), range('value must be a byte, got 1.5')],
      [() => output.writeShort(wrong('5')), range(`value must be an int16, got '5'`)],
      [() => output.writeShort(2 ** 15), range('value must be an int16, got 32768')],
      [() => output.writeInt(wrong('5')), range(`value must be an int32, got '5'`)],
      [() => output.writeInt(2 ** 31), range('value must be an int32, got 2147483648')],
      [() => output.writeLong(wrong('5')), type(`value must be a bigint or a number, got '5'`)],
      [() => output.writeLong(2n ** 63n), range('value must be an int64, got 9223372036854775808n')],
      [
        () => output.writeLong(2 ** 53),
        range('value must be a whole number within ±(2^53 - 1), or a bigint, got 9007199254740992'),
      ],
      [() => output.writeFloat(wrong('5')), type(`value must be a number, got '5'`)],
      [() => output.writeDouble(wrong(5n)), type('value must be a number, got 5n')],
      [() => output.writeString(wrong(5)), type('value must be a string, got 5')],
      [() => output.writeBytes(wrong([5])), type('source must be a Uint8Array, got [object Array]')],
      [() => output.writeInts(wrong([5])), type('array must be an Int32Array, got [object Array]')],
      [() => output.writeGroupVInts(wrong([5]), 1), type('source must be an Int32Array, got [object Array]')],
      [
        () => output.writeGroupVInts(new Int32Array(3), 4),
        range(`count must be at most 3, the source's length, got 4`),
      ],
      [() => output.writeMapOfStrings(wrong({})), type('map must be a Map, got [object Object]')],
      [() => output.writeMapOfStrings(wrong(new Map([[5, 'a']]))), type('key must be a string, got 5')],
      [() => output.writeMapOfStrings(wrong(new Map([['a', 5]]))), type('value must be a string, got 5')],
      [() => output.writeSetOfStrings(wrong(['a'])), type('set must be a Set, got [object Array]')],
      [() => output.writeSetOfStrings(wrong(new Set(['a', 5]))), type('value must be a string, got 5')],
      [
        () => output.copyBytes(wrong({}), 1),
        type('input must be of the class DataInput, got [object Object]'),
      ],
      [
        () => output.copyBytes(IndexInput.from(wrong({ length: 0, window() {}, close() {} }), 'x'), -1),
        range('length must be a whole number from 0 to 2^53 - 1, got -1'),
      ],
    ]
    expect(attempts.map(([attempt]) => refusal(attempt))).toEqual(attempts.map(([, expected]) => expected))
    output.writeByte(7)
    expect(written(output)).toBe(1)
  })

  it('copies what an input has, in pieces, and nothing of more than that', () => {
    const directory = new ByteBuffersDirectory()
    const bytes = Uint8Array.from({ length: 150_000 }, (__, i) => i % 251)
    const source = directory.createOutput('source')
    source.writeBytes(bytes)
    source.close()
    const input = directory.openInput('source')
    input.seek(10)
    const output = make()
    expect(refusal(() => output.copyBytes(input, 149_991))).toEqual([
      'EndOfFileError',
      'ERR_END_OF_FILE',
      expect.stringMatching(/position=10.*149991.*150000/s),
    ])
    expect(input.getFilePointer()).toBe(10)
    output.copyBytes(input, 149_990)
    expect(input.getFilePointer()).toBe(150_000)
    expect(written(output)).toBe(149_990)
  })
})

describe('what makes objects of the library', () => {
  const sink = { write: () => 1, close: () => {} }

  it.each<[() => unknown, unknown]>([
    [() => IndexOutput.from(wrong(undefined), 'x', 'x'), type('sink must be an OutputSink, got undefined')],
    [
      () => IndexOutput.from(wrong({ write: sink.write }), 'x', 'x'),
      type('sink must be an OutputSink, got [object Object]'),
    ],
    [
      () => IndexOutput.from(wrong({ close: sink.close }), 'x', 'x'),
      type('sink must be an OutputSink, got [object Object]'),
    ],
    [() => IndexOutput.from(sink, 'x', wrong(5)), type('description must be a string, got 5')],
    [() => new BufferedChecksum(2 ** 30 + 1), range('size must be from 8 to 1073741824, got 1073741825')],
    [() => new BufferedChecksum(wrong('8')), type(`size must be a number, got '8'`)],
    [
      () => new BufferedChecksumIndexInput(wrong({})),
      type('main must be an IndexInput, got [object Object]'),
    ],
    [
      () => new ByteBuffersDirectory().copyFrom(wrong({}), 'a', 'b'),
      type('from must be a Directory, got [object Object]'),
    ],
    [() => IOContext.merge(wrong(5)), type('info must be a MergeInfo, got 5')],
    [() => IOContext.merge(wrong(null)), type('info must be a MergeInfo, got null')],
    [() => IOContext.flush(wrong(5)), type('info must be a FlushInfo, got 5')],
    [() => IOContext.flush(wrong(null)), type('info must be a FlushInfo, got null')],
    [
      () => IOContext.READ.withHints(wrong(null)),
      type('hint must be an object with a kind and a value, got null'),
    ],
    [() => alignOffset(1, 1.5), range('alignment must be a power of two, got 1.5')],
    [() => alignOffset(1, 0), range('alignment must be a power of two, got 0')],
    [() => alignOffset(1, 2 ** 60), range('alignment must be a power of two, got 1152921504606847000')],
    [
      () => alignOffset(2 ** 53 - 1, 2),
      range('the aligned offset must be a whole number from 0 to 2^53 - 1, got 9007199254740992'),
    ],
    [() => new SharedInput(wrong({}), wrong(5)), type('release must be a function, got 5')],
  ])('refuses what it cannot use: %s', (attempt, expected) => {
    expect(refusal(attempt)).toEqual(expected)
  })

  it('waits for locks of directories only', async () => {
    await expect(waitForLock(wrong({}), 'lock', { timeout: 0 })).rejects.toThrow(TypeError)
  })

  it('says where there is no memory', () => {
    expect(refusal(() => memoryFor(2 ** 40, 'a window'))).toEqual([
      'StorageError',
      'ERR_MEMORY_ALLOCATION_FAILED',
      'No memory for 1099511627776 bytes: a window',
    ])
  })
})

it('gives up a shared input by what its storage does for that', () => {
  let released = 0
  const input = new SharedInput(wrong({}), () => released++)
  input.release()
  expect(released).toBe(1)
})

it('describes locks by their names', () => {
  const directory = new ByteBuffersDirectory()
  expect(String(NoLockFactory.INSTANCE.obtainLock(directory, 'a'))).toBe('NoLock(name="a")')
  const lock = NoLockFactory.INSTANCE.obtainLock(directory, 'a')
  lock[Symbol.dispose]()
  expect(() => lock.ensureValid()).toThrow('Lock was released: a')
  expect(String(new SingleInstanceLockFactory().obtainLock(directory, 'b'))).toContain('name="b"')
})
