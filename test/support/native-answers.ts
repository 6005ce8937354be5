import { getSystemErrorMap } from 'node:util'

import type { NativeAddon, NativeError } from '../../src/native.js'
import { addon } from './mappings.js'
import { replace } from './replaced.js'

/**
 * Has a native function do something else, until restoreReplaced(). What its calls ask for, behind the
 * handle or whatever comes first, is in what this returns.
 */
export function answer<T>(name: keyof NativeAddon, action: (...asked: never[]) => T): unknown[][] {
  const calls: unknown[][] = []
  const replacement = (_: unknown, ...asked: never[]): T => {
    // Ranges are native code's to read for as long as the call lasts.
    calls.push(asked.map((each: unknown) => (each instanceof Float64Array ? Array.from(each) : each)))
    return action(...asked)
  }
  replace(addon, { [name]: replacement })
  return calls
}

export function nativeError(details: Partial<NativeError>): NativeError {
  return Object.assign(new Error('the call failed'), details)
}

/** As native code and Node.js have it: negative. */
export function errnoOf(code: string): number {
  return [...getSystemErrorMap()].find(([, [name]]) => name === code)![0]
}
