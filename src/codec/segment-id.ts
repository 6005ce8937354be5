import { invalidType, outOfRange } from '../store/arguments.js'
import type { DataInput } from '../store/data-input.js'
import { lengthOfKind } from '../store/intrinsics.js'

/** Bytes of the id that all files of a segment have in common. */
export const ID_LENGTH = 16

/** Throws unless `id` is a Uint8Array of 16 bytes. */
export function checkId(name: string, id: Uint8Array): void {
  const length = lengthOfKind(id, 'Uint8Array')
  if (length === undefined) throw invalidType(name, 'a Uint8Array', id)
  if (length !== ID_LENGTH) throw outOfRange(`${name}.length`, String(ID_LENGTH), length)
}

export function readId(input: DataInput): Uint8Array {
  const id = new Uint8Array(ID_LENGTH)
  input.readBytes(id)
  return id
}

export function sameId(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** An id as 32 hexadecimal digits. */
export function idToString(id: Uint8Array): string {
  return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
