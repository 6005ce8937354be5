import { bytesOf } from '../store/intrinsics.js'

/** Bytes of a piece: what one read or write past the system's cache takes. Lucene's merge buffer. */
export const PIECE = 256 * 1024

/** Enough for a merge of four segments at once. */
const PIECES_AT_ONCE = 16
const WASM_PAGE = 64 * 1024

interface MemoryConstructor {
  new (descriptor: { readonly initial: number; readonly maximum: number }): { readonly buffer: ArrayBuffer }
}

/** Missing under --jitless. Taken when this module is loaded, before a program could replace it. */
const Memory = (globalThis as { WebAssembly?: { readonly Memory?: MemoryConstructor } }).WebAssembly?.Memory

const free: Uint8Array[] = []

/**
 * Memory that begins at a page, which reading and writing past the system's cache needs. JavaScript
 * has no say in where an ArrayBuffer lies; but the memory of a WebAssembly module begins at a page
 * of the processor's. Its reservation of addresses is large, so that many pieces are cut from one, and what was
 * given back is given out again. Undefined where there is no WebAssembly.
 */
export function takeAligned(): Uint8Array | undefined {
  if (free.length === 0 && Memory !== undefined) {
    const pages = (PIECES_AT_ONCE * PIECE) / WASM_PAGE
    const { buffer } = new Memory({ initial: pages, maximum: pages })
    for (let i = 0; i < PIECES_AT_ONCE; i++) free.push(bytesOf(buffer, i * PIECE, PIECE))
  }
  return free.pop()
}

/** Gives back a piece that nobody will use any more. */
export function giveBack(pieces: Iterable<Uint8Array>): void {
  free.push(...pieces)
}
