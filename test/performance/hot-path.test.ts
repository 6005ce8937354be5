import { afterAll, describe, expect, it } from 'vitest'

import { NODES } from '../support/child.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { type Watched, watched } from './hot-path.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

const KINDS = ['mmap', 'fs', 'memory'] as const

interface Found {
  /** Bytes of the heap for a call. */
  readonly taken: Record<string, number>
  readonly compiled: Record<string, boolean>
}

/** Runs operations (each after a `begin`) until they are compiled, and then a million calls of each that are watched. */
const STEADY = `
  const found = { taken: {}, compiled: {} }
  for (let round = 0; round < 3; round++) {
    for (const operation of Object.values(operations)) {
      begin?.()
      warmUp(() => act(operation), operation)
    }
  }
  begin?.()
  lastPart()
  traceDeoptimisation(true)
  for (const operation of Object.values(operations)) {
    for (let done = 0; done < MILLION; done += CALLS) act(operation)
  }
  traceDeoptimisation(false)
  for (const [name, operation] of Object.entries(operations)) {
    begin?.()
    found.taken[name] = bytesPerCall(() => act(operation))
    found.compiled[name] = %ActiveTierIsTurbofan(operation)
  }
  say(found)
`

/** One heap number for a call would be at least 12 bytes. */
const NOTHING = 0.5

/** The view over which the engine copies, or a bigint. */
const AN_OBJECT = 256

/** What is wrong with what was found, if `most` tells how many bytes a call may take. */
function faults({ said, deoptimised }: Watched<Found>, most: (name: string) => number) {
  return {
    deoptimised,
    interpreted: Object.keys(said.compiled).filter((name) => !said.compiled[name]),
    allocating: Object.entries(said.taken).filter(([name, bytes]) => bytes > most(name)),
  }
}

const NONE = { deoptimised: [], interpreted: [], allocating: [] }

// V8 compiles in threads of its own, which a busy machine may hold up until the calls that are watched.
// What reads do in steady state they do in each of three processes.
describe.each(NODES)('the hot path, %s', { timeout: 180_000, retry: 2 }, (node) => {
  it('would be seen to allocate and to be deoptimised', async () => {
    const { said, deoptimised } = await watched<Found>(
      `const boxes = []
      const operations = {
        allocates(value) { for (let i = 0; i < CALLS; i++) boxes[i & 7] = { value, i } },
        changes(object) { let sum = 0; for (let i = 0; i < CALLS; i++) sum += object.value; sink = sum },
      }
      let object = { value: 1 }
      let acts = 0
      const act = (operation) => {
        if (++acts % 100 === 0) object = { ['other' + acts]: 1, value: 1.5 + acts }
        operation(object)
      }
      ${STEADY.replace('traceDeoptimisation(true)', 'traceDeoptimisation(true); operations.changes({ a: 1, value: "x" })')}`,
      path,
      node,
    )
    expect(said.taken['allocates']).toBeGreaterThan(12)
    expect(deoptimised.join('\n')).toContain('changes: ')
  })

  it.each(KINDS)('reads without allocating or being deoptimised: %s', async (kind) => {
    const found = await watched<Found>(
      `const input = inputOf('${kind}')
      const reader = input.randomAccessSlice(0, input.length())
      const operations = { ...READS, ...BULK, ...ABSOLUTE, ...WITH_AN_OBJECT }
      const absolute = new Set(Object.values(ABSOLUTE))
      const act = (operation) => {
        if (absolute.has(operation)) operation(reader)
        else {
          input.seek(0)
          operation(input)
        }
      }
      ${STEADY}`,
      path,
      node,
    )
    // A file that is read is read in pieces of 1 KiB and more, each of which takes some bytes.
    const most = kind === 'fs' ? 2 : NOTHING
    expect(faults(found, (name) => (WITH_AN_OBJECT.has(name) ? AN_OBJECT : most))).toEqual(NONE)
  })

  it.each(['fs', 'memory'])('writes without allocating or being deoptimised: %s', async (kind) => {
    const found = await watched<Found>(
      `const directory = openings['${kind}']()
      const name = 'written' + process.pid
      let output = directory.createOutput(name)
      const operations = { ...WRITES, ...WRITES_WITH_AN_OBJECT }
      const act = (operation) => operation(output)
      begin = () => {
        output.close()
        directory.deleteFile(name)
        output = directory.createOutput(name)
      }
      ${STEADY}`,
      path,
      node,
    )
    expect(faults(found, (name) => (WITH_AN_OBJECT.has(name) ? AN_OBJECT : NOTHING))).toEqual(NONE)
  })

  it('has one class of inputs, so that call sites stay monomorphic whatever directories are mixed', async () => {
    const found = await watched<Found & { same: boolean[] }>(
      `const inputs = ['mmap', 'fs', 'memory'].map((kind) => inputOf(kind))
      inputs.push(inputs[0].clone(), inputs[1].slice('part', 8, bytes.length), inputs[2].slice('part', 8, bytes.length))
      const readers = inputs.map((input) => input.randomAccessSlice(0, input.length()))
      const operations = { ...READS, ...ABSOLUTE }
      const absolute = new Set(Object.values(ABSOLUTE))
      const act = (operation) => {
        if (absolute.has(operation)) for (const reader of readers) operation(reader)
        else {
          for (const input of inputs) {
            input.seek(0)
            operation(input)
          }
        }
      }
      const found0 = { same: [...inputs.map((one) => %HaveSameMap(one, inputs[0])), ...readers.map((one) => %HaveSameMap(one, readers[0]))] }
      ${STEADY.replace('say(found)', 'say({ ...found, ...found0 })')}`,
      path,
      node,
    )
    expect(new Set(found.said.same)).toEqual(new Set([true]))
    expect(faults(found, () => 6)).toEqual(NONE) // six inputs for each call, two of them of a file that is read
  })

  it.each([
    [
      'an end-of-file error',
      'inputOf("mmap")',
      `for (const read of ['readByte', 'readInt', 'readSafeLong', 'readVInt']) {
        input.seek(input.length())
        try { input[read]() } catch (error) { if (error.code !== 'ERR_END_OF_FILE') throw error }
        try { reader.readInt(input.length()) } catch (error) { if (error.code !== 'ERR_END_OF_FILE') throw error }
      }`,
    ],
    [
      'crossing windows',
      'inputOf("mmap", { [windowPower]: 12 })',
      `input.seek(0)
      for (let i = 0; i < CALLS * 3; i++) input.readInt()
      for (let at = bytes.length - 8; at > 0; at -= 1021) { input.seek(at); input.readByte(); reader.readInt(at) }`,
    ],
    [
      'a detach in the isolate',
      'inputOf("mmap")',
      `const buffer = new ArrayBuffer(8)
      structuredClone(buffer, { transfer: [buffer] })
      const other = inputOf('mmap')
      other.readByte()
      other.close()`,
    ],
    [
      'a read above 2 GiB and 4 GiB',
      `(() => {
        const name = 'sparse' + process.pid
        const fd = fs.openSync(join(dir, name), 'wx')
        fs.ftruncateSync(fd, 5 * 2 ** 30)
        fs.writeSync(fd, sample)
        fs.writeSync(fd, sample, 0, sample.length, 3 * 2 ** 30)
        fs.closeSync(fd)
        return lib.MMapDirectory.open(dir, { fallback: false }).openInput(name)
      })()`,
      `for (const at of [2 ** 31 - 2, 3 * 2 ** 30, 2 ** 32 + 1, 5 * 2 ** 30 - 8]) {
        input.seek(at)
        input.readInt()
        reader.readInt(at)
      }`,
    ],
  ])('learns to live with %s', async (_, open, event) => {
    // The event may cost what was compiled before it, but not every time; and what is compiled after
    // it lasts, and allocates nothing.
    const found = await watched<Found>(
      `const input = ${open}
      const reader = input.randomAccessSlice(0, input.length())
      const operations = { ...READS, ...ABSOLUTE }
      const absolute = new Set(Object.values(ABSOLUTE))
      const happen = () => { ${event} }
      const act = (operation) => {
        if (absolute.has(operation)) operation(reader)
        else {
          input.seek(0)
          operation(input)
        }
      }
      const all = () => {
        for (const operation of Object.values(operations)) warmUp(() => act(operation), operation)
      }
      for (let times = 0; times < 12; times++) {
        happen()
        all()
      }
      for (let times = 0; times < 8; times++) {
        happen()
        traceDeoptimisation(true)
        for (const operation of Object.values(operations)) for (let i = 0; i < 64; i++) act(operation)
        traceDeoptimisation(false)
      }
      ${STEADY}`,
      path,
      node,
    )
    expect(found.earlier.length < 4 ? [] : found.earlier).toEqual([]) // the event came eight times
    expect(faults(found, () => NOTHING)).toEqual(NONE)
  })

  it('reads as well above 4 GiB as below', async () => {
    const found = await watched<Found>(
      `const name = 'high' + process.pid
      const fd = fs.openSync(join(dir, name), 'wx')
      const START = 4.5 * 2 ** 30
      fs.ftruncateSync(fd, 5 * 2 ** 30)
      fs.writeSync(fd, sample, 0, sample.length, START)
      fs.closeSync(fd)
      const input = lib.MMapDirectory.open(dir, { fallback: false }).openInput(name)
      const operations = { ...READS }
      delete operations.seekAndReadInt
      operations.seekAndReadIntHigh = (input) => {
        let sum = 0
        for (let i = 0; i < CALLS; i++) {
          input.seek(START + ((i * 4049) & 0x1ff))
          sum = (sum + input.readInt()) | 0
        }
        sink = sum
      }
      const act = (operation) => {
        input.seek(START)
        operation(input)
      }
      ${STEADY}`,
      path,
      node,
    )
    expect(faults(found, () => NOTHING)).toEqual(NONE)
  })
})

/** Operations that make small objects for every call. */
const WITH_AN_OBJECT = new Set(['readLong', 'readBytes', 'readInts', 'readLongs', 'readFloats', 'writeBytes'])
