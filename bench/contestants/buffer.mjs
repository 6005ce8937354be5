// A bare loop over bytes in memory: what is left when nothing is checked and no method is called.
// The packages that map files give nothing but such memory, so that the same loops stand for them.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import cases from '../../dist/cli/bench-cases.js'
import { ARRAY_LENGTH, HOT, SPAN } from '../cases.mjs'

const { BATCH, keep, makeTarget, positions } = cases

/** `map` gives the bytes of a file. */
export function over(prepare, file = 'plain') {
  return ({ path, files, map }) => {
    const fd = openSync(join(path, files[file]), 'r')
    const bytes = map(fd, join(path, files[file]))
    closeSync(fd)
    return { work: prepare(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)) }
  }
}

/** The file's bytes on the heap of JavaScript. */
export function fromHeap(fd) {
  const bytes = new Uint8Array(fstatSync(fd).size)
  for (let done = 0; done < bytes.length;) done += readSync(fd, bytes, done, bytes.length - done, done)
  return bytes
}

/** Values one after the other from `from` on; `read` goes through `count` of them. */
function sequence(width, read) {
  return (bytes, data) => {
    const length = Math.min(bytes.length, SPAN)
    const count = Math.min(BATCH, Math.floor(length / width))
    let at = 0
    return () => {
      if (at + count * width > length) at = 0
      at = read(bytes, data, at, count)
      return count
    }
  }
}

function filling(make, calls) {
  return (bytes) => {
    const target = make()
    const { BYTES_PER_ELEMENT, byteLength, constructor: Kind } = target
    const length = Math.min(bytes.length, SPAN)
    const count = Math.min(calls, Math.floor(length / byteLength))
    let at = 0
    return () => {
      if (at + count * byteLength > length) at = 0
      for (let i = 0; i < count; i++, at += byteLength) {
        target.set(new Kind(bytes.buffer, bytes.byteOffset + at, byteLength / BYTES_PER_ELEMENT))
      }
      return count
    }
  }
}

function whole(piece) {
  return (bytes) => {
    const target = makeTarget(Uint8Array, Math.min(piece, bytes.length))
    const { length } = target
    return () => {
      let at = 0
      for (; at + length <= bytes.length; at += length) target.set(bytes.subarray(at, at + length))
      return at
    }
  }
}

export function randomly(span) {
  return (bytes, data) => {
    const places = positions(Math.min(bytes.length, span), 4)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < BATCH; i++) sum ^= data.getInt32(at[i], true)
      keep(sum)
      return BATCH
    }
  }
}

function ints(_bytes, data, from, count) {
  let sum = 0
  let at = from
  for (let i = 0; i < count; i++, at += 4) sum ^= data.getInt32(at, true)
  keep(sum)
  return at
}

/** @type {Record<string, (context: object) => { work: () => number }>} */
export const works = {
  byte: over(
    sequence(1, (bytes, _data, from, count) => {
      let sum = 0
      let at = from
      for (let i = 0; i < count; i++) sum ^= bytes[at++]
      keep(sum)
      return at
    }),
  ),
  int: over(sequence(4, ints)),
  'small-int': over(sequence(4, ints), 'small'),
  long: over(
    sequence(8, (_bytes, data, from, count) => {
      let sum = 0n
      let at = from
      for (let i = 0; i < count; i++, at += 8) sum = BigInt.asIntN(64, sum + data.getBigInt64(at, true))
      keep(sum)
      return at
    }),
  ),
  'safe-long': over(
    sequence(8, (_bytes, data, from, count) => {
      let sum = 0
      let at = from
      for (let i = 0; i < count; i++, at += 8) {
        sum += data.getInt32(at + 4, true) * 0x1_0000_0000 + data.getUint32(at, true)
      }
      keep(sum)
      return at
    }),
    'small',
  ),
  double: over(
    sequence(8, (_bytes, data, from, count) => {
      let sum = 0
      let at = from
      for (let i = 0; i < count; i++, at += 8) sum += data.getFloat64(at, true)
      keep(sum)
      return at
    }),
  ),
  vint: over(
    sequence(5, (bytes, _data, from, count) => {
      let sum = 0
      let at = from
      for (let i = 0; i < count; i++) {
        let byte = bytes[at++]
        let value = byte & 0x7f
        for (let shift = 7; byte >= 0x80; shift += 7) {
          byte = bytes[at++]
          value |= (byte & 0x7f) << shift
        }
        sum ^= value
      }
      keep(sum)
      return at
    }),
    'vints',
  ),
  'bytes-1m': over(whole(2 ** 20)),
  'bytes-16k': over(whole(2 ** 14)),
  'bytes-64': over(filling(() => new Uint8Array(64), BATCH)),
  'bytes-16': over(filling(() => new Uint8Array(16), BATCH)),
  ints: over(filling(() => makeTarget(Int32Array, ARRAY_LENGTH), 256)),
  longs: over(filling(() => makeTarget(BigInt64Array, ARRAY_LENGTH), 256)),
  floats: over(filling(() => makeTarget(Float32Array, ARRAY_LENGTH), 256)),
  random: over(randomly(Infinity)),
  'random-hot': over(randomly(HOT)),
  absolute: over(randomly(Infinity)),
  'absolute-hot': over(randomly(HOT)),
  slice: over((bytes) => {
    const places = positions(bytes.length, 4096)
    return () => {
      const at = places()
      for (let i = 0; i < BATCH; i++) keep(bytes.subarray(at[i], at[i] + 4096))
      return BATCH
    }
  }),
  crc: over((bytes) => () => {
    keep(crc32(bytes))
    return bytes.length
  }),
}

/** Opening; and closing, where there is something that ends a mapping. */
export function openings(unmap) {
  const opens = { open: opening(() => {}, unmap) }
  if (unmap === undefined) return opens
  return {
    ...opens,
    'open-close': opening(unmap),
    'open-read-close': opening((bytes) => {
      keep(bytes[0])
      unmap(bytes)
    }),
  }
}

/** Few at a time: what is not unmapped waits for V8, or stays for good. */
const OPENED = 8

/** Opens, does what comes `then`, and does `later` when the time is taken. */
function opening(then, later) {
  return ({ path, files, map }) => {
    const file = join(path, files.plain)
    const opened = []
    const work = () => {
      for (let i = 0; i < OPENED; i++) {
        const fd = openSync(file, 'r')
        const bytes = map(fd, file)
        closeSync(fd)
        then(bytes)
        if (later !== undefined) opened.push(bytes)
      }
      return OPENED
    }
    const settle = () => {
      for (const bytes of opened.splice(0)) later(bytes)
    }
    return { work: Object.assign(work, { settle }) }
  }
}
