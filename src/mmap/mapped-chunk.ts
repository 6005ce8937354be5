import type { NativeAddon, PinnedChunk } from '../native.js'
import type { ExportedChunk } from '../store/exported-chunk.js'

/** The file that a chunk is of, for what goes wrong later. */
export interface ChunkFile {
  readonly path: string
  readonly chunkPower: number
}

/** Nobody else can make a chunk, not with `chunk.constructor` either. */
const KEY = Symbol('mmap-directory:chunk')

/** A part of a mapping that is kept where it is. */
class MappedChunk implements ExportedChunk {
  readonly address: bigint
  readonly length: number
  readonly fileOffset: number
  readonly mappedAddress: bigint
  readonly mappedLength: number
  readonly #addon: NativeAddon
  readonly #id: number
  readonly #file: ChunkFile

  constructor(
    key: typeof KEY,
    addon: NativeAddon,
    pinned: PinnedChunk,
    fileOffset: number,
    length: number,
    file: ChunkFile,
  ) {
    if (key !== KEY)
      throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' })
    this.address = pinned.address
    this.length = length
    this.fileOffset = fileOffset
    this.mappedAddress = pinned.mappedAddress
    this.mappedLength = pinned.mappedLength
    this.#addon = addon
    this.#id = pinned.id
    this.#file = { path: file.path, chunkPower: file.chunkPower }
  }

  static pinOf(this: void, chunk: unknown): (ChunkFile & { readonly id: number }) | undefined {
    if (typeof chunk !== 'object' || chunk === null || !(#id in chunk)) return undefined
    return { id: chunk.#id, ...chunk.#file }
  }

  release(): void {
    this.#addon.releasePin(this.#id)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * What native code knows a chunk by; undefined for what only looks like one. An address that a program
 * hands in is never used. Taken now, since a program gets at the class and could replace it there.
 */
export const { pinOf } = MappedChunk

export function mappedChunk(
  addon: NativeAddon,
  pinned: PinnedChunk,
  fileOffset: number,
  length: number,
  file: ChunkFile,
): ExportedChunk {
  return new MappedChunk(KEY, addon, pinned, fileOffset, length, file)
}
