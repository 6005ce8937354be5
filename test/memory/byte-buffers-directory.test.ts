import { describe, expect, it } from 'vitest'

import { ByteBuffersDataOutput, ByteBuffersDirectory, IOContext } from '../../src/index.js'
import { contentOf, pattern, write } from '../support/files.js'

/** A directory, and the outputs that it had made. */
function counted(joinUpTo?: number): { directory: ByteBuffersDirectory; outputs: ByteBuffersDataOutput[] } {
  const outputs: ByteBuffersDataOutput[] = []
  const newDataOutput = (): ByteBuffersDataOutput => {
    const output = new ByteBuffersDataOutput({ minBits: 4, maxBits: 4 })
    outputs.push(output)
    return output
  }
  return { directory: new ByteBuffersDirectory({ joinUpTo, newDataOutput }), outputs }
}

describe('ByteBuffersDirectory', () => {
  it.each([
    [0, 1000, true],
    [999, 1000, true],
    [1000, 1000, false],
    [Infinity, 1000, false],
    [undefined, 1000, false],
  ])('with joinUpTo %s keeps the blocks of a file of %i bytes: %s', (joinUpTo, length, kept) => {
    const { directory, outputs } = counted(joinUpTo)
    write(directory, 'file', pattern(length))
    expect(outputs.length).toBe(1)
    expect(outputs[0]!.size()).toBe(kept ? length : 0) // reset once its bytes are elsewhere
    expect(contentOf(directory, 'file')).toEqual(pattern(length))
    expect(directory.fileLength('file')).toBe(length)
    using input = directory.openInput('file')
    for (let position = 0; position < length - 4; position += 5) {
      input.seek(position)
      expect(input.readInt()).toBe(Buffer.from(pattern(length)).readInt32LE(position))
    }
  })

  it('opens a file any number of times over the same memory', () => {
    const { directory } = counted(0)
    write(directory, 'file', pattern(100))
    const inputs = Array.from({ length: 5 }, () => directory.openInput('file', IOContext.READ))
    inputs[0]!.close()
    directory.deleteFile('file')
    directory.close()
    for (const [i, input] of inputs.slice(1).entries()) {
      input.seek(10 * i)
      expect(input.readInt()).toBe(Buffer.from(pattern(100)).readInt32LE(10 * i))
    }
  })

  it.each([
    [{ joinUpTo: -1 }, RangeError],
    [{ joinUpTo: 0.5 }, RangeError],
    [{ joinUpTo: 'all' }, TypeError],
    [{ newDataOutput: {} }, TypeError],
    [{ joinUpto: 1 }, TypeError],
  ])('refuses the options %j', (options, type) => {
    expect(() => new ByteBuffersDirectory(options as never)).toThrow(type)
  })

  it('refuses what newDataOutput makes when it is none, and then has no file', () => {
    const directory = new ByteBuffersDirectory({ newDataOutput: () => ({}) as never })
    expect(() => directory.createOutput('file')).toThrow(/newDataOutput\(\) returns must be/)
    expect(directory.listAll()).toEqual([])
  })

  it('does not open a file for which there was no memory', () => {
    const allocator = {
      allocate: () => {
        throw new RangeError('Array buffer allocation failed')
      },
    }
    const directory = new ByteBuffersDirectory({
      newDataOutput: () => new ByteBuffersDataOutput({ allocator }),
    })
    const output = directory.createOutput('file')
    output.writeByte(1)
    expect(() => output.close()).toThrow(/allocation failed/)
    expect(directory.fileLength('file')).toBe(0)
    expect(() => directory.openInput('file')).toThrow(expect.objectContaining({ code: 'EACCES' }))
    directory.deleteFile('file')
  })
})
