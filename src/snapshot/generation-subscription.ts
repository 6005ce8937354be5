/** @ts-ignore: unknown without @types/node */
import type { MessagePort } from 'node:worker_threads'

import type { SharedInput } from '../store/shared-input.js'

/**
 * The way from a GenerationPublisher to one other thread, where a GenerationSubscriber takes it:
 * `worker.postMessage(subscription, [subscription.port])`.
 */
export interface GenerationSubscription {
  readonly port: MessagePort
  /** Three int32 in shared memory, see below. */
  readonly words: SharedArrayBuffer
}

/** The number of the last generation that was sent. */
export const PUBLISHED = 0
/** The number of the last generation that the other thread has taken from the port. */
export const TAKEN = 1
/** 1 once the publisher is closed. */
export const CLOSED = 2

export const WORDS_LENGTH = 12

/** What goes through the port: it is there before PUBLISHED tells of it. */
export interface GenerationMessage {
  readonly number: number
  readonly inputs: readonly SharedInput[]
  readonly data: unknown
}
