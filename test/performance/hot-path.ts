import { expect } from 'vitest'

import { runScript } from '../support/child.js'

/**
 * What the scripts of this folder begin with. Every operation is a loop of a few thousand calls;
 * one long loop would be compiled while it runs, and be another program.
 *
 * V8 writes what it deoptimises to standard output, and the script what it found to standard error.
 */
const PREAMBLE = `
'use strict'
const fs = require('node:fs')
const v8 = require('node:v8')
const { join } = require('node:path')
const { windowPower } = require(dist + '/store/window-power.js')
const dir = process.argv[1]
const CALLS = 4096
const MILLION = 2 ** 20
let sink
/** What an operation needs before it is run many times. */
let begin
/** Int64s that are small numbers; as bytes, vInts of one, two and three bytes. */
const PATTERN = [0x81, 0x01, 0x05, 0x82, 0x83, 0x04, 0x00, 0x00]
const bytes = Buffer.alloc(CALLS * 16, Buffer.from(PATTERN))
const groups = (() => {
  const memory = new lib.ByteBuffersDirectory()
  const output = memory.createOutput('groups')
  const values = Int32Array.from({ length: CALLS }, (_, i) => [i & 0x7f, 0x1234, 0x123456, 0x12345678][i & 3])
  output.writeGroupVInts(values, CALLS)
  output.close()
  const input = memory.openInput('groups')
  const copy = new Uint8Array(input.length())
  input.readBytes(copy)
  return copy
})()
const sample = Buffer.concat([bytes, groups])

const target16 = new Uint8Array(16)
const target64 = new Uint8Array(64)
const ints = new Int32Array(16)
const longs = new BigInt64Array(8)
const floats = new Float32Array(16)
const group = new Int32Array(CALLS)
const source = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** Reads of an input: from its beginning on, unless they say otherwise. */
const READS = {
  readByte(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readByte(); sink = sum },
  readShort(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readShort(); sink = sum },
  readInt(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readInt(); sink = sum },
  readSafeLong(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readSafeLong(); sink = sum },
  readFloat(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readFloat(); sink = sum },
  readDouble(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readDouble(); sink = sum },
  readVInt(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readVInt(); sink = sum },
  readZInt(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readZInt(); sink = sum },
  readSafeVLong(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readSafeVLong(); sink = sum },
  seekAndReadInt(input) {
    let sum = 0
    for (let i = 0; i < CALLS; i++) {
      input.seek((i * 4049) & 0x1ff)
      sum = (sum + input.readInt()) | 0
    }
    sink = sum
  },
  skipBytes(input) {
    let sum = 0
    for (let i = 0; i < CALLS; i++) {
      input.skipBytes(3)
      sum += input.readByte()
    }
    sink = sum
  },
}
/** Absolute reads. */
const ABSOLUTE = {
  readByteAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readByte((i * 4049) & 0x1ff); sink = sum },
  readShortAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readShort((i * 4049) & 0x1ff); sink = sum },
  readIntAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readInt((i * 4049) & 0x1ff); sink = sum },
  readSafeLongAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readSafeLong((i * 8) & 0x1ff); sink = sum },
  readFloatAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readFloat((i * 8) & 0x1ff); sink = sum },
  readDoubleAt(reader) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += reader.readDouble((i * 8) & 0x1ff); sink = sum },
  readShortBytesAt(reader) { for (let i = 0; i < CALLS; i++) reader.readBytes((i * 4049) & 0x1ff, target16, 0, 16) },
}
/** What makes small objects for every call: a bigint, or a view for the engine's copy. */
const WITH_AN_OBJECT = {
  readSafeZLong(input) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += input.readSafeZLong(); sink = sum },
  readLong(input) { let sum = 0n; for (let i = 0; i < CALLS; i++) sum = BigInt.asIntN(64, sum + input.readLong()); sink = sum },
  readBytes(input) { for (let i = 0; i < CALLS; i++) { input.seek(i & 0x1ff); input.readBytes(target64) } },
  readInts(input) { for (let i = 0; i < CALLS; i++) { input.seek(i & 0x1ff); input.readInts(ints) } },
  readLongs(input) { for (let i = 0; i < CALLS; i++) { input.seek(i & 0x1ff); input.readLongs(longs) } },
  readFloats(input) { for (let i = 0; i < CALLS; i++) { input.seek(i & 0x1ff); input.readFloats(floats) } },
}
const BULK = {
  readShortBytes(input) { for (let i = 0; i < CALLS; i++) input.readBytes(target16, 0, 16) },
  readGroupVInts(input) {
    for (let i = 0; i < CALLS; i += 64) {
      input.seek(bytes.length)
      input.readGroupVInts(group, 64)
    }
    sink = group[7]
  },
}
const WRITES = {
  writeByte(output) { for (let i = 0; i < CALLS; i++) output.writeByte(i & 0xff) },
  writeShort(output) { for (let i = 0; i < CALLS; i++) output.writeShort(i) },
  writeInt(output) { for (let i = 0; i < CALLS; i++) output.writeInt(i * 7919) },
  writeFloat(output) { for (let i = 0; i < CALLS; i++) output.writeFloat(i) },
  writeDouble(output) { for (let i = 0; i < CALLS; i++) output.writeDouble(i / 3) },
  writeVInt(output) { for (let i = 0; i < CALLS; i++) output.writeVInt(i << 4) },
  writeZInt(output) { for (let i = 0; i < CALLS; i++) output.writeZInt(-i) },
}
const WRITES_WITH_AN_OBJECT = {
  writeLong(output) { for (let i = 0; i < CALLS; i++) output.writeLong(i * 7919) },
  writeBytes(output) { for (let i = 0; i < CALLS; i++) output.writeBytes(source) },
}

const openings = {
  mmap: (options) => lib.MMapDirectory.open(dir, { fallback: false, ...options }),
  fs: (options) => lib.FSDirectory.open(dir, options),
  memory: (options) => new lib.ByteBuffersDirectory(options),
}
let made = 0
function inputOf(kind, options = {}) {
  const directory = openings[kind](options)
  const name = 'sample' + process.pid + '-' + made++
  const output = directory.createOutput(name)
  output.writeBytes(sample)
  output.close()
  return directory.openInput(name)
}

/** Until V8 has nothing left to learn: compiled, and run for a while longer. */
function warmUp(run, compiled = run) {
  let rounds = 0
  while (!%ActiveTierIsTurbofan(compiled) && rounds++ < 600) run()
  for (let i = 0; i < 100; i++) run()
}
/** How many bytes of the heap a call takes, at best of some tries: V8 itself may take some, too. */
function bytesPerCall(run) {
  let least = Infinity
  for (let i = 0; i < 3; i++) {
    gc()
    const before = v8.getHeapStatistics().used_heap_size
    for (let done = 0; done < MILLION; done += CALLS) run()
    least = Math.min(least, (v8.getHeapStatistics().used_heap_size - before) / MILLION)
  }
  return least
}
/** Goes to standard output between what V8 says there: what comes after is about the last part. */
const lastPart = () => %DebugPrint('last part')
const traceDeoptimisation = (on) => v8.setFlagsFromString(on ? '--trace-deopt' : '--no-trace-deopt')
const say = (value) => fs.writeSync(2, JSON.stringify(value))
`

/** What V8 said that it had to give up. Going from one compiler to the next is not that. */
function deoptimised(stdout: string): string[] {
  return [...stdout.matchAll(/^\[bailout \(kind: .*, reason: (.*)\): begin\. .*<JSFunction ([^ >]*)/gm)]
    .filter(([, reason]) => !reason!.startsWith('prepare for on stack replacement'))
    .map(([, reason, name]) => `${name}: ${reason}`)
}

/** What a script said, and what was deoptimised while it asked to be told. */
export interface Watched<T> {
  readonly said: T
  /** Before its last part. */
  readonly earlier: string[]
  readonly deoptimised: string[]
}

export async function watched<T>(script: string, path: string, node: string): Promise<Watched<T>> {
  const { code, signal, stdout, stderr } = await runScript(PREAMBLE + script, {
    args: [path],
    node,
    // A young generation that is not collected while a million calls are counted.
    nodeOptions: [
      '--expose-gc',
      '--allow-natives-syntax',
      '--min-semi-space-size=64',
      '--max-semi-space-size=64',
      '--no-warnings',
    ],
  })
  expect({ code, signal, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  const [earlier, last] = stdout.split(/^DebugPrint: .*$/m)
  return { said: JSON.parse(stderr) as T, earlier: deoptimised(earlier!), deoptimised: deoptimised(last!) }
}
