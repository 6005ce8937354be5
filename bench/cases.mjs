// What is measured, in the order in which it is reported. What a contestant does for a case stands
// in contestants/; one that has no such thing leaves it out.

/** Sequential cases go over the first 16 MiB again and again: they fit one window. */
export const SPAN = 2 ** 24

/** Random access that the processor's caches hold. */
export const HOT = 2 ** 18

/** Reads of a few values or bytes per call, in calls of so many. */
export const ARRAY_LENGTH = 1024

/** Bytes that one writing case writes to a file. */
export const WRITTEN = 2 ** 24

/**
 * What may have happened before, see states.mjs.
 *
 * @typedef {'crossed' | 'detached' | 'end-of-file'} State
 */
const STATES = {
  crossed: 'after windows were crossed',
  detached: 'after a detach anywhere in the isolate',
  'end-of-file': 'after an end-of-file error was thrown',
}

/**
 * unit: 'ns' for a call, 'GB/s' for bytes read, 'MiB/s' for bytes written.
 *
 * @typedef {{ name: string, title: string, unit: 'ns' | 'GB/s' | 'MiB/s', states?: true }} Case
 */

/** @type {readonly Case[]} */
const PLAIN = [
  { name: 'byte', title: 'readByte in sequence', unit: 'ns', states: true },
  { name: 'int', title: 'readInt in sequence', unit: 'ns', states: true },
  { name: 'small-int', title: 'readInt in sequence, values below 2^16', unit: 'ns' },
  { name: 'long', title: 'readLong in sequence', unit: 'ns', states: true },
  { name: 'safe-long', title: 'readSafeLong in sequence, values below 2^53', unit: 'ns' },
  { name: 'double', title: 'readDouble in sequence', unit: 'ns' },
  { name: 'vint', title: 'readVInt, mixed 1–5 bytes', unit: 'ns' },
  { name: 'bytes-1m', title: 'readBytes 1 MiB', unit: 'GB/s' },
  { name: 'bytes-16k', title: 'readBytes 16 KiB', unit: 'GB/s' },
  { name: 'bytes-64', title: 'readBytes 64 B', unit: 'ns' },
  { name: 'bytes-16', title: 'readBytes 16 B', unit: 'ns' },
  { name: 'ints', title: 'readInts × 1024', unit: 'ns' },
  { name: 'longs', title: 'readLongs × 1024', unit: 'ns' },
  { name: 'floats', title: 'readFloats × 1024', unit: 'ns' },
  { name: 'random', title: 'seek + readInt, random in the file', unit: 'ns' },
  { name: 'random-hot', title: 'seek + readInt, random in 256 KiB', unit: 'ns' },
  { name: 'absolute', title: 'readInt(position), random in the file', unit: 'ns' },
  { name: 'absolute-hot', title: 'readInt(position), random in 256 KiB', unit: 'ns' },
  { name: 'clone', title: 'clone', unit: 'ns' },
  { name: 'slice', title: 'slice of 4 KiB', unit: 'ns' },
  { name: 'random-access-slice', title: 'randomAccessSlice of 4 KiB', unit: 'ns' },
  { name: 'prefetch', title: 'prefetch 4 KiB, same input', unit: 'ns' },
  { name: 'prefetch-clone', title: 'prefetch 4 KiB, fresh clone', unit: 'ns' },
  { name: 'open-close', title: 'open and close', unit: 'ns' },
  { name: 'open-read-close', title: 'open, read a byte, close', unit: 'ns' },
  { name: 'open', title: 'open only', unit: 'ns' },
  { name: 'crc', title: 'CRC-32 of the file', unit: 'GB/s' },
  { name: 'write-byte', title: 'write by byte', unit: 'MiB/s' },
  { name: 'write-int', title: 'write by int', unit: 'MiB/s' },
  { name: 'write-long', title: 'write by long', unit: 'MiB/s' },
  { name: 'write-16k', title: 'write by 16 KiB', unit: 'MiB/s' },
]

/** A case as it is, and after each of the states. */
function withStates({ name, title, unit, states }) {
  const after = states === undefined ? [] : Object.entries(STATES)
  return [
    { name, title, unit, of: name },
    ...after.map(([state, when]) => ({
      name: `${name}@${state}`,
      title: `${title}, ${when}`,
      unit,
      of: name,
      state,
    })),
  ]
}

/** @type {readonly (Case & { of: string, state?: State })[]} */
export const CASES = PLAIN.flatMap(withStates)

/** Nanoseconds for a call or byte, in the case's unit. */
export function inUnit({ unit }, nanoseconds) {
  if (unit === 'ns') return nanoseconds
  return unit === 'GB/s' ? 1 / nanoseconds : 1e9 / 2 ** 20 / nanoseconds
}

export function shown(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
