import type { NativeAddon, PinnedChunk } from '../native.js'
import type { ExportedChunk } from '../store/exported-chunk.js'

/** A part of a mapping that is kept where it is. */
export class MappedChunk implements ExportedChunk {
  readonly address: bigint
  readonly length: number
  readonly fileOffset: number
  readonly mappedAddress: bigint
  readonly mappedLength: number
  readonly #addon: NativeAddon
  readonly #id: number

  constructor(addon: NativeAddon, pinned: PinnedChunk, fileOffset: number, length: number) {
    this.address = pinned.address
    this.length = length
    this.fileOffset = fileOffset
    this.mappedAddress = pinned.mappedAddress
    this.mappedLength = pinned.mappedLength
    this.#addon = addon
    this.#id = pinned.id
  }

  release(): void {
    this.#addon.releasePin(this.#id)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
