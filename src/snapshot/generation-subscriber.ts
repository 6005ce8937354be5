import { MessagePort, receiveMessageOnPort } from 'node:worker_threads'

import { attachInput } from '../mmap/attach-input.js'
import { invalidType, invalidValue } from '../store/arguments.js'
import { AlreadyClosedError } from '../store/errors.js'
import { ignoringErrors } from '../store/ignoring-errors.js'
import type { IndexInput } from '../store/index-input.js'
import type { SharedInput } from '../store/shared-input.js'
import {
  CLOSED,
  type GenerationMessage,
  type GenerationSubscription,
  PUBLISHED,
  TAKEN,
  WORDS_LENGTH,
} from './generation-subscription.js'

/** A generation as one thread has it: a value for its SnapshotStore. */
export interface AttachedGeneration<Data> extends Disposable {
  /** The inputs that were published, in that order, which are this thread's own. */
  readonly inputs: readonly IndexInput[]
  readonly data: Data
  /** Closes the inputs. Doing so again does nothing. */
  close(): void
}

/**
 * Where a thread hears of new generations:
 *
 *     const subscriber = new GenerationSubscriber(subscription)
 *     let store: SnapshotStore<AttachedGeneration> | undefined // until there is a first generation
 *     … before each request:
 *     const next = subscriber.poll()
 *     if (next !== undefined) {
 *       if (store === undefined) store = new SnapshotStore(next)
 *       else store.swap(next)
 *     }
 *
 * Belongs to the thread that made it. Keeps no thread running.
 */
export class GenerationSubscriber<Data = unknown> implements Disposable {
  readonly #port: MessagePort
  readonly #words: Int32Array
  #seen = 0
  #closed = false

  /** Takes over what GenerationPublisher.subscribe() has made. Throws a TypeError for anything else. */
  constructor(subscription: GenerationSubscription) {
    const { port, words }: Partial<GenerationSubscription> = subscription ?? {}
    if (
      !(words instanceof SharedArrayBuffer && words.byteLength === WORDS_LENGTH) ||
      !(port instanceof MessagePort)
    ) {
      throw invalidType('subscription', 'what GenerationPublisher.subscribe() has made', subscription)
    }
    this.#port = port
    this.#words = new Int32Array(words)
  }

  /**
   * The newest generation, attached, when there is one that this has not returned before; the
   * caller closes it. Those in between are passed over. When there is nothing new, it costs one
   * Atomics.load.
   *
   * Throws what attachInput() throws, and a TypeError for a message of someone else's; that generation
   * is lost to this thread, and the next one can be had. Throws AlreadyClosedError after close(). After
   * the publisher was closed, there is never anything new.
   */
  poll(): AttachedGeneration<Data> | undefined {
    if (this.#closed) throw new AlreadyClosedError('This GenerationSubscriber is closed')
    if (Atomics.load(this.#words, PUBLISHED) === this.#seen) return undefined
    const newest = this.#newest()
    if (newest === undefined) return undefined
    const { message } = newest
    if (!isGeneration(message)) {
      throw invalidValue('What came through the port is no generation of a GenerationPublisher')
    }
    try {
      return new Attached(attachAll(message.inputs), message.data as Data)
    } catch (error) {
      if (Atomics.load(this.#words, CLOSED) === 1) return undefined
      throw error
    } finally {
      this.#seen = message.number
      Atomics.store(this.#words, TAKEN, message.number)
    }
  }

  /** Ends this subscriber: the publisher sends nothing more. What was attached stays. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#port.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #newest(): Received | undefined {
    let newest: Received | undefined
    for (let received = this.#receive(); received !== undefined; received = this.#receive()) {
      if (isGeneration(newest?.message)) discard(newest.message)
      newest = received
    }
    return newest
  }

  #receive(): Received | undefined {
    return receiveMessageOnPort(this.#port) as Received | undefined
  }
}

/** The message is the publisher's, or whatever someone else has sent through the port. */
interface Received {
  readonly message: unknown
}

function isGeneration(message: unknown): message is GenerationMessage {
  if (typeof message !== 'object' || message === null) return false
  const { number, inputs } = message as Partial<GenerationMessage>
  return Number.isInteger(number) && Array.isArray(inputs)
}

class Attached<Data> implements AttachedGeneration<Data> {
  readonly inputs: readonly IndexInput[]
  readonly data: Data

  constructor(inputs: readonly IndexInput[], data: Data) {
    this.inputs = inputs
    this.data = data
  }

  close(): void {
    const failures: unknown[] = []
    for (const input of this.inputs) {
      try {
        input.close()
      } catch (error) {
        failures.push(error) // the others are to be closed all the same
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function attachAll(shares: readonly SharedInput[]): IndexInput[] {
  const inputs: IndexInput[] = []
  try {
    for (const share of shares) inputs.push(attachInput(share))
  } catch (error) {
    for (const input of inputs) ignoringErrors(() => input.close())
    throw error
  }
  return inputs
}

/** Lets go of a generation that nobody here will read: a share keeps its mapping until it is attached. */
function discard({ inputs }: GenerationMessage): void {
  for (const share of inputs) {
    if (share?.shared?.kind === 'mapping') ignoringErrors(() => attachInput(share).close())
  }
}
