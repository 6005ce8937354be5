import fs, { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory, StorageError } from '../../src/index.js'
import { giveBack, takeAligned } from '../../src/fs/aligned-memory.js'
import { DirectFileSink } from '../../src/fs/direct-file-sink.js'
import { DirectFileSource } from '../../src/fs/direct-file-source.js'
import { O_DIRECT } from '../../src/fs/system.js'
import { replace, restoreReplaced } from '../support/replaced.js'
import { openDescriptors } from '../support/system-calls.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

let path: string
let file: string

beforeEach(() => {
  path = temporaryDirectory()
  file = join(path, 'file')
  writeFileSync(file, 'content')
})

afterEach(() => {
  restoreReplaced()
  removeDirectory(path)
})

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** Opens in a function of its own, so that nothing refers to what it opens, and tells whether its descriptors are closed in time. */
async function closedOnceForgotten(open: () => void): Promise<boolean> {
  const wanted = openDescriptors()
  const closed = new Set<number>()
  const { close } = fs
  replace(fs, {
    close: ((fd: number, done: () => void) => {
      closed.add(fd)
      close(fd, done)
    }) as typeof close,
  })
  open()
  const collect = collector()
  for (let round = 0; round < 100 && closed.size < wanted.size; round++) {
    collect()
    await setTimeout(10)
  }
  return closed.size > 0 && [...wanted].every((fd) => closed.has(fd))
}

/** Where the next piece of aligned memory is. */
function nextPiece(): number {
  const piece = takeAligned()!
  giveBack(piece)
  return piece.byteOffset
}

// bun collects when it likes.
describe.skipIf(process.versions['bun'] !== undefined)('what was dropped without close gives back', () => {
  it('the descriptor of an input', async () => {
    const closed = await closedOnceForgotten(() => {
      FSDirectory.open(path).openInput('file').readByte()
    })
    expect(closed).toBe(true)
  })

  it('the descriptor of an output', async () => {
    const closed = await closedOnceForgotten(() => {
      FSDirectory.open(path).createOutput('new').writeByte(1)
    })
    expect(closed).toBe(true)
  })

  describe.skipIf(O_DIRECT === 0)('past the cache (needs O_DIRECT)', () => {
    beforeEach(() => {
      const { openSync } = fs
      replace(fs, {
        openSync: (name, flags, mode) =>
          openSync(name, typeof flags === 'number' ? flags & ~O_DIRECT : flags, mode),
      })
    })

    it('the descriptor and the memory of an input', async () => {
      const piece = nextPiece()
      const closed = await closedOnceForgotten(() => {
        expect(DirectFileSource.open(file)).not.toBeInstanceOf(StorageError)
        expect(nextPiece()).not.toBe(piece)
      })
      expect([closed, nextPiece()]).toEqual([true, piece])
    })

    it('both descriptors and the memory of an output that was not written to', async () => {
      const piece = nextPiece()
      const closed = await closedOnceForgotten(() => {
        DirectFileSink.create(join(path, 'new'), () => {})
        expect(nextPiece()).not.toBe(piece)
      })
      expect([closed, nextPiece()]).toEqual([true, piece])
    })
  })
})
