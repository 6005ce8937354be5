import { expect, it } from 'vitest'

import { swapElements } from '../../src/store/intrinsics.js'

it('bytes are turned around element by element, and back by doing it again', () => {
  for (const size of [4, 8]) {
    const bytes = Uint8Array.from({ length: 3 * size }, (_, i) => i)
    const turned = bytes.slice()
    swapElements(turned, size)
    const expected = [0, 1, 2].flatMap((element) =>
      Array.from({ length: size }, (_, i) => element * size + size - 1 - i),
    )
    expect([...turned]).toEqual(expected)
    swapElements(turned, size)
    expect(turned).toEqual(bytes)
  }
})
