import { close } from 'node:fs'

import { giveBack } from './aligned-memory.js'

/** What an input or output past the system's cache has to give back. */
export interface Held {
  readonly piece: Uint8Array
  /** The descriptor past the cache, and one through it. */
  direct: number | undefined
  cached: number | undefined
}

/** What was dropped without close. */
export const forgotten = new FinalizationRegistry<Held>(({ piece, direct, cached }) => {
  for (const fd of [direct, cached]) if (fd !== undefined) close(fd, () => {})
  giveBack(piece)
})
