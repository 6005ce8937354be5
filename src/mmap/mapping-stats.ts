import { nativeAddon } from '../native.js'
import { checkSize } from '../store/arguments.js'

/** What this process holds through this library now, in all threads. */
export interface MappingStats {
  /** Mappings for the system: opened files that are mapped, and views. */
  readonly mappings: number
  /** The bytes of address space that they take. */
  readonly bytes: number
  /** Buffers over mappings that reads go through. */
  readonly windows: number
  /** The most mappings that this library takes: see setMappingLimit(). */
  readonly limit: number
  /** How often pages that could not be read were replaced by zeros, so far. */
  readonly faults: number
  /** Inputs that were collected without having been closed, so far. */
  readonly unclosed: number
  /**
   * Of the mappings, those that will stay for as long as the process lives: of views whose thread has
   * ended while their memory was in another thread, or nobody could tell where.
   */
  readonly leftBehind: number
  /**
   * Parts of mappings that native code was given the address of (exportChunks(), exportToMetal()) and
   * that were not released.
   */
  readonly pins: number
  /** Files that were read because they could not be mapped, so far, in this thread. */
  readonly fallbacks: number
}

let fallbacks = 0

export function countFallback(): void {
  fallbacks++
}

/** Counts what is mapped. All zeros where there is no native part. */
export function mappingStats(): MappingStats {
  const addon = nativeAddon()
  if (addon === undefined) {
    const nothing = {
      mappings: 0,
      bytes: 0,
      windows: 0,
      limit: 0,
      faults: 0,
      unclosed: 0,
      leftBehind: 0,
      pins: 0,
    }
    return { ...nothing, fallbacks }
  }
  const { mappings, bytes, windows, limit, faults, unclosed, leftBehind, pins } = addon.mappingTotals()
  return { mappings, bytes, windows, limit, faults, unclosed, leftBehind, pins, fallbacks }
}

/**
 * Sets how many mappings this process may hold through this library; 49152 at first. It has to
 * stay well below the system's own limit (vm.max_map_count on Linux, 65530 by default), beyond
 * which the engine aborts. What is open stays open. Holds for all threads.
 */
export function setMappingLimit(limit: number): void {
  checkSize('limit', limit)
  nativeAddon()?.setMappingLimit(limit)
}
