import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

import { type NativeAddon, nativeAddon } from '../../src/native.js'

/** The native part, without which there is nothing to test here. */
export const addon: NativeAddon = nativeAddon()!

/** Whether the system tells of every page whether it is in memory; Windows knows the process's own only. */
export const RESIDENCY = addon.residencyComplete

/** What isLoaded() says of what is not in memory. */
export const NOT_LOADED = RESIDENCY ? false : undefined

/** Whether the system takes advice for a file that is open; Windows takes it when the file is opened. */
export const LATER_ADVICE = addon.advisesRanges

/** Resolves when buffers that were detached have been finalized, and with them their mappings. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

/** How many mappings of files of this length the library holds. */
export function mappingsOf(length: number): number {
  return addon.mappingTotals().live.filter((one) => one.length === length).length
}

/** A mapping as /proc/self/maps has it. */
export interface MapsEntry {
  readonly start: number
  readonly end: number
  readonly permissions: string
  readonly offset: number
}

/** Whether this system shows its processes' mappings. */
export const MAPS_VISIBLE = process.platform === 'linux'

/** The mappings of a file in this process, by their addresses. */
export function mapsEntries(path: string): MapsEntry[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`) || line.endsWith(` ${path} (deleted)`))
    .map((line) => {
      const [range, permissions, offset] = line.split(' ') as [string, string, string]
      const [start, end] = range.split('-').map((address) => Number.parseInt(address, 16)) as [number, number]
      return { start, end, permissions, offset: Number.parseInt(offset, 16) }
    })
}
