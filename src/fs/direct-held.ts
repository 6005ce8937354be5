import { close } from 'node:fs'

import { giveBack } from './aligned-memory.js'

/** What an input or output past the system's cache has to give back. */
export interface Held {
  readonly piece: Uint8Array
  /** The descriptor past the cache, and one through it. */
  direct: number | undefined
  cached: number | undefined
}

const forgotten = new FinalizationRegistry<Held>(({ piece, direct, cached }) => {
  for (const fd of [direct, cached]) if (fd !== undefined) close(fd, () => {})
  giveBack(piece)
})

// The engine's own methods: those that a program has patched would be given the memory.
const { call } = Function.prototype
const { register, unregister } = FinalizationRegistry.prototype
const registerWith = call.bind(register) as (
  registry: FinalizationRegistry<Held>,
  owner: object,
  held: Held,
  token: object,
) => void
const unregisterFrom = call.bind(unregister) as (registry: FinalizationRegistry<Held>, token: object) => void

/** Gives back what its owner has, should that be dropped without close. */
export function holdFor(owner: object, held: Held): void {
  registerWith(forgotten, owner, held, owner)
}

/** The owner gives it back itself. */
export function letGo(owner: object): void {
  unregisterFrom(forgotten, owner)
}
