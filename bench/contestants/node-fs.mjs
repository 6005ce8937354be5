// Node's own synchronous calls: one system call for every read, or the whole file at once.
import { closeSync, openSync, readFileSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import cases from '../../dist/cli/bench-cases.js'
import { ARRAY_LENGTH, HOT, SPAN, WRITTEN } from '../cases.mjs'

const { keep, makeTarget, positions } = cases

/** System calls between two looks at the clock. */
const CALLS = 256

function over(prepare) {
  return ({ path, files, length }) => {
    const file = join(path, files.plain)
    const fd = openSync(file, 'r')
    return { work: prepare(fd, length, file) }
  }
}

function sequence(make, value) {
  return (fd, length) => {
    const target = make()
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    const span = Math.min(length, SPAN)
    let at = 0
    return () => {
      if (at + CALLS * bytes.length > span) at = 0
      for (let i = 0; i < CALLS; i++, at += bytes.length) {
        readSync(fd, bytes, 0, bytes.length, at)
        if (value) keep(target[0])
      }
      return CALLS
    }
  }
}

function whole(piece) {
  return (fd, length) => {
    const target = makeTarget(Uint8Array, Math.min(piece, length))
    return () => {
      let at = 0
      for (; at + target.length <= length; at += target.length) readSync(fd, target, 0, target.length, at)
      return at
    }
  }
}

function randomly(span) {
  return (fd, length) => {
    const places = positions(Math.min(length, span), 4)
    const target = new Int32Array(1)
    return () => {
      const at = places()
      let sum = 0
      for (let i = 0; i < CALLS; i++) {
        readSync(fd, target, 0, 4, at[i])
        sum ^= target[0]
      }
      keep(sum)
      return CALLS
    }
  }
}

function opening(then, later) {
  return over((_fd, _length, file) => {
    const opened = []
    const work = () => {
      for (let i = 0; i < 64; i++) {
        const fd = openSync(file, 'r')
        then(fd)
        if (later !== undefined) opened.push(fd)
      }
      return 64
    }
    const settle = () => {
      for (const fd of opened.splice(0)) later(fd)
    }
    return Object.assign(work, { settle })
  })
}

const piece = new Uint8Array(2 ** 14)

/** Positional reads. */
export const positional = {
  byte: over(sequence(() => new Uint8Array(1), true)),
  int: over(sequence(() => new Int32Array(1), true)),
  long: over(sequence(() => new BigInt64Array(1), true)),
  'bytes-1m': over(whole(2 ** 20)),
  'bytes-16k': over(whole(2 ** 14)),
  'bytes-64': over(sequence(() => new Uint8Array(64), false)),
  'bytes-16': over(sequence(() => new Uint8Array(16), false)),
  ints: over(sequence(() => makeTarget(Int32Array, ARRAY_LENGTH), false)),
  longs: over(sequence(() => makeTarget(BigInt64Array, ARRAY_LENGTH), false)),
  floats: over(sequence(() => makeTarget(Float32Array, ARRAY_LENGTH), false)),
  random: over(randomly(Infinity)),
  'random-hot': over(randomly(HOT)),
  absolute: over(randomly(Infinity)),
  'absolute-hot': over(randomly(HOT)),
  'open-close': opening(closeSync),
  'open-read-close': opening((fd) => {
    readSync(fd, piece, 0, 1, 0)
    closeSync(fd)
  }),
  open: opening(() => {}, closeSync),
  crc: over((fd, length) => {
    const target = new Uint8Array(2 ** 16)
    return () => {
      let sum = 0
      for (let at = 0; at < length; at += target.length) {
        const count = readSync(fd, target, 0, target.length, at)
        sum = crc32(count < target.length ? target.subarray(0, count) : target, sum)
      }
      keep(sum)
      return length
    }
  }),
  'write-16k': ({ path }) => {
    const file = join(path, 'written')
    const work = () => {
      const fd = openSync(file, 'wx')
      for (let at = 0; at < WRITTEN; at += piece.length) writeSync(fd, piece)
      closeSync(fd)
      return WRITTEN
    }
    return { work: Object.assign(work, { settle: () => unlinkSync(file) }) }
  },
}

/** The whole file, for every time that it is opened. */
export const atOnce = {
  'open-read-close': over((_fd, _length, file) => () => {
    keep(readFileSync(file)[0])
    return 1
  }),
  crc: over((_fd, length, file) => () => {
    keep(crc32(readFileSync(file)))
    return length
  }),
}
