import { expect, it } from 'vitest'

import { FileFaultError, IndexInput, Window, type WindowSource } from '../../src/index.js'

it('a value of several pieces that has lost its first bytes only is a fault', () => {
  const health = new Int32Array([1])
  const source: WindowSource = {
    length: 100,
    window(position, need) {
      health[0] = 0 // while it was put together
      return new Window(position, new Uint8Array(need).fill(0, 0, 2).fill(7, 2), need, health)
    },
    fault: () => (health[0] === 0 ? new FileFaultError('A page was lost', { path: 'file' }) : undefined),
    close: () => {},
  }
  const input = IndexInput.from(source, 'pieces')
  const clone = input.clone()
  expect(() => input.readInt()).toThrow(FileFaultError)
  expect(() => clone.readByte()).toThrow(FileFaultError)
  expect(() => input.randomAccessSlice(0, 10)).toThrow(FileFaultError)
})
