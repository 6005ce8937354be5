import { type NativeAddon, nativeAddon, nativePart, whyNoNativePart } from '../native.js'
import { MetalUnavailableError } from './metal-errors.js'

/** What Metal says of the system's GPU. */
export interface MetalDeviceInfo {
  readonly name: string
  /** The most bytes that one buffer may have. */
  readonly maxBufferLength: number
  /** Whether processor and GPU have one memory, as on Apple silicon. */
  readonly hasUnifiedMemory: boolean
  /** What a buffer without a copy begins and ends on, in bytes: 16384 on Apple silicon. */
  readonly pageSize: number
}

export type MetalSupport =
  | { readonly available: true; readonly device: MetalDeviceInfo }
  | { readonly available: false; readonly reason: string }

/**
 * Whether exportToMetal() can work here: on macOS, with a GPU. Loads Metal when it is first asked, on macOS;
 * elsewhere nothing is loaded. Any thread may ask.
 */
export function isMetalAvailable(): boolean {
  return metalSupport().available
}

/** What there is of Metal, or why there is none. */
export function metalSupport(): MetalSupport {
  const { addon, failure } = nativePart()
  if (addon === undefined) {
    return { available: false, reason: `the native part could not be loaded: ${whyNoNativePart(failure)}` }
  }
  const system = addon.metalSystem()
  if (system.reason !== undefined) return { available: false, reason: system.reason }
  return { available: true, device: system }
}

/** The native part, where there is a device. Throws MetalUnavailableError. */
export function addonWithMetal(): NativeAddon {
  const support = metalSupport()
  if (support.available) return nativeAddon()!
  throw new MetalUnavailableError(`Metal is not available on ${process.platform}: ${support.reason}`)
}
