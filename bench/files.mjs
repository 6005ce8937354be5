// The files that are read: the same bytes in every run.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const SEED = 20_26_11

/** xorshift32: fast, and the same everywhere. */
function randomWords(seed) {
  let word = seed
  return () => {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    return word
  }
}

/**
 * plain: random bytes. small: int64s below 2^16, which are also int32s, and doubles near 0.
 * vints: vInts of one to five bytes, as many of each.
 */
export const NAMES = { plain: 'plain.bin', small: 'small.bin', vints: 'vints.bin' }

export function makeFiles(directory, length) {
  const next = randomWords(SEED)
  makePlainFile(directory, length, next)
  const shortLength = Math.min(length, 2 ** 25)
  write(join(directory, NAMES.small), shortLength, (piece) => {
    const words = new Int32Array(piece.buffer)
    for (let i = 0; i < words.length; i += 2) {
      words[i] = next() >>> 16
      words[i + 1] = 0
    }
  })
  write(join(directory, NAMES.vints), shortLength, (piece) => {
    // A piece ends with vInts of one byte, so that none crosses into the next one.
    let at = 0
    while (at < piece.length) {
      const bytes = at + 5 > piece.length ? 1 : 1 + ((next() >>> 8) % 5)
      for (let i = 1; i < bytes; i++) piece[at++] = 0x80 | next()
      piece[at++] = bytes === 5 ? 1 + (next() & 7) : 1 + (next() & 0x3f)
    }
  })
}

export function makePlainFile(directory, length, next = randomWords(SEED)) {
  write(join(directory, NAMES.plain), length, (piece) => {
    const words = new Int32Array(piece.buffer)
    for (let i = 0; i < words.length; i++) words[i] = next()
  })
}

function write(path, length, fill) {
  const fd = openSync(path, 'wx')
  const piece = new Uint8Array(Math.min(length, 2 ** 20))
  for (let done = 0; done < length; done += piece.length) {
    fill(piece)
    writeSync(fd, piece, 0, Math.min(piece.length, length - done))
  }
  closeSync(fd)
}
