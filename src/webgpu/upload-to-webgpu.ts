import {
  checkInstance,
  checkOptions,
  checkRange,
  checkSize,
  checkString,
  checkWatching,
  invalidType,
  outOfRange,
} from '../store/arguments.js'
import { IndexInput } from '../store/index-input.js'
import type { UploadBuffer, UploadDevice } from './upload-device.js'
import { WebGPUUploadError } from './webgpu-upload-error.js'

export interface UploadOptions {
  /** From 0; by default the start of the input. */
  readonly offset?: number | undefined
  /** By default up to the end. */
  readonly length?: number | undefined
  /** GPUBufferUsage flags: STORAGE by default. COPY_DST is always among them. */
  readonly usage?: number | undefined
  /** The buffer's, for the device's messages. */
  readonly label?: string | undefined
  /** What goes to the device at a time, a multiple of 4 from 4 to 2^30: 4 MiB by default. Two are under way. */
  readonly pieceLength?: number | undefined
  /** Ends the upload early, whether or not the device answers: its promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called when the device has a piece, with the bytes that it has and those that were asked for. */
  readonly onProgress?: ((uploaded: number, total: number) => void) | undefined
}

/** GPUBufferUsage, which is missing where no browser is. */
const COPY_DST = 0x0008
const STORAGE = 0x0080

const PIECE = 4 * 1024 * 1024
const LONGEST_PIECE = 2 ** 30

/**
 * Makes a WebGPU buffer of an input or a part of it. Of a mapped file the pages go to the device as they are,
 * without a copy in JavaScript's memory, piece by piece: each is brought into memory while the event loop
 * is free, and no more than two are on their way to the device. Any other input is read piece by piece.
 *
 * The buffer has the length in bytes, rounded up to a multiple of 4 as WebGPU wants it, with zeros behind
 * the data, and at least 4 bytes. It is the caller's to destroy. The input may be closed afterwards.
 *
 * Throws a RangeError when the part is not within the input or longer than `device.limits.maxBufferSize`:
 * request a larger limit, or upload slices. Rejected with WebGPUUploadError when the device refuses, is lost
 * or makes no buffer, with FileFaultError when bytes of the file are lost, with AlreadyClosedError when the
 * input is closed meanwhile. The buffer is destroyed then.
 */
export async function uploadToWebGPU<Buffer extends UploadBuffer>(
  input: IndexInput,
  device: UploadDevice<Buffer>,
  options: UploadOptions = {},
): Promise<Buffer> {
  checkInstance('input', input, IndexInput)
  checkDevice(device)
  const part = partOf(input, options)
  const { maxBufferSize } = device.limits
  const size = Math.max(Math.ceil(part.length / 4) * 4, 4)
  if (size > maxBufferSize) {
    throw outOfRange('length', `at most ${maxBufferSize}, the device's maxBufferSize`, part.length)
  }
  return new Upload(device, input, part).run(size)
}

interface UploadPart {
  readonly offset: number
  readonly length: number
  readonly usage: number
  readonly label: string | undefined
  readonly pieceLength: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((uploaded: number, total: number) => void) | undefined
}

function checkDevice(device: UploadDevice): void {
  const { createBuffer, pushErrorScope, popErrorScope, queue, limits, lost } = device ?? {}
  const functions = [
    createBuffer,
    pushErrorScope,
    popErrorScope,
    queue?.writeBuffer,
    queue?.onSubmittedWorkDone,
    lost?.then,
  ]
  if (!functions.every((each) => typeof each === 'function') || typeof limits?.maxBufferSize !== 'number') {
    throw invalidType('device', 'a GPUDevice', device)
  }
}

function partOf(input: IndexInput, options: UploadOptions): UploadPart {
  checkOptions('uploadToWebGPU', options, [
    'offset',
    'length',
    'usage',
    'label',
    'pieceLength',
    'signal',
    'onProgress',
  ])
  const { usage = STORAGE, label, pieceLength = PIECE, signal, onProgress } = options
  const available = input.length()
  const { offset = 0 } = options
  checkSize('offset', offset)
  const { length = Math.max(available - offset, 0) } = options
  checkRange('uploadToWebGPU', offset, length, available)
  checkSize('usage', usage)
  if (usage > 0xffff_ffff) throw outOfRange('usage', 'GPUBufferUsage flags', usage)
  if (label !== undefined) checkString('label', label)
  checkSize('pieceLength', pieceLength)
  if (pieceLength < 4 || pieceLength > LONGEST_PIECE || pieceLength % 4 !== 0) {
    throw outOfRange('pieceLength', `a multiple of 4 from 4 to ${LONGEST_PIECE}`, pieceLength)
  }
  checkWatching(signal, onProgress)
  return { offset, length, usage, label, pieceLength, signal, onProgress }
}

/** Something that the device was asked for. */
interface Request {
  /** Where in the part it ends. */
  readonly end: number
  readonly done: Promise<void>
}

class Upload<Buffer extends UploadBuffer> {
  readonly #device: UploadDevice<Buffer>
  readonly #input: IndexInput
  readonly #part: UploadPart
  /** Rejected when the signal is aborted or the device is lost, which may never answer then. */
  readonly #ended: Promise<never>
  #end!: (why: unknown) => void
  #lost: WebGPUUploadError | undefined

  constructor(device: UploadDevice<Buffer>, input: IndexInput, part: UploadPart) {
    this.#device = device
    this.#input = input
    this.#part = part
    this.#ended = new Promise((_, reject) => (this.#end = reject))
    this.#ended.catch(() => {}) // it may happen while the device is not waited for
  }

  async run(size: number): Promise<Buffer> {
    const { signal } = this.#part
    const abort = (): void => this.#end(signal?.reason)
    const unwatch = watchLoss(this.#device.lost, (message) => {
      this.#lost = this.#failure(`the device was lost: ${message}`)
      this.#end(this.#lost)
    })
    let buffer: Buffer | undefined
    try {
      signal?.addEventListener('abort', abort, { once: true })
      this.#ensureGoing()
      await this.#answer(this.#scoped(() => (buffer = this.#createBuffer(size))))
      if (typeof buffer?.destroy !== 'function') throw this.#failure('createBuffer() did not return a buffer')
      await this.#write(buffer)
      this.#ensureGoing()
      return buffer
    } catch (error) {
      destroy(buffer)
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      unwatch()
    }
  }

  /** Waits for the device no longer than there is something to wait for. */
  #answer(answer: Promise<void>): Promise<void> {
    return Promise.race([answer, this.#ended])
  }

  #ensureGoing(): void {
    if (this.#lost !== undefined) throw this.#lost
    this.#part.signal?.throwIfAborted()
  }

  #createBuffer(size: number): Buffer {
    const { usage, label } = this.#part
    const descriptor = { size, usage: (usage | COPY_DST) >>> 0, ...(label === undefined ? {} : { label }) }
    return this.#device.createBuffer(descriptor)
  }

  async #write(buffer: Buffer): Promise<void> {
    const { offset, length, pieceLength, signal, onProgress } = this.#part
    const pending: Request[] = []
    const settle = async (): Promise<void> => {
      const { end, done } = pending.shift()!
      await this.#answer(done)
      this.#ensureGoing()
      onProgress?.(end, length)
    }
    for (let at = 0; at < length; at += pieceLength) {
      const count = Math.min(pieceLength, length - at)
      await this.#input.load({ offset: offset + at, length: count, signal })
      this.#ensureGoing()
      const done = this.#send(buffer, at, this.#input.view(offset + at, count))
      done.catch(() => {}) // whoever waits for it hears of it
      pending.push({ end: at + count, done })
      this.#input.checkFault() // the view has zeros in place of what is lost
      if (pending.length > 1) await settle()
    }
    while (pending.length > 0) await settle()
  }

  /** Resolves when the device has the bytes. They are the queue's when this returns. */
  async #send(buffer: Buffer, at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { queue } = this.#device
    const { length } = bytes
    const whole = length - (length % 4)
    const last = new Uint8Array(4)
    last.set(bytes.subarray(whole)) // before the device has the others: it may transfer the array away
    const written = this.#scoped(() => {
      if (whole > 0) queue.writeBuffer(buffer, at, bytes.subarray(0, whole))
      if (whole < length) queue.writeBuffer(buffer, at + whole, last)
    })
    written.catch(() => {}) // waited for below
    await queue.onSubmittedWorkDone()
    await written
  }

  /** Rejected with what the device says of what was called, which it does not throw. */
  async #scoped(call: () => void): Promise<void> {
    const device = this.#device
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    let errors: Promise<({ readonly message: string } | null)[]>
    try {
      call()
    } finally {
      errors = Promise.all([this.#popErrorScope(), this.#popErrorScope()])
      errors.catch(() => {}) // where call() throws
    }
    const error = (await errors).find((each) => each !== null)
    if (error) throw this.#failure(error.message, error)
  }

  /** Rejected where the device throws, so that the other scope is closed in any case. */
  async #popErrorScope(): Promise<{ readonly message: string } | null> {
    return this.#device.popErrorScope()
  }

  #failure(why: string, cause?: unknown): WebGPUUploadError {
    return new WebGPUUploadError(`Upload to WebGPU failed: ${this.#input.toString()}: ${why}`, { cause })
  }
}

/** Tells of a loss until it is stopped: the promise lives as long as the device, and keeps no upload that is done. */
function watchLoss(lost: UploadDevice['lost'], onLoss: (message: string) => void): () => void {
  let tell: typeof onLoss | undefined = onLoss
  const watch = async (): Promise<void> => {
    const loss = await lost
    let message = 'it does not say why'
    try {
      message = String(loss?.message)
    } catch {
      // Lost it is all the same.
    }
    tell?.(message)
  }
  watch().catch(() => {}) // a device that cannot tell
  return () => (tell = undefined)
}

function destroy(buffer: UploadBuffer | undefined): void {
  try {
    buffer?.destroy()
  } catch {
    // What went wrong before is what the caller is to hear of.
  }
}
