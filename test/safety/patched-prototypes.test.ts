import { afterAll, describe, expect, it } from 'vitest'

import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()

afterAll(() => {
  removeDirectory(path)
})

/**
 * A program that wraps every function it can reach and keeps each buffer that any of them is given,
 * as this, as an argument or as a result, even two objects deep. \`spoil()\` writes zeros through all
 * of them: over a mapping that would end the process, elsewhere readers would see it.
 */
const ATTACKER = `
const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect
const { isView } = ArrayBuffer
const own = { Uint8Array, ArrayBuffer, Set, Array, Proxy }
const TypedArray = getPrototypeOf(Uint8Array)
const bufferOf = getOwnPropertyDescriptor(TypedArray.prototype, 'buffer').get
const viewBufferOf = getOwnPropertyDescriptor(DataView.prototype, 'buffer').get
const lengthOf = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get
const { has, add } = Set.prototype
const { fill } = TypedArray.prototype
const { forEach } = Set.prototype
const hasInstance = Function.prototype[Symbol.hasInstance]
const isBuffer = (value) => {
  try {
    apply(lengthOf, value, [])
    return true
  } catch {
    return false
  }
}
const seen = new Set()
let calls = 0
const keep = (value, depth = 0) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
  if (isView(value)) {
    let buffer
    try {
      buffer = apply(bufferOf, value, [])
    } catch {
      buffer = apply(viewBufferOf, value, []) // of a DataView, whatever its prototype is
    }
    if (isBuffer(buffer)) apply(add, seen, [buffer])
    return
  }
  if (isBuffer(value)) {
    apply(add, seen, [value])
    return
  }
  if (depth === 2) return
  let keys
  try {
    keys = ownKeys(value)
  } catch {
    return
  }
  if (keys.length > 40) return
  for (let i = 0; i < keys.length; i++) {
    const property = getOwnPropertyDescriptor(value, keys[i])
    if (property !== undefined && 'value' in property) keep(property.value, depth + 1)
  }
}
const wrapped = (original) => {
  const wrapper = function (...args) {
    calls++
    keep(this)
    for (let i = 0; i < args.length; i++) keep(args[i])
    const result = new.target
      ? construct(original, args, new.target === wrapper ? original : new.target)
      : apply(original, this, args)
    keep(result)
    return result
  }
  return wrapper
}
const patch = (object, except = []) => {
  for (const key of ownKeys(object)) {
    const property = getOwnPropertyDescriptor(object, key)
    if (!property.configurable && !property.writable) continue
    if (except.includes(key) || key === 'constructor') continue
    if (typeof property.value === 'function' && property.value.prototype === undefined) {
      property.value = wrapped(property.value)
    } else if (property.get !== undefined) {
      property.get = wrapped(property.get)
      if (property.set !== undefined) property.set = wrapped(property.set)
    } else {
      continue
    }
    try {
      defineProperty(object, key, property)
    } catch {}
  }
}
const CLASSES = [
  DataView, TypedArray, Uint8Array, Int32Array, Float32Array, BigInt64Array, Buffer, ArrayBuffer, SharedArrayBuffer,
  Array, Map, WeakMap, Set, WeakSet, WeakRef, FinalizationRegistry, Promise, Number, BigInt, String, Error,
]
const traps = (object, names) => {
  for (const name of names) {
    defineProperty(object, name, {
      configurable: true,
      get: () => undefined,
      set(value) {
        calls++
        keep(this)
        keep(value)
        defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
      },
    })
  }
}
const patchEverything = (except) => {
  for (const type of CLASSES) {
    patch(type.prototype, except)
    patch(type, ['prototype'])
  }
  patch(Atomics)
  patch(Math)
  patch(JSON)
  patch(Symbol)
  patch(Object.prototype, ['__proto__', 'constructor'])
  patch(lib.Window.prototype)
  if (globalThis.WebAssembly !== undefined) patch(WebAssembly.Memory.prototype)
  for (const type of [lib.DataInput, lib.IndexInput, lib.SharedInput, lib.MMapDirectory, lib.FSDirectory, lib.Directory]) {
    patch(type.prototype, ['constructor'])
  }
  traps(Array.prototype, own.Array.from({ length: 30 }, (_, i) => String(i)))
  traps(Object.prototype, ['bytes', 'data', 'buffer', 'window', 'source', 'health', 'handle', 'shared', 'byteOffset'])
  for (const name of ['Uint8Array', 'Int32Array', 'DataView', 'ArrayBuffer', 'Map', 'WeakMap', 'Set', 'BigInt', 'FinalizationRegistry']) {
    const original = globalThis[name]
    globalThis[name] = new own.Proxy(original, {
      apply: (target, self, args) => (keep(args), apply(target, self, args)),
      construct: (target, args, as) => {
        calls++
        keep(args)
        const result = construct(target, args, as)
        keep(result)
        return result
      },
    })
  }
  patch(Reflect)
  patch(Object, ['prototype'])
  patch(Function.prototype, ['caller', 'arguments', 'constructor'])
}
const spoil = () => {
  let count = 0
  apply(forEach, seen, [(buffer) => {
    const bytes = new own.Uint8Array(buffer)
    count += bytes.length
    apply(fill, bytes, [0])
  }])
  return count
}
`

const EXERCISE = `
const content = noise(200_000, 3)
content.write('\\x05hello', 100, 'latin1')
content.fill(0, 300, 400)
content.set([0, 1, 2, 3, 4], 400)
class Evil extends Uint8Array {
  static get [Symbol.species]() {
    keep(this)
    return Evil
  }
  get length() { return 5 }
  get byteLength() { return 2 ** 40 }
  get buffer() { return content.buffer }
  get byteOffset() { return 7 }
  get [Symbol.toStringTag]() { return 'Float64Array' }
  set(source) { keep(source) }
  subarray(...args) { keep(args); return new Evil(1) }
  slice(...args) { keep(args); return new Evil(1) }
  copyWithin(...args) { keep(args) }
}
const evil = (Type) => class Evil extends Type {
  get buffer() { return content.buffer }
  set(source) { keep(source) }
  subarray(...args) { keep(args); return new Evil(1) }
}
const ARRAYS = [
  { method: 'readInts', Type: Int32Array },
  { method: 'readInts', Type: evil(Int32Array) },
  { method: 'readLongs', Type: BigInt64Array },
  { method: 'readLongs', Type: evil(BigInt64Array) },
  { method: 'readFloats', Type: Float32Array },
  { method: 'readFloats', Type: evil(Float32Array) },
]
const SCALARS = ['readByte', 'readShort', 'readInt', 'readLong', 'readSafeLong', 'readFloat', 'readDouble']
const VARIABLE = ['readVInt', 'readVLong', 'readZInt', 'readZLong', 'readSafeVLong', 'readSafeZLong']
const tell = (action) => {
  try {
    return String(action())
  } catch (error) {
    return error.name
  }
}
/** Everything that can be done to a file, and what came of it. */
const exercise = (directory, name) => {
  let said = ''
  const note = (value) => (said += value + ';')
  const bulk = (input) => {
    for (const length of [0, 1, 19, 20, 21, 3000, 70000]) {
      for (const Type of [own.Uint8Array, Evil]) {
        const target = new Type(length)
        note(tell(() => input.readBytes(target, 0, length)))
        const last = getOwnPropertyDescriptor(target, String(length - 1))
        note(last === undefined ? '' : last.value)
      }
    }
    for (const { method, Type } of ARRAYS) {
      const target = new Type(25)
      for (const start of [1000, 1001]) { // a multiple of every element's size, and none
        input.seek(start)
        note(tell(() => input[method](target, 0, 25)))
        note(target[24])
      }
      if (method !== 'readInts') continue
      note(tell(() => input.readGroupVInts(target, 9)))
      note(target[8])
    }
    note(tell(() => input.readBytes(new own.Proxy(new own.Uint8Array(10), {}))))
    note(tell(() => input.readBytes(new own.Proxy(new Evil(10), {}), 0, 10)))
  }
  const scalars = (input) => {
    for (const position of [0, 290, 398, 1 << 16]) {
      input.seek(position)
      for (const method of [...SCALARS, ...VARIABLE]) note(method + tell(() => input[method]()))
    }
    input.seek(100)
    note(tell(() => input.readString()))
    for (const method of ['readString', 'readMapOfStrings', 'readSetOfStrings']) {
      input.seek(300)
      note(tell(() => input[method]()))
    }
    input.seek(1000)
  }
  for (let i = 0; i < 2; i++) {
    const opened = directory.openInput(name)
    const slice = opened.slice('slice', 0, 150_000)
    const clone = slice.clone()
    for (const input of [opened, slice, clone]) {
      scalars(input)
      bulk(input)
    }
    const random = opened.randomAccessSlice(0, 190_000)
    for (const position of [0, 299, 350, 70_000, 200_000, -1]) {
      for (const method of SCALARS) note(tell(() => random[method](position)))
      note(tell(() => random.readBytes(position, new Evil(10), 0, 10)))
      note(tell(() => random.readBytes(position, new own.Uint8Array(5000))))
    }
    for (const use of ['isLoaded', 'advice', 'mapped', 'toString', 'length', 'getFilePointer']) {
      tell(() => (typeof opened[use] === 'function' ? opened[use]() : opened[use]))
    }
    opened.prefetch(0, 10)
    opened.updateIOContext(lib.IOContext.READ)
    const sum = directory.openChecksumInput(name)
    sum.skipBytes(100_000)
    note(sum.getChecksum())
    sum.close()
    tell(() => {
      const attached = lib.attachInput({ shared: opened.share().shared })
      attached.seek(5)
      attached.readInt()
      attached.close()
    })
    const copied = opened.view(5, 5000)
    note(getOwnPropertyDescriptor(copied, '4000').value)
    clone.close()
    note(tell(() => clone.readByte()))
    opened.close()
    note(tell(() => slice.readInt()))
    note(tell(() => random.readInt(0)))
  }
  return said
}
`

/** Takes every file past the system's cache. */
const ALL_DIRECT = `
class AllDirect extends lib.DirectIODirectory {
  useDirectIO() {
    return true
  }
}
`

describe.each(THREADS)('a program that patches what the library is built on, %s, %s', (node, thread) => {
  it('is shown no source and no sink by a FinalizationRegistry', async () => {
    const said = await survives(
      `
      const shown = []
      const { register } = FinalizationRegistry.prototype
      FinalizationRegistry.prototype.register = function (owner, ...rest) {
        if (/Source$|Sink$/.test(owner?.constructor?.name ?? 'Source')) shown.push(rest.length)
        return register.call(this, owner, ...rest)
      }
      for (const type of ['MMapDirectory', 'FSDirectory']) {
        const directory = lib[type].open(dir)
        const output = directory.createOutput(type + process.pid)
        output.writeInt(1)
        output.close()
        const input = directory.openInput(type + process.pid)
        input.readInt()
        input.close()
      }
      say(shown)
      `,
      { args: [path], node, thread },
    )
    expect(said).toEqual([])
  })

  it.each(['MMapDirectory', 'FSDirectory', 'DirectIODirectory', 'ByteBuffersDirectory'])(
    'gets no buffer that anything is read from: %s',
    async (type) => {
      const said = await survives(
        `${ATTACKER}${EXERCISE}
        const small = () => ({ [require(dist + '/store/window-power.js').windowPower]: 12 })
        ${ALL_DIRECT}
        process.emitWarning = () => {} // where the system refuses
        const openWith = (options) =>
          ${type === 'DirectIODirectory' ? 'new AllDirect(lib.FSDirectory.open(dir, options))' : `lib.${type}.open(dir, options)`}
        const directories = ${JSON.stringify(type)} === 'ByteBuffersDirectory'
          ? [new lib.ByteBuffersDirectory(), new lib.ByteBuffersDirectory(small())]
          : [{}, small()].map(openWith)
        const name = 'file' + process.pid
        for (const directory of directories.slice(0, ${type === 'ByteBuffersDirectory' ? 2 : 1})) {
          const output = directory.createOutput(name)
          output.writeBytes(content)
          output.close()
        }
        const reference = new lib.ByteBuffersDirectory()
        const output = reference.createOutput(name)
        output.writeBytes(content)
        output.close()
        const expected = exercise(reference, name)
        seen.clear()
        calls = 0
        const results = []
        const { split } = String.prototype
        /** Where something came out otherwise than without patches. */
        const difference = (said) => {
          const is = apply(split, said, [';'])
          const was = apply(split, expected, [';'])
          for (let i = 0; i < was.length; i++) if (is[i] !== was[i]) return i + ': ' + is[i] + ', not ' + was[i]
          return 'none'
        }
        const { stringify } = JSON
        const { log } = console
        patchEverything([])
        for (const directory of directories) {
          const held = directory.openInput(name)
          held.readInt()
          const kept = held.clone()
          const far = held.randomAccessSlice(0, 200_000)
          far.readInt(100_000)
          const during = difference(exercise(directory, name))
          const spoilt = spoil() // while there are windows
          held.seek(0)
          let same = 0
          for (let i = 0; i < 200_000; i++) if (held.readByte() === content[i]) same++
          kept.seek(0)
          for (let i = 0; i < 50_000; i++) {
            if (kept.readInt() === content.readInt32LE(4 * i)) same++
            if (far.readInt(4 * i) === content.readInt32LE(4 * i)) same++
          }
          const after = difference(exercise(directory, name))
          results.push([during, same, after, spoilt > 0, calls > 1000])
          held.close()
        }
        log(stringify(results))
        process.exit()`,
        { args: [path], node, thread },
      )
      const fine = ['none', 300_000, 'none', true, true]
      expect(said).toEqual([fine, fine])
    },
  )

  // An output's bytes wait there, and who has the memory can take it away from all files.
  it('gets nothing of the aligned memory that files past the cache are read and written with', async () => {
    const said = await survives(
      `${ATTACKER}${ALL_DIRECT}
      process.emitWarning = () => {} // where the system refuses
      const directory = new AllDirect(lib.FSDirectory.open(dir))
      const name = (i) => 'direct' + process.pid + '-' + i
      const bytes = noise(300_001)
      const { stringify } = JSON
      const { log } = console
      patchEverything([])
      const files = []
      for (let i = 0; i < 20; i++) {
        const output = directory.createOutput(name(i)) // more than pieces are cut at once
        output.writeBytes(bytes)
        files[i] = output
      }
      for (let i = 0; i < 20; i++) files[i].close()
      let right = 0
      for (let i = 0; i < 20; i++) {
        const input = directory.openInput(name(i))
        input.seek(300_000)
        if (input.readByte() === bytes[300_000]) right++
        files[i] = input
      }
      for (let i = 0; i < 20; i++) files[i].close()
      let found = 0
      apply(forEach, seen, [(buffer) => {
        if (apply(lengthOf, buffer, []) === 16 * 256 * 1024) found++
      }])
      log(stringify([right, found, calls > 100]))
      process.exit()`,
      { args: [path], node, thread },
    )
    expect(said).toEqual([20, 0, true])
  })
})
