import { syncBuiltinESMExports } from 'node:module'

const replaced: (() => void)[] = []

/**
 * Gives an object other properties, until restoreReplaced(): of the system, of Node.js, of the native part.
 * What it returns takes back just these.
 */
export function replace<T extends object>(object: T, properties: Partial<T>): () => void {
  const own = Object.entries(properties).map(([name, value]) => {
    const before = Object.getOwnPropertyDescriptor(object, name)
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
    return () => {
      if (before === undefined) Reflect.deleteProperty(object, name)
      else Object.defineProperty(object, name, before)
    }
  })
  replaced.push(...own)
  syncBuiltinESMExports()
  return () => {
    for (const restore of own) restore()
    syncBuiltinESMExports()
  }
}

/** For afterEach(). */
export function restoreReplaced(): void {
  for (const restore of replaced.splice(0).toReversed()) restore()
  syncBuiltinESMExports()
}
