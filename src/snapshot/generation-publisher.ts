import { MessageChannel, type MessagePort } from 'node:worker_threads'

import { checkIterable, invalidType } from '../store/arguments.js'
import { AlreadyClosedError } from '../store/errors.js'
import { IndexInput } from '../store/index-input.js'
import type { SharedInput } from '../store/shared-input.js'
import {
  CLOSED,
  type GenerationMessage,
  type GenerationSubscription,
  PUBLISHED,
  TAKEN,
  WORDS_LENGTH,
} from './generation-subscription.js'

/** A thread that generations are sent to. */
interface Subscriber {
  readonly port: MessagePort
  readonly words: Int32Array
  /** What was sent and may not have been taken yet. */
  sent: { readonly number: number; readonly shares: readonly SharedInput[] }[]
}

/**
 * Tells other threads of the process of a new generation: inputs that belong together, such as
 * those of a segment or of an index, and what is to be known of them. Objects are not shared
 * between threads; what each thread gets are inputs of its own over the same mappings, all of one
 * generation or none of it.
 *
 *     publisher.publish([postings, vectors], { segment: '_7' }) // then store.swap(…) in this thread
 *
 * Belongs to the thread that made it. Keeps no thread and no process running.
 */
export class GenerationPublisher<Data = unknown> implements Disposable {
  readonly #subscribers = new Set<Subscriber>()
  #number = 0
  #latest: { readonly inputs: readonly IndexInput[]; readonly data: Data } | undefined
  #closed = false

  /**
   * Makes the way to one more thread. The last generation is sent at once; its inputs must still
   * be open then (AlreadyClosedError otherwise). Throws AlreadyClosedError after close().
   */
  subscribe(): GenerationSubscription {
    this.#ensureOpen()
    const { port1, port2 } = new MessageChannel()
    const words = new SharedArrayBuffer(WORDS_LENGTH)
    const subscriber: Subscriber = { port: port1, words: new Int32Array(words), sent: [] }
    if (this.#latest !== undefined) {
      let shares: SharedInput[]
      try {
        shares = this.#shareAll(this.#latest.inputs)
      } catch (error) {
        port1.close()
        throw error
      }
      send(subscriber, this.#number, shares, this.#latest.data)
    }
    port1.unref()
    // The other thread has closed its end, or has ended.
    port1.once('close', () => this.#drop(subscriber))
    this.#subscribers.add(subscriber)
    return { port: port2, words }
  }

  /**
   * Sends a generation to all threads: `inputs`, which remain the caller's and must stay open until
   * the next one is published, and `data`, which is copied as postMessage() does. Throws a
   * TypeError for an input that cannot be shared, a DataCloneError for data that cannot be copied,
   * AlreadyClosedError for closed inputs and after close(); then nothing was sent to anyone.
   */
  publish(inputs: Iterable<IndexInput>, data: Data): void {
    checkIterable('inputs', inputs)
    const list = [...inputs]
    for (const input of list) {
      if (!(input instanceof IndexInput)) throw invalidType('each of the inputs', 'an IndexInput', input)
    }
    const copy = structuredClone(data)
    this.#ensureOpen() // all of the above may have been the program's own
    const shares = this.#shareForEach(list)
    this.#number = (this.#number + 1) | 0 // as the shared words are
    this.#latest = { inputs: list, data: copy }
    for (const [subscriber, own] of shares) {
      releaseTaken(subscriber)
      send(subscriber, this.#number, own, copy)
    }
  }

  /**
   * Ends this publisher. The other threads keep what they have attached; what they have not is
   * given up. Doing so again does nothing.
   */
  close(): void {
    this.#closed = true
    this.#latest = undefined
    for (const subscriber of this.#subscribers) {
      Atomics.store(subscriber.words, CLOSED, 1)
      subscriber.port.close()
      this.#drop(subscriber)
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #ensureOpen(): void {
    if (this.#closed) throw new AlreadyClosedError('This GenerationPublisher is closed')
  }

  /** Shares for every thread, each of which is good for one attachment, or for none of them. */
  #shareForEach(inputs: readonly IndexInput[]): Map<Subscriber, SharedInput[]> {
    const shares = new Map<Subscriber, SharedInput[]>()
    try {
      for (const subscriber of this.#subscribers) shares.set(subscriber, this.#shareAll(inputs))
    } catch (error) {
      for (const own of shares.values()) releaseAll(own)
      throw error
    }
    return shares
  }

  #shareAll(inputs: readonly IndexInput[]): SharedInput[] {
    const shares: SharedInput[] = []
    try {
      for (const input of inputs) shares.push(input.share())
      this.#ensureOpen() // an input of a program's own may have closed this
    } catch (error) {
      releaseAll(shares)
      throw error
    }
    return shares
  }

  #drop(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber)
    for (const { shares } of subscriber.sent) releaseAll(shares)
    subscriber.sent = []
  }
}

/** Puts the generation where the thread finds it, and only then tells it that there is one. */
function send(subscriber: Subscriber, number: number, shares: readonly SharedInput[], data: unknown): void {
  const message: GenerationMessage = { number, inputs: shares, data }
  subscriber.port.postMessage(message)
  subscriber.sent.push({ number, shares })
  Atomics.store(subscriber.words, PUBLISHED, number)
}

/** Forgets what the thread has taken. Releasing does nothing where it was attached. */
function releaseTaken(subscriber: Subscriber): void {
  const taken = Atomics.load(subscriber.words, TAKEN)
  const isTaken = ({ number }: { number: number }) => ((taken - number) | 0) >= 0
  for (const { shares } of subscriber.sent.filter(isTaken)) releaseAll(shares)
  subscriber.sent = subscriber.sent.filter((one) => !isTaken(one))
}

function releaseAll(shares: readonly SharedInput[]): void {
  for (const share of shares) share.release()
}
