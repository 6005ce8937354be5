// Arguments that no type would let through, and a few that are fine, so that checks behind the
// first one are reached as well.

/** What the getters and methods of hostile objects throw: it may come back, as it was thrown. */
export const MINE = new Error('thrown by the program itself')

const throwing = () => {
  throw MINE
}

class Evil extends Uint8Array {
  static get [Symbol.species]() {
    return throwing()
  }
  get length() {
    return 2 ** 40
  }
  set() {
    return throwing()
  }
  subarray() {
    return throwing()
  }
}

function detached(kind = Uint8Array) {
  const bytes = new kind(16)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

function outOfBounds() {
  const buffer = new ArrayBuffer(64, { maxByteLength: 128 })
  const bytes = new Uint8Array(buffer, 32, 32)
  buffer.resize(16)
  return bytes
}

const SCALARS = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-1': () => -1,
  '-0': () => -0,
  0: () => 0,
  1: () => 1,
  5: () => 5,
  20: () => 20,
  1.5: () => 1.5,
  '2^31': () => 2 ** 31,
  '2^31-1': () => 2 ** 31 - 1,
  '2^32+3': () => 2 ** 32 + 3,
  '2^53-1': () => 2 ** 53 - 1,
  '2^53': () => 2 ** 53,
  "'5'": () => '5',
  "''": () => '',
  "'file'": () => 'file',
  "'_0'": () => '_0',
  "'..'": () => '..',
  'a long string': () => 'x'.repeat(5_000),
  'a NUL': () => 'a\0b',
  'half a pair': () => '\ud800',
  true: () => true,
  false: () => false,
  symbol: () => Symbol('hostile'),
  '5n': () => 5n,
  '2^70n': () => 2n ** 70n,
}

const ARRAYS = {
  'a Uint8Array': () => new Uint8Array(64),
  'an Int32Array': () => new Int32Array(16),
  'a BigInt64Array': () => new BigInt64Array(8),
  'a Float32Array': () => new Float32Array(16),
  'an ArrayBuffer': () => new ArrayBuffer(64),
  'a DataView': () => new DataView(new ArrayBuffer(64)),
  'a detached array': () => detached(),
  'a detached Int32Array': () => detached(Int32Array),
  'an array out of bounds': outOfBounds,
  'an array that follows its buffer': () => new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 })),
  'shared memory': () => new Uint8Array(new SharedArrayBuffer(64)),
  'shared Int32 memory': () => new Int32Array(new SharedArrayBuffer(64)),
  'shared memory that grows': () => new Uint8Array(new SharedArrayBuffer(64, { maxByteLength: 128 })),
  'an evil subclass': () => new Evil(64),
  'a Proxy of an array': () => new Proxy(new Uint8Array(64), {}),
  'a list': () => [1, 2, 3],
}

const OBJECTS = {
  '{}': () => ({}),
  'nothing at all': () => Object.create(null),
  'a Proxy': () => new Proxy({}, {}),
  'a Proxy that throws': () => new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
  'a revoked Proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'getters that throw': () =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        [
          'length',
          'id',
          'context',
          'copy',
          'create',
          'fallback',
          'shared',
          'source',
          'window',
          'signal',
          'path',
        ].map((name) => [name, { enumerable: true, get: throwing }]),
      ),
    ),
  'an object that is no number': () => ({ valueOf: throwing, toString: throwing }),
  'a number in an object': () => ({ valueOf: () => 3, toString: () => '3' }),
  'a function': () => () => undefined,
  'a function that throws': () => throwing,
  'an iterator that throws': () => ({ [Symbol.iterator]: throwing }),
  'a Map': () => new Map([[1, Symbol('hostile')]]),
  'a Set': () => new Set([null]),
  'a Date': () => new Date(NaN),
  'a promise': () => Promise.resolve(1),
  'hostile options': () => ({ offset: -1, length: '5', signal: {}, onProgress: 5 }),
  'more hostile options': () => ({ signal: null, onProgress: throwing, copy: 'sometimes' }),
}

/** By name: makes a value, a new one each time. */
export const HOSTILE = { ...SCALARS, ...ARRAYS, ...OBJECTS }
