import { MessageChannel, MessagePort } from 'node:worker_threads'

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  AlreadyClosedError,
  ByteBuffersDirectory,
  FSDirectory,
  GenerationPublisher,
  type GenerationSubscription,
  GenerationSubscriber,
  type IndexInput,
  MMapDirectory,
} from '../../src/index.js'
import { NODES } from '../support/child.js'
import { write } from '../support/files.js'
import { addon, mappingsOf, settled } from '../support/mappings.js'
import { survives } from '../support/safety.js'
import { WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
afterAll(() => removeDirectory(path))

const LENGTH = 31_337
let directory: MMapDirectory
let publisher: GenerationPublisher<{ name: string }>
let opened: IndexInput[]
let files = 0
beforeEach(() => {
  directory = MMapDirectory.open(path)
  publisher = new GenerationPublisher()
  opened = []
})
afterEach(async () => {
  publisher.close()
  for (const input of opened) input.close()
  directory.close()
  await settled()
  if (mappingsOf(LENGTH) !== 0) throw new Error('The test has left a mapping behind')
})

function open(content: number, from: FSDirectory = directory): IndexInput {
  const name = `file-${files++}`
  write(from, name, new Uint8Array(LENGTH).fill(content))
  const input = from.openInput(name)
  opened.push(input)
  return input
}

function subscribe(): GenerationSubscriber<{ name: string }> {
  return new GenerationSubscriber(publisher.subscribe())
}

describe('generations', () => {
  it('are polled once, and whole', () => {
    const subscriber = subscribe()
    expect(subscriber.poll()).toBeUndefined()
    publisher.publish([open(1), open(2)], { name: 'first' })
    const generation = subscriber.poll()!
    expect(generation.data).toEqual({ name: 'first' })
    expect(generation.inputs.map((input) => input.readByte())).toEqual([1, 2])
    expect(subscriber.poll()).toBeUndefined()
    generation.close()
    generation.close()
    expect(() => generation.inputs[1]!.readByte()).toThrow(AlreadyClosedError)
    expect(opened[1]!.readByte()).toBe(2)
    subscriber.close()
  })

  it('are the newest ones, and those in between are let go of', async () => {
    const subscriber = subscribe()
    for (const number of [1, 2, 3]) publisher.publish([open(number)], { name: String(number) })
    using generation = subscriber.poll()!
    expect([generation.data.name, generation.inputs[0]!.readByte()]).toEqual(['3', 3])
    for (const input of opened) input.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(1)
    subscriber.close()
  })

  it('reach who comes later, as long as their inputs are open', () => {
    publisher.publish([open(1)], { name: 'first' })
    const subscriber = subscribe()
    using generation = subscriber.poll()!
    expect(generation.inputs[0]!.readByte()).toBe(1)
    opened[0]!.close()
    expect(() => publisher.subscribe()).toThrow(AlreadyClosedError)
    publisher.publish([open(2)], { name: 'second' })
    using next = subscriber.poll()!
    expect(next.inputs[0]!.readByte()).toBe(2)
    subscriber.close()
  })

  it('can have no inputs, only something to be known', () => {
    using subscriber = subscribe()
    publisher.publish([], { name: 'segments_5' })
    expect(subscriber.poll()).toMatchObject({ inputs: [], data: { name: 'segments_5' } })
  })

  it('can be of files that are read', () => {
    const plain = FSDirectory.open(path)
    using subscriber = subscribe()
    publisher.publish([open(1, plain)], { name: 'first' })
    publisher.publish([open(2, plain)], { name: 'second' })
    using generation = subscriber.poll()!
    expect(generation.inputs[0]!.readByte()).toBe(2)
  })

  it('go to everybody or to nobody', async () => {
    const subscribers = [subscribe(), subscribe()]
    publisher.publish([open(1)], { name: 'first' })
    const memory = new ByteBuffersDirectory()
    write(memory, 'file', Uint8Array.of(1))
    const closed = open(2)
    closed.close()
    for (const [inputs, data, error] of [
      [[open(3), memory.openInput('file')], { name: 'x' }, TypeError],
      [[open(3), closed], { name: 'x' }, AlreadyClosedError],
      [[open(3), {}], { name: 'x' }, TypeError],
      [[open(3)], { name: () => {} }, DOMException],
    ] as const) {
      expect(() => publisher.publish(inputs as never, data as never)).toThrow(error)
    }
    const once = open(4)
    const share = once.share.bind(once)
    vi.spyOn(once, 'share')
      .mockImplementationOnce(share)
      .mockImplementationOnce(() => {
        throw new RangeError('not twice')
      })
    expect(() => publisher.publish([once], { name: 'x' })).toThrow('not twice')
    for (const subscriber of subscribers) {
      using generation = subscriber.poll()!
      expect(generation.data.name).toBe('first')
      expect(subscriber.poll()).toBeUndefined()
      subscriber.close()
    }
    for (const input of opened) input.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })

  it('go to nobody when the publisher is closed by what is published', async () => {
    const closing = (): never =>
      ({
        name: '',
        get more() {
          return publisher.close()
        },
      }) as never
    const shared = open(1)
    const sharing = open(2)
    const share = sharing.share.bind(sharing)
    vi.spyOn(sharing, 'share').mockImplementation(() => {
      publisher.close()
      return share()
    })
    subscribe()
    expect(() => publisher.publish([shared], closing())).toThrow(AlreadyClosedError)
    publisher = new GenerationPublisher()
    subscribe()
    expect(() => publisher.publish([shared, sharing], { name: 'x' })).toThrow(AlreadyClosedError)
    publisher = new GenerationPublisher()
    publisher.publish([shared, sharing], { name: 'x' })
    expect(() => publisher.subscribe()).toThrow(AlreadyClosedError)
    for (const input of opened) input.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })

  it('copies what is to be known when it is published', () => {
    using subscriber = subscribe()
    const data = { name: 'before' }
    publisher.publish([], data)
    data.name = 'after'
    expect(subscriber.poll()!.data.name).toBe('before')
    using later = subscribe()
    expect(later.poll()!.data.name).toBe('before')
  })

  it('that nobody attached are given up when either side ends', async () => {
    const [one, other] = [subscribe(), subscribe()]
    publisher.publish([open(1)], { name: 'first' })
    opened[0]!.close()
    expect(mappingsOf(LENGTH)).toBe(1)
    one.close()
    expect(() => one.poll()).toThrow(AlreadyClosedError)
    one.close()
    publisher.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
    expect(other.poll()).toBeUndefined()
    expect(() => publisher.publish([], { name: 'x' })).toThrow(AlreadyClosedError)
    expect(() => publisher.subscribe()).toThrow(AlreadyClosedError)
    other.close()
  })

  it('are given up when the thread that they went to has closed its end', async () => {
    const subscriber = subscribe()
    publisher.publish([open(1)], { name: 'first' })
    opened[0]!.close()
    subscriber.close()
    for (let turn = 0; turn < 100 && mappingsOf(LENGTH) > 0; turn++) await settled()
    expect(mappingsOf(LENGTH)).toBe(0)
  })

  it('stay attached when the publisher is closed', () => {
    using subscriber = subscribe()
    publisher.publish([open(7)], { name: 'first' })
    using generation = subscriber.poll()!
    publisher.close()
    opened[0]!.close()
    expect(generation.inputs[0]!.readByte()).toBe(7)
  })

  // On Windows a file that is open keeps its name.
  it.skipIf(WINDOWS)('that cannot be attached are lost, and the next ones can be had', async () => {
    using subscriber = subscribe()
    const plain = FSDirectory.open(path)
    const lost = `file-${files}`
    publisher.publish([open(1, plain), open(2)], { name: 'first' })
    publisher.publish([open(3), opened[0]!, open(4)], { name: 'second' })
    directory.deleteFile(lost)
    expect(() => subscriber.poll()).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(subscriber.poll()).toBeUndefined()
    publisher.publish([open(5)], { name: 'third' })
    using generation = subscriber.poll()!
    expect(generation.inputs[0]!.readByte()).toBe(5)
    for (const input of opened) input.close()
    await settled()
    expect(mappingsOf(LENGTH)).toBe(1) // what this thread has attached
  })

  it('come by subscriptions only', () => {
    const { port1: port, port2 } = new MessageChannel()
    for (const wrong of [undefined, {}, { port }, { port: {}, words: new SharedArrayBuffer(12) }])
      expect(() => new GenerationSubscriber(wrong as unknown as GenerationSubscription)).toThrow(TypeError)
    port.close()
    port2.close()
  })

  it('keep no mapping when all is closed', () => {
    expect(addon.mappingTotals().live.filter(({ length }) => length === LENGTH)).toEqual([])
  })
})

/** Reads without pause in a thread, and takes every new generation as soon as it is there. */
const READER = `
const { parentPort, workerData } = require('node:worker_threads')
const lib = require(workerData.dist + '/index.js')
const subscriber = new lib.GenerationSubscriber(workerData.subscription)
const store = new lib.SnapshotStore(subscriber.poll())
let seen = 1
let reads = 0
let wrong = 0
const check = ({ inputs, data }, random) => {
  for (const input of inputs) {
    input.seek(4 * ((random * input.length() / 4) >>> 0))
    if (input.readInt() !== data.number) wrong++
    reads++
  }
}
let last = store.snapshot()
for (let number = last.value.data.number; number < workerData.count;) {
  const next = subscriber.poll()
  if (next !== undefined) {
    if (next.data.number <= number) wrong++
    seen++
    store.swap(next)
  }
  // One snapshot is kept over many swaps, the other is of now.
  if (reads % 64 === 0) {
    last.release()
    last = store.snapshot()
  }
  const now = store.snapshot()
  for (let i = 0; i < 8; i++) check(now.value, Math.random())
  check(last.value, Math.random())
  number = now.value.data.number
  now.release()
}
store.close()
last.release()
subscriber.close()
parentPort.postMessage({ seen, reads, wrong })
`

describe.each(NODES)('readers in four threads, %s', (node) => {
  it.each(['MMapDirectory', 'FSDirectory'])(
    'see each of 200 generations of %s whole, and keep nothing mapped',
    async (type) => {
      const result = (await survives(
        `
        const COUNT = 200
        const directory = lib.${type}.open(dir)
        const publisher = new lib.GenerationPublisher()
        /** Two files full of its number: a mixture of generations has two numbers. */
        const generation = (number) => {
          const names = ['a', 'b'].map((part) => '${type}-' + part + '-' + number)
          for (const name of names) {
            const output = directory.createOutput(name)
            output.writeInts(new Int32Array(5000).fill(number))
            output.close()
          }
          const inputs = names.map((name) => directory.openInput(name))
          return {
            inputs,
            data: { number },
            [Symbol.dispose]() {
              for (const input of inputs) input.close()
              for (const name of names) directory.deleteFile(name)
            },
          }
        }
        const first = generation(1)
        const store = new lib.SnapshotStore(first)
        publisher.publish(first.inputs, first.data)
        const workers = [1, 2, 3, 4].map(() => {
          const subscription = publisher.subscribe()
          const worker = new Worker(${JSON.stringify(READER)}, {
            eval: true,
            workerData: { dist, subscription, count: COUNT },
            transferList: [subscription.port],
          })
          return {
            said: new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
            ended: new Promise((resolve) => worker.once('exit', resolve)),
          }
        })
        const run = async () => {
          for (let number = 2; number <= COUNT; number++) {
            const next = generation(number)
            publisher.publish(next.inputs, next.data)
            ${type === 'FSDirectory' ? 'held.push(next)' : 'store.swap(next)'}
            await new Promise((resolve) => setTimeout(resolve, number % 4))
          }
          const said = await Promise.all(workers.map(({ said }) => said))
          await Promise.all(workers.map(({ ended }) => ended))
          publisher.close()
          store.close()
          for (const one of held) one[Symbol.dispose]()
          directory.close()
          await turns()
          say({ said, mappings: addon.mappingTotals().mappings, maps: mapsOf('-200').length, files: fs.readdirSync(dir).length })
        }
        const held = [] // files that are read have to be there as long as anybody opens them
        run().catch(fail)
        `,
        { args: [temporary()], node },
      )) as { said: { seen: number; reads: number; wrong: number }[] }
      expect(result).toEqual({
        said: Array.from({ length: 4 }, () => expect.objectContaining({ wrong: 0 }) as unknown),
        mappings: 0,
        maps: 0,
        files: 0,
      })
      for (const { seen, reads } of result.said) {
        expect(seen).toBeGreaterThan(10)
        expect(reads).toBeGreaterThan(1000)
      }
    },
    60_000,
  )
})

describe('what does not come from a GenerationPublisher', () => {
  it.each([0, 3, 4, 8, 11, 13, 16])('is refused: %i bytes of words', (length) => {
    const { port1, port2 } = new MessageChannel()
    const subscription = { port: port2, words: new SharedArrayBuffer(length) }
    expect(() => new GenerationSubscriber(subscription)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    )
    port1.close()
  })

  const inputs: unknown[] = []
  it.each([
    undefined,
    null,
    5,
    {},
    { number: 1 },
    { number: 'one', inputs },
    { number: 0.5, inputs },
    { inputs },
    { number: 1, inputs: 5 },
    { number: 1, inputs: { length: 1 } },
    { number: 1, inputs: [null] },
    { number: 1, inputs: [{}] },
  ])('is a TypeError of poll(): %j', (message) => {
    for (const messages of [[message], [message, message]]) {
      const { port1, port2 } = new MessageChannel()
      const words = new SharedArrayBuffer(12)
      const subscriber = new GenerationSubscriber({ port: port2, words })
      Atomics.store(new Int32Array(words), 0, 1)
      for (const each of messages) port1.postMessage(each)
      expect(() => subscriber.poll()).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }) as Error,
      )
      expect(subscriber.poll()).toBeUndefined()
      port1.postMessage({ number: 2, inputs: [], data: 'good' })
      Atomics.store(new Int32Array(words), 0, 2)
      expect(subscriber.poll()?.data).toBe('good')
      port1.close()
    }
  })

  it('is passed over when a generation comes after it', () => {
    const { port1, port2 } = new MessageChannel()
    const words = new SharedArrayBuffer(12)
    const subscriber = new GenerationSubscriber({ port: port2, words })
    Atomics.store(new Int32Array(words), 0, 1)
    for (const each of [undefined, null, 5, { inputs: 5 }, { inputs: [null] }]) port1.postMessage(each)
    port1.postMessage({ number: 1, inputs: [], data: 'good' })
    expect(subscriber.poll()?.data).toBe('good')
    port1.close()
  })
})

it('a generation is in the port before its number tells of it', () => {
  const subscription = publisher.subscribe()
  const words = new Int32Array(subscription.words)
  const post = vi.spyOn(MessagePort.prototype, 'postMessage')
  const numbers: number[] = []
  post.mockImplementation(function (this: MessagePort, ...args) {
    numbers.push(Atomics.load(words, 0))
    return original.apply(this, args)
  })
  try {
    publisher.publish([], { name: 'first' })
    publisher.publish([], { name: 'second' })
  } finally {
    post.mockRestore()
  }
  expect([...numbers, Atomics.load(words, 0)]).toEqual([0, 1, 2])
})

const original = MessagePort.prototype.postMessage

const made: string[] = []
function temporary(): string {
  const directoryPath = temporaryDirectory()
  made.push(directoryPath)
  return directoryPath
}
afterAll(() => {
  for (const one of made) removeDirectory(one)
})
