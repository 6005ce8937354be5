import { invalidValue } from './arguments.js'
import { FileFaultError } from './errors.js'
import type { InputFamily } from './input-family.js'
import { lengthOf, lengthOfKind, setElements } from './intrinsics.js'

/** A read whose waiting happens off the event loop. */
export interface AsyncRead {
  readonly family: InputFamily
  /** In the file. */
  readonly position: number
  readonly target: Uint8Array
  /** The target's, when the read began. */
  readonly length: number
  readonly signal: AbortSignal | undefined
  /** Throws when the input that was asked has ended, or lost something. */
  readonly ensureOpen: () => void
}

/**
 * Fills the target. Only this thread ever writes into it, between waits, and never once the promise
 * is settled: a thread that reads straight into a buffer could not be kept from it when the program
 * transfers the buffer away in the meantime.
 */
export async function readAsync(read: AsyncRead): Promise<void> {
  const { signal } = read
  if (signal === undefined) return fill(read)
  signal.throwIfAborted()
  let abort!: () => void
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([fill(read), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function fill(read: AsyncRead): Promise<void> {
  const { family, position, target, length, signal, ensureOpen } = read
  const { source } = family
  for (let done = 0; done < length;) {
    const count = Math.min(length - done, PIECE)
    let bytes: Uint8Array | undefined
    try {
      bytes = await source.fetch?.(position + done, count, signal)
    } catch (error) {
      signal?.throwIfAborted()
      ensureOpen()
      if (error instanceof FileFaultError) family.checkFault(true)
      throw error
    }
    signal?.throwIfAborted()
    ensureOpen()
    if (lengthOf(target) < length)
      throw invalidValue(`readAsync: the target was detached or became shorter than ${length} bytes`)
    if (bytes === undefined) family.copy(position + done, target, done, count)
    else setElements(target, checkFetched(bytes, count, family.description), done)
    // Short reads, too, can afford to ask: a file may have been cut within its last page.
    if (bytes === undefined) family.checkFault(true)
    done += count
  }
}

function checkFetched(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (lengthOfKind(bytes, 'Uint8Array') === length) return bytes
  throw Object.assign(new TypeError(`The source did not fetch the ${length} bytes that it should: ${what}`), {
    code: 'ERR_INVALID_RETURN_VALUE',
  })
}

/** What is copied at once, in about a tenth of a millisecond. */
const PIECE = 1 << 20
