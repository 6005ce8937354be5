/**
 * The engine's own functions, taken when this module loads. A program that patches prototypes
 * later, or hands in a subclass with methods of its own, does not get to see the buffers that the
 * library reads from: over a mapping, a write into one of those would end the process.
 */
import { constants } from 'node:buffer'

import { invalidType, outOfRange } from './arguments.js'

const { call } = Function.prototype

function uncurry<This, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
): (self: This, ...args: Args) => Result {
  return call.bind(method) as (self: This, ...args: Args) => Result
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array

function getter<T>(name: string | symbol): (array: ArrayBufferView) => T {
  return uncurry(Object.getOwnPropertyDescriptor(TypedArray, name)!.get!) as (array: ArrayBufferView) => T
}

export const lengthOf = getter<number>('length')
export const bufferOf = getter<ArrayBufferLike>('buffer')
export const byteOffsetOf = getter<number>('byteOffset')
const nameOf = getter<string | undefined>(Symbol.toStringTag)

/** target.set(source, offset), with the engine's `set`. Of one kind: of others, it converts the elements. */
export const setElements = uncurry(
  TypedArray.set as (this: unknown, source: never, offset: number) => void,
) as <Elements extends ArrayBufferView>(target: Elements, source: Elements, offset: number) => void

/**
 * A DataView whose methods are the engine's own, whatever becomes of DataView.prototype: they are
 * looked up on a prototype that nobody else can reach. Costs a read nothing, while calling a
 * captured method through Function.prototype.call doubles it.
 */
export function privateView(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): DataView {
  return setPrototypeOf(new CapturedDataView(buffer, byteOffset, byteLength), viewMethods) as DataView
}

export const { setPrototypeOf } = Object

/**
 * `value instanceof type`, for what a program must not get to see: a class that it can reach may have
 * got a [Symbol.hasInstance] of its own, which is given the value.
 */
export const isInstance = uncurry(Function.prototype[Symbol.hasInstance]) as <Type>(
  type: abstract new (...args: never) => Type,
  value: unknown,
) => value is Type

/** Atomics.load. */
export const loadWord: (words: Int32Array, index: number) => number = Atomics.load

/** One word of a table of them. */
export function wordOf(table: ArrayBuffer, index: number): Int32Array {
  return intsOf(table, index * 4, 1)
}

/** Gives `length` elements of a buffer, in the machine's own order. */
export type ArrayOf<Elements> = (buffer: ArrayBufferLike, byteOffset: number, length: number) => Elements

export function intsOf(buffer: ArrayBufferLike, byteOffset: number, length: number): Int32Array {
  return new CapturedInt32Array(buffer, byteOffset, length)
}

export function longsOf(buffer: ArrayBufferLike, byteOffset: number, length: number): BigInt64Array {
  return new CapturedBigInt64Array(buffer, byteOffset, length)
}

export function floatsOf(buffer: ArrayBufferLike, byteOffset: number, length: number): Float32Array {
  return new CapturedFloat32Array(buffer, byteOffset, length)
}

const CapturedInt32Array = Int32Array
const CapturedBigInt64Array = BigInt64Array
const CapturedFloat32Array = Float32Array

/** Moves the memory of a buffer to another one; missing in Node 20. */
export const transferBuffer = (ArrayBuffer.prototype as { transfer?: unknown }).transfer

const CapturedDataView = DataView
const viewMethods = Object.freeze(
  Object.create(
    null,
    Object.fromEntries(
      Object.entries(Object.getOwnPropertyDescriptors(DataView.prototype)).filter(([name]) =>
        /^[gs]et./.test(name),
      ),
    ),
  ) as object,
)

/**
 * As bytesOf(), for functions of Node's: what those ask of an array before they use it (`byteLength`)
 * is answered by the engine, whatever the array that a program passed would say, and whatever
 * becomes of the prototypes. An answer that detaches the array would end the process.
 */
export function privateBytes(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return setPrototypeOf(
    bytesOf(bufferOf(bytes), byteOffsetOf(bytes) + offset, length),
    byteGetters,
  ) as Uint8Array
}

const byteGetters = Object.freeze(
  Object.create(
    null,
    Object.fromEntries(
      Object.entries(Object.getOwnPropertyDescriptors(TypedArray)).filter(([, { get }]) => get !== undefined),
    ),
  ) as object,
)

/** `length` bytes of a buffer, without asking anyone's species. */
export function bytesOf(buffer: ArrayBufferLike, byteOffset: number, length: number): Uint8Array {
  if (length === 0) return newBytes(0) // of a detached array, there is no memory to look at
  return new CapturedUint8Array(buffer, byteOffset, length)
}

/** New bytes, all 0. Always over a buffer of their own, as those of every window are. */
export function newBytes(length: number): Uint8Array {
  return new CapturedUint8Array(new CapturedArrayBuffer(length))
}

const CapturedUint8Array = Uint8Array
const CapturedArrayBuffer = ArrayBuffer

/** The length of a typed array, or undefined when it is not one of the kind `name`. */
export function lengthOfKind(array: unknown, name: string): number | undefined {
  // The toStringTag getter answers undefined for everything that is not a typed array.
  return nameOf(array as ArrayBufferView) === name ? lengthOf(array as ArrayBufferView) : undefined
}

type ElementArray = Int32Array | BigInt64Array | Float32Array
type ElementKind = 'Int32Array' | 'BigInt64Array' | 'Float32Array'

/** The bytes of `length` elements of a typed array of the kind `name`, by default all from index `offset` on. */
export function elementBytes(
  array: ElementArray,
  name: ElementKind,
  offset: number,
  length: number | undefined,
): Uint8Array {
  const count = elementCount(array, name, offset, length)
  const size = name === 'BigInt64Array' ? 8 : 4
  return bytesOf(bufferOf(array), byteOffsetOf(array) + offset * size, count * size)
}

/** How many elements a part of a typed array of the kind `name` has, by default all from index `offset` on. */
export function elementCount(
  array: ElementArray,
  name: ElementKind,
  offset: number,
  length: number | undefined,
): number {
  const available = lengthOfKind(array, name)
  if (available === undefined) throw invalidType('array', `an ${name}`, array)
  return partLength(offset, length, available)
}

/** How many elements a part of an array has, by default all from `offset` on. Throws as checkPart(). */
export function partLength(offset: number, length: number | undefined, available: number): number {
  const count = length ?? (typeof offset === 'number' ? available - offset : 0)
  checkPart(offset, count, available)
  return count
}

/** Throws unless [offset, offset + length) lies within a target of `available` elements. */
export function checkPart(offset: number, length: number, available: number): void {
  if (!(Number.isSafeInteger(offset) && offset >= 0 && offset <= available)) {
    throw outOfRange('offset', `a whole number from 0 to ${available}, the target's length`, offset)
  }
  if (!(Number.isSafeInteger(length) && length >= 0 && length <= available - offset)) {
    throw outOfRange(
      'length',
      `a whole number from 0 to ${available - offset}, what the target has left`,
      length,
    )
  }
}

/** Decodes UTF-8; malformed parts become U+FFFD and a byte order mark is kept. */
export const decodeUtf8: (bytes: Uint8Array, start: number, end: number) => string = uncurry(
  (Buffer.prototype as unknown as { utf8Slice(this: Uint8Array, start: number, end: number): string })
    .utf8Slice,
)

const { register, unregister } = FinalizationRegistry.prototype

const registerWith = uncurry(register) as (
  registry: FinalizationRegistry<never>,
  owner: object,
  held: unknown,
  token: object,
) => void
const unregisterFrom = uncurry(unregister) as (registry: FinalizationRegistry<never>, token: object) => void

/** Tells `registry` what `owner` holds, for when that is collected. A patched register() would be handed both. */
export function holdFor<Held>(registry: FinalizationRegistry<Held>, owner: object, held: Held): void {
  registerWith(registry as FinalizationRegistry<never>, owner, held, owner)
}

/** The owner gives back itself what it holds. */
export function letGo<Held>(registry: FinalizationRegistry<Held>, owner: object): void {
  unregisterFrom(registry as FinalizationRegistry<never>, owner)
}

const CapturedBigInt = BigInt
const { asIntN } = BigInt

/**
 * An int64 of its halves. V8 makes one instruction or two of this. Before Node 24 it calls a function
 * for DataView's getBigInt64(), which takes longer and returns an object in any case.
 */
export function int64(high: number, low: number): bigint {
  return asIntN(64, (CapturedBigInt(high) << 32n) | CapturedBigInt(low))
}

export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Turns little-endian elements of `size` bytes into the machine's own order, in place, or back. */
export function toMachineOrder(bytes: Uint8Array, size: number): void {
  if (!littleEndian) swapElements(bytes, size)
}

export function swapElements(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!
      bytes[low] = bytes[high]!
      bytes[high] = byte
    }
  }
}

/** The longest ArrayBuffer of this engine, in bytes: exactly 4 GiB on Node 20. */
export const LONGEST_ARRAY = constants.MAX_LENGTH
