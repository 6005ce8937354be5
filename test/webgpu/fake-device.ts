import { setTimeout } from 'node:timers/promises'

import type { UploadBuffer, UploadDevice, UploadQueue } from '../../src/webgpu/index.js'

type Filter = 'validation' | 'out-of-memory'

const COPY_DST = 0x0008
/** MAP_READ, COPY_SRC, COPY_DST, INDEX, VERTEX, UNIFORM, STORAGE, INDIRECT and QUERY_RESOLVE. */
const USAGES = 0x03fd

export interface FakeSettings {
  readonly maxBufferSize?: number
  /** How many bytes there is memory for. */
  readonly memory?: number
  /** After how many writes the device is lost. */
  readonly loseAfter?: number
}

/**
 * As much of a GPUDevice as an upload needs, with what the specification says of it: what the caller
 * is told at once, what goes to error scopes, what invalid buffers and lost devices do, and that bytes are
 * taken when writeBuffer() is called and are in the buffer some time later.
 */
export class FakeDevice implements UploadDevice<FakeBuffer>, UploadQueue<FakeBuffer> {
  readonly limits: { readonly maxBufferSize: number }
  readonly queue = this
  readonly lost: Promise<{ readonly message: string }>
  readonly buffers: FakeBuffer[] = []
  /** Errors that no scope has caught. */
  readonly uncaptured: string[] = []
  readonly writes: { readonly at: number; readonly length: number }[] = []
  mostUnderWay = 0
  #underWay = 0
  #work: Promise<void> = Promise.resolve()
  #lose!: (loss: { message: string }) => void
  #isLost = false
  readonly #scopes: { readonly filter: Filter; error: { message: string } | null }[] = []
  readonly #settings: FakeSettings

  constructor(settings: FakeSettings = {}) {
    this.#settings = settings
    this.limits = { maxBufferSize: settings.maxBufferSize ?? 2 ** 28 }
    this.lost = new Promise((resolve) => (this.#lose = resolve))
  }

  pushErrorScope(filter: Filter): void {
    this.#scopes.push({ filter, error: null })
  }

  async popErrorScope(): Promise<{ message: string } | null> {
    const scope = this.#scopes.pop()
    if (scope === undefined) throw new DOMException('no error scope', 'OperationError')
    await setTimeout(1)
    return this.#isLost ? null : scope.error
  }

  get openScopes(): number {
    return this.#scopes.length
  }

  #report(filter: Filter, message: string): void {
    if (this.#isLost) return
    const scope = this.#scopes.findLast((each) => each.filter === filter)
    if (scope === undefined) this.uncaptured.push(message)
    else scope.error ??= { message }
  }

  createBuffer({ size, usage, label = '' }: { size: number; usage: number; label?: string }): FakeBuffer {
    let valid = true
    const refuse = (filter: Filter, message: string): void => {
      valid = false
      this.#report(filter, message)
    }
    if (usage === 0 || (usage & ~USAGES) !== 0) refuse('validation', `usage ${usage} is none`)
    else if ((usage & 1) !== 0 && (usage & ~(1 | COPY_DST)) !== 0)
      refuse('validation', 'MAP_READ with others')
    else if (size > this.limits.maxBufferSize) refuse('validation', `size ${size} is above the limit`)
    else if (size > (this.#settings.memory ?? Infinity))
      refuse('out-of-memory', `no memory for ${size} bytes`)
    const buffer = new FakeBuffer(size, usage, label, valid)
    this.buffers.push(buffer)
    return buffer
  }

  writeBuffer(buffer: FakeBuffer, at: number, data: Uint8Array<ArrayBuffer>): void {
    if (data.length % 4 !== 0) throw new DOMException(`${data.length} is no multiple of 4`, 'OperationError')
    const bytes = data.slice()
    this.writes.push({ at, length: bytes.length })
    if (this.#isLost) return
    if (this.writes.length > (this.#settings.loseAfter ?? Infinity)) {
      this.#isLost = true
      this.#lose({ message: 'it fell off the bus' })
      return
    }
    if (!buffer.valid) return this.#report('validation', 'the buffer is invalid')
    if (buffer.destroyed) return this.#report('validation', 'the buffer is destroyed')
    if ((buffer.usage & COPY_DST) === 0) return this.#report('validation', 'no COPY_DST')
    if (at % 4 !== 0 || at + bytes.length > buffer.size) return this.#report('validation', 'out of range')
    this.#underWay += bytes.length
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay)
    this.#work = this.#work.then(async () => {
      await setTimeout(1)
      buffer.bytes.set(bytes, at)
      this.#underWay -= bytes.length
    })
  }

  onSubmittedWorkDone(): Promise<void> {
    return this.#work
  }
}

export class FakeBuffer implements UploadBuffer {
  readonly bytes: Uint8Array
  destroyed = false

  constructor(
    readonly size: number,
    readonly usage: number,
    readonly label: string,
    readonly valid: boolean,
  ) {
    this.bytes = new Uint8Array(valid ? size : 0)
  }

  destroy(): void {
    this.destroyed = true
  }
}
