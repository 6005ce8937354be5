// Calls everything that the package exports with arguments that no type would let through:
//
//   node --expose-gc attack.mjs DIST DIRECTORY INDEX SEED ONE_IN
//
// Of the calls with arguments it makes one in so many, where there is no time for all.
// Prints what came back that should not have, as JSON. Runs in a worker as well.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { types } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { HOSTILE, MINE } from './hostile-values.mjs'
import { instancesOf } from './instances.mjs'

const [dist, path, index, seed, oneIn] = isMainThread ? process.argv.slice(2) : workerData
const lib = createRequire(import.meta.url)(join(dist, 'index.js'))
const ground = join(path, isMainThread ? 'main' : 'worker') // what one makes is not in the other's way
mkdirSync(ground)
const metal = createRequire(import.meta.url)(join(dist, 'metal/index.js'))
const webgpu = createRequire(import.meta.url)(join(dist, 'webgpu/index.js'))
const instances = instancesOf(lib, metal, ground, index)
const values = Object.entries(HOSTILE)

let state = Number(seed)
const below = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

/** Names that the types keep from programs: whatever they throw, they must not end the process. */
const hidden = new Set(['constructor'])
const hiddenConstructors = new Set()
for (const file of readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
  let type = ''
  for (const line of readFileSync(join(dist, file), 'utf8').split('\n')) {
    type = line.match(/^export declare (?:abstract )?class (\w+)/)?.[1] ?? type
    const name = line.match(/^ {4}(?:protected|private) (?:abstract |readonly |static |get )*(\w+)/)?.[1]
    if (name === 'constructor') hiddenConstructors.add(type)
    else if (name !== undefined) hidden.add(name)
    if (line.startsWith(`export declare abstract class ${type}`)) hiddenConstructors.add(type)
  }
}

/** Symbols of the library's own are for itself; Symbol.dispose is for programs. */
const isHidden = (name) => hidden.has(name) || String(name).startsWith('Symbol(mmap-directory:')

const counts = { calls: 0, errors: 0 }
const wrong = new Map()

/**
 * What the engine says of Proxies, over an object that has private fields or revoked, and of arrays
 * whose memory is gone when they are iterated over.
 */
const ENGINES_OWN =
  /private member|private method|Receiver must be|proxy that has been revoked|prototype.values|not a typed array/

/** Why an error is none of those that are documented; undefined for one that is. */
function undocumented(error, lenient) {
  if (!types.isNativeError(error)) return lenient ? undefined : 'what was thrown is no Error'
  if (error === MINE || error.cause === MINE) return undefined
  if (error instanceof lib.StorageError && typeof error.code === 'string') return undefined
  if (error instanceof TypeError || error instanceof RangeError) {
    if (String(error.code).startsWith('ERR_') || lenient || ENGINES_OWN.test(error.message)) return undefined
  }
  if (error.name === 'AbortError') return undefined
  const place = error.stack.split('\n').find((line) => line.includes(dist)) ?? error.stack
  return `${error.name}: ${error.message.slice(0, 40)} ${place.trim()}`
}

async function attempt(what, call, lenient = false) {
  counts.calls++
  try {
    const result = await call()
    await dispose(result)
    return result
  } catch (error) {
    counts.errors++
    const why = undocumented(error, lenient)
    if (why !== undefined) wrong.set(why, what())
  }
  return undefined
}

async function dispose(result) {
  if (typeof result?.next === 'function') {
    while (!(await result.next()).done);
  }
  if (Array.isArray(result)) for (const each of result) await dispose(each)
  if (result === null || typeof result !== 'object') return
  // A directory has both, and close() ends it.
  const giveUp = result.close ?? result.release
  if (typeof giveUp === 'function') Reflect.apply(giveUp, result, [])
}

/** One argument of each kind, and several at random. */
function* argumentLists(count) {
  yield []
  for (const value of values) yield [value]
  for (let i = 0; i < count; i++) {
    yield Array.from({ length: 2 + below(4) }, () => values[below(values.length)])
  }
}

async function attackFunction(name, call, { count = 150, lenient = false } = {}) {
  for (const list of argumentLists(count)) {
    if (oneIn > 1 && below(oneIn) > 0) continue
    const args = list.map(([, make]) => make())
    await attempt(
      () => `${name}(${list.map(([each]) => each).join(', ')})`,
      () => call(...args),
      lenient,
    )
  }
}

/** The names of everything callable on an object, its classes' included. */
function methodsOf(object) {
  const found = new Map()
  for (
    let owner = object;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const name of Reflect.ownKeys(owner)) {
      if (name === 'constructor' || found.has(name)) continue
      found.set(name, Object.getOwnPropertyDescriptor(owner, name))
    }
  }
  return found
}

const isClass = (value) =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

async function attackExports(prefix, exported) {
  for (const [name, value] of Object.entries(exported)) {
    if (name === 'setMappingLimit') {
      const { limit } = lib.mappingStats()
      await attackFunction(name, value)
      lib.setMappingLimit(limit)
    } else if (isClass(value)) {
      const lenient = hiddenConstructors.has(name) || value.prototype instanceof Error
      await attackFunction(`new ${name}`, (...args) => new value(...args), { lenient })
      for (const [method, { value: call }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
        if (typeof call !== 'function') continue
        await attackFunction(`${name}.${method}`, call.bind(value), { lenient: isHidden(method) })
        await attackFunction(`${name}.${method} detached`, (...args) => call(...args), {
          lenient: true,
          count: 5,
        })
      }
    } else if (typeof value === 'function') {
      await attackFunction(prefix + name, value)
    } else if (typeof value === 'object') {
      await attackExports(`${name}.`, value)
    }
  }
}

async function attackInstance(name, make) {
  const first = make()
  finished.push(first)
  for (const [method, { value, get }] of methodsOf(first)) {
    const title = `${name}.${String(method)}`
    if (get !== undefined) {
      await attempt(
        () => title,
        () => make()[method],
      )
    } else if (typeof value === 'function') {
      const lenient = isHidden(method)
      const call = (...args) => {
        const object = make()
        try {
          return object[method](...args)
        } finally {
          if (method !== 'close' && !title.startsWith('closed')) finished.push(object)
        }
      }
      await attackFunction(title, call, { lenient, count: 20 })
      await end()
    }
  }
}

/** What was made for calls: closed where it can be, so that the next one finds its names free. */
const finished = []
async function end() {
  for (const object of finished.splice(0))
    await attempt(
      () => 'the end',
      () => (object.close ?? object.release)?.call(object),
    )
}

/** Every method with every other kind of `this`. */
async function attackReceivers() {
  const objects = Object.entries(instances).map(([name, make]) => [name, make()])
  for (const [name, object] of objects) {
    for (const [method, descriptor] of methodsOf(object)) {
      const call = descriptor.value ?? descriptor.get
      if (typeof call !== 'function') continue
      const receivers = [
        ...values,
        ...objects.map(([other, each]) => [other, () => each]),
        ['a Proxy of its own kind', () => new Proxy(object, {})],
        ['its prototype', () => Object.getPrototypeOf(object)],
        ['an heir', () => Object.create(object)],
      ]
      for (const [other, receiver] of receivers) {
        await attempt(
          () => `${name}.${String(method)} of ${other}`,
          () => Reflect.apply(call, receiver(), []),
          true,
        )
      }
    }
  }
  finished.push(...objects.map(([, object]) => object))
  await end()
}

/** Sources that give their inputs anything at all. */
async function attackSources() {
  const methods = [
    'window',
    'read',
    'view',
    'fault',
    'advice',
    'load',
    'isLoaded',
    'residentBytes',
    'fetch',
    'prefetch',
    'prefetchRanges',
    'share',
    'loaded',
    'mapped',
    'length',
  ]
  for (const method of methods) {
    for (const [name, value] of values) {
      const sound = new lib.Window(0, new Uint8Array(100))
      const source = {
        length: 100,
        window: () => sound,
        close() {},
        [method]: method === 'length' ? value() : value,
      }
      const what = (use) => () => `a source with a ${method} that gives ${name}: ${use}`
      const own = method === 'fault' // what it returns is thrown, even where it is no Error
      let input
      await attempt(what('from'), () => void (input = lib.IndexInput.from(source, 'own')))
      if (input === undefined) continue
      for (const [use, { value: call, get }] of methodsOf(input)) {
        if (use === 'close' || isHidden(use)) continue
        if (get !== undefined) await attempt(what(use), () => input[use], own)
        else if (typeof call === 'function') await attempt(what(String(use)), () => input[use](0, 1), own)
      }
      for (const read of ['readByte', 'readInt', 'readLong', 'readVInt', 'readString']) {
        await attempt(what(read), () => input[read](), own)
      }
      await attempt(what('readBytes'), () => input.readBytes(new Uint8Array(80)), own)
      await attempt(what('readAsync'), () => input.readAsync(0, new Uint8Array(80)), own)
      await attempt(what('prefetchRanges'), () => input.prefetchRanges([{ offset: 0, length: 5 }]), own)
      await attempt(what('view'), () => input.view(0, 10), own)
      await attempt(what('close'), () => input.close(), own)
    }
  }
}

// Snapshot's dispose, called on a directory, calls a release() that is another method and a promise.
process.on('unhandledRejection', (error) => {
  const why = undocumented(error, true)
  if (why !== undefined) wrong.set(why, 'a rejection that nobody handles')
})

async function attack() {
  for (const exported of [lib, metal, webgpu]) await attackExports('', exported)
  for (const [name, make] of Object.entries(instances)) await attackInstance(name, make)
  await attackReceivers()
  await attackSources()
  // Classes of which nothing was made, and that something could be made of.
  const covered = new Set()
  for (const make of Object.values(instances)) {
    const object = make()
    for (let type = object.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type))
      covered.add(type)
    finished.push(object)
  }
  await end()
  const missing = Object.entries(lib)
    .filter(
      ([, value]) => isClass(value) && !covered.has(value) && !(value.prototype instanceof lib.StorageError),
    )
    .map(([name]) => name)
  return { ...counts, missing, wrong: [...wrong] }
}

if (isMainThread) {
  const results = { main: await attack() }
  const worker = new Worker(new URL(import.meta.url), { workerData: process.argv.slice(2) })
  const exit = once(worker, 'exit')
  ;[results.worker] = await once(worker, 'message')
  await exit
  for (let i = 0; i < 100 && lib.mappingStats().mappings > 0; i++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  console.log(JSON.stringify({ ...results, mappings: lib.mappingStats().mappings }))
} else {
  parentPort.postMessage(await attack())
}
