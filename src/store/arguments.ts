/** Errors for mistakes of the caller, with the codes that Node's own functions use. */

export function outOfRange(name: string, expected: string, value: unknown): RangeError {
  const error = new RangeError(`${name} must be ${expected}, got ${show(value)}`)
  return Object.assign(error, { code: 'ERR_OUT_OF_RANGE' })
}

export function invalidType(name: string, expected: string, value: unknown): TypeError {
  const error = new TypeError(`${name} must be ${expected}, got ${show(value)}`)
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
}

export function invalidValue(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}

/** For what an object of its kind cannot do. */
export function unsupported(message: string, cause?: unknown): TypeError {
  const error = new TypeError(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { code: 'ERR_UNSUPPORTED_OPERATION' })
}

/** For an array of a program's that was detached, or became shorter, while it was in use. */
export function memoryGone(what: string): TypeError {
  const error = new TypeError(`The memory is gone: an array was detached or became shorter: ${what}`)
  return Object.assign(error, { code: 'ERR_INVALID_STATE' })
}

export function checkString(name: string, value: string): void {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value)
}

export function checkIterable(name: string, value: Iterable<unknown>): void {
  if (typeof value?.[Symbol.iterator] !== 'function') throw invalidType(name, 'iterable', value)
}

export function checkObject(name: string, value: object): void {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value)
}

/** Throws a TypeError unless `value` is an object of a class. */
export function checkInstance(
  name: string,
  value: object,
  type: abstract new (...args: never) => object,
): void {
  if (!(value instanceof type)) throw invalidType(name, `of the class ${type.name}`, value)
}

/** Throws a TypeError for what work that takes a while could not be watched or ended with. */
export function checkWatching(signal: AbortSignal | undefined, onProgress: unknown): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw invalidType('signal', 'an AbortSignal', signal)
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidType('onProgress', 'a function', onProgress)
  }
}

/** Throws unless `value` is a whole number from 0 to 2^53 − 1: every offset and length is one. */
export function checkSize(name: string, value: number): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw outOfRange(name, 'a whole number from 0 to 2^53 - 1', value)
  }
}

/** Throws a RangeError unless [offset, offset + length) lies within [0, available). */
export function checkRange(what: string, offset: number, length: number, available: number): void {
  checkSize(`${what}: offset`, offset)
  checkSize(`${what}: length`, length)
  if (length > available - offset) {
    throw Object.assign(
      new RangeError(`${what} out of bounds: offset=${offset}, length=${length}, available=${available}`),
      { code: 'ERR_OUT_OF_RANGE' },
    )
  }
}

/** Throws a TypeError for an option that does not exist, naming the one that was probably meant. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  checkObject(`${what} options`, options)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const near = known.find((candidate) => distance(candidate.toLowerCase(), name.toLowerCase()) <= 2)
    throw invalidValue(
      near === undefined
        ? `${what} has no option '${name}'; its options are ${known.join(', ')}`
        : `Misspelt option '${name}' of ${what} should be '${near}'`,
    )
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value)
  return String(value)
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return previous[b.length]!
}
