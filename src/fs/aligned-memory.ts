import { bytesOf, setPrototypeOf } from '../store/intrinsics.js'

/** Bytes of a piece: what one read or write past the system's cache takes. Lucene's merge buffer. */
export const PIECE = 256 * 1024

/** Enough for a merge of four segments at once. */
const PIECES_AT_ONCE = 16
const WASM_PAGE = 64 * 1024

interface MemoryConstructor {
  new (descriptor: { readonly initial: number; readonly maximum: number }): object
  readonly prototype: object
}

/** Missing under --jitless. Taken when this module is loaded, before a program could replace it. */
const Memory = (globalThis as { WebAssembly?: { readonly Memory?: MemoryConstructor } }).WebAssembly?.Memory

/** The engine's getter: one that a program has patched would be given the memory, whose grow() detaches all pieces. */
const getBuffer = Memory && Object.getOwnPropertyDescriptor(Memory.prototype, 'buffer')?.get
const bufferOfMemory =
  getBuffer && (Function.prototype.call.bind(getBuffer) as (memory: object) => ArrayBuffer)

/** A list without an Array's methods, to which a program could have given others. */
interface Free {
  readonly piece: Uint8Array
  readonly next: Free | undefined
}

let free: Free | undefined

/**
 * Memory that begins at a page, which reading and writing past the system's cache needs. JavaScript
 * has no say in where an ArrayBuffer lies; but the memory of a WebAssembly module begins at a page
 * of the processor's. Its reservation of addresses is large, so that many pieces are cut from one, and what was
 * given back is given out again. Undefined where there is no WebAssembly, or there are not as many addresses.
 */
export function takeAligned(): Uint8Array | undefined {
  if (free === undefined) cutPieces()
  const taken = free?.piece
  free = free?.next
  return taken
}

function cutPieces(): void {
  if (Memory === undefined || bufferOfMemory === undefined) return
  const pages = (PIECES_AT_ONCE * PIECE) / WASM_PAGE
  const descriptor = setPrototypeOf({ initial: pages, maximum: pages }, null) as {
    initial: number
    maximum: number
  }
  let buffer: ArrayBuffer
  try {
    buffer = bufferOfMemory(new Memory(descriptor))
  } catch {
    return // a RangeError: each reserves some 10 GiB, which a container or ulimit -v may not allow
  }
  for (let i = 0; i < PIECES_AT_ONCE; i++) giveBack(bytesOf(buffer, i * PIECE, PIECE))
}

/** Gives back a piece that nobody will use any more. */
export function giveBack(piece: Uint8Array): void {
  free = { piece, next: free }
}
