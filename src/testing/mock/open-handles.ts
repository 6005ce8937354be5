/** Something that was opened through a MockDirectory and not closed since. */
export interface OpenHandle {
  readonly kind: 'input' | 'output' | 'lock'
  readonly name: string
  /** Where it was opened. */
  readonly stack: string
}

/** Who has opened what, and how it is ended by force. */
export class OpenHandles {
  readonly #open = new Map<OpenHandle, () => void>()

  /** Notes something that was opened; `abandon` ends it without a word. Returns what its close() calls. */
  add(kind: OpenHandle['kind'], name: string, abandon: () => void): () => void {
    const note: { stack?: string } = {}
    Error.captureStackTrace(note, this.add)
    const stack = (note.stack ?? '').split('\n').slice(1).join('\n')
    const handle = Object.freeze({ kind, name, stack })
    this.#open.set(handle, abandon)
    return () => void this.#open.delete(handle)
  }

  list(): readonly OpenHandle[] {
    return [...this.#open.keys()]
  }

  /** Whether an input or output of this file is open. */
  uses(name: string): boolean {
    return this.list().some((handle) => handle.kind !== 'lock' && handle.name === name)
  }

  abandonAll(): void {
    for (const abandon of this.#open.values()) abandon()
    this.#open.clear()
  }
}
