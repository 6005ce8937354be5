import { syncBuiltinESMExports } from 'node:module'

const replaced: (() => void)[] = []

/** Gives an object other properties, until restoreReplaced(): of the system, of Node.js, of the native part. */
export function replace<T extends object>(object: T, properties: Partial<T>): void {
  for (const [name, value] of Object.entries(properties)) {
    const before = Object.getOwnPropertyDescriptor(object, name)
    replaced.push(() => {
      if (before === undefined) Reflect.deleteProperty(object, name)
      else Object.defineProperty(object, name, before)
    })
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
  }
  syncBuiltinESMExports()
}

/** For afterEach(). */
export function restoreReplaced(): void {
  for (const restore of replaced.splice(0).toReversed()) restore()
  syncBuiltinESMExports()
}
