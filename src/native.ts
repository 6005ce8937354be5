import { hintsOf } from './fs/fs-errors.js'
import { lacksDescriptors, loadNativeFile } from './native-file.js'
import { transferBuffer } from './store/intrinsics.js'

/** What a handle stands for is known to native code alone. */
export type MappingHandle = { readonly mapping: unique symbol }
export type LockHandle = { readonly lock: unique symbol }

/** A system call that failed in native code. */
export interface NativeError extends Error {
  readonly syscall?: string
  /** As in Node's own errors: the negative of errno on POSIX, libuv's number on Windows. */
  readonly errno?: number
  /** What GetLastError() said, on Windows. */
  readonly systemCode?: number
  /** The library's own limit on mappings, where that was hit. */
  readonly limit?: number
  /** Metal takes the bytes in no way that is allowed. */
  readonly refused?: boolean
}

/** How a file is mapped. */
export interface MappingShape {
  /** Names the mapping in this process. */
  readonly id: number
  readonly length: number
  readonly chunkPower: number
  /** Whether an address range may cross from one chunk to the next. */
  readonly sideBySide: boolean
  /** Of the first byte; 0 for an empty file. */
  readonly address: bigint
}

/** Names a mapping that was shared; valid once, in this process. */
export interface MappingShare {
  readonly id: number
  readonly key: string
}

/** A part of a mapping that stays where it is until releasePin(), or until the thread ends. */
export interface PinnedChunk {
  readonly id: number
  readonly address: bigint
  /** The whole pages around it that were mapped by one call. */
  readonly mappedAddress: bigint
  readonly mappedLength: number
}

/** A Metal buffer of a part of a mapping, until releasePin(), or until the thread ends. */
export interface PinnedBuffer {
  readonly id: number
  readonly handle: bigint
  readonly fileOffset: number
  /** Of the data, in the buffer. */
  readonly offset: number
  readonly length: number
  /** Of the buffer. */
  readonly alignedLength: number
  /** Why it is a copy, where it is one. */
  readonly reason?: string
}

/** The GPU, or why there is none. */
export type MetalSystem =
  | {
      readonly name: string
      readonly maxBufferLength: number
      readonly hasUnifiedMemory: boolean
      readonly pageSize: number
      readonly reason?: undefined
    }
  | { readonly reason: string }

/** What is mapped in this process, in all threads. */
export interface MappingTotals {
  readonly mappings: number
  readonly bytes: number
  readonly windows: number
  readonly limit: number
  /** How often pages that could not be read were replaced by zeros. */
  readonly faults: number
  /** Inputs that were collected without having been closed. */
  readonly unclosed: number
  /** Of the mappings, those that will stay for as long as the process lives. */
  readonly leftBehind: number
  /** Parts of mappings that native code of others has the address of. */
  readonly pins: number
  readonly live: readonly { readonly id: number; readonly length: number; readonly references: number }[]
}

/** The advice that native/core/advice.h numbers. */
export const NATIVE_ADVICE = { normal: 0, random: 1, sequential: 2, willNeed: 3 } as const

/** The policy that native/metal/export_buffers.h numbers. */
export const COPY_POLICY = { allow: 0, never: 1, always: 2 } as const

/** The functions of native/addon. Offsets and lengths are in bytes and within the file. */
export interface NativeAddon {
  readonly pageSize: number
  /** What the address of a mapped file offset is congruent to: the page, on Windows 64 KiB. */
  readonly mappingGranularity: number
  /** Whether this processor has instructions for checksumMapping(). */
  readonly canChecksum: boolean
  /**
   * Whether the system can be told how ranges of a mapping are read, at any time. Where it cannot
   * (Windows), it is told when the file is opened.
   */
  readonly advisesRanges: boolean
  /** Whether residentBytes() finds all that is in memory; on Windows it is a lower bound. */
  readonly residencyComplete: boolean
  /** Whether the engine takes buffers over mapped memory. Electron's does not. */
  readonly externalBuffersAllowed: boolean

  /** Sets ArrayBuffer.prototype.transfer, as it was before the program could patch it; the first call counts. */
  useTransfer(transfer: unknown): void

  /** Maps the file behind a descriptor, of which it makes its own copy. */
  openMapping(fd: number, length: number, chunkPower: number, sideBySide: boolean): MappingHandle
  /** Detaches the handle's windows and gives up its hold on the mapping. */
  closeMapping(handle: MappingHandle): void
  /** A buffer straight over the mapping: a write into it would end the process. */
  openWindow(handle: MappingHandle, offset: number, length: number): ArrayBuffer
  /** A buffer over private pages, from the page (see mappingGranularity) that holds `offset`. */
  openView(handle: MappingHandle, offset: number, length: number): ArrayBuffer
  /** Keeps the mapping for another thread to take over: until it is attached or withdrawn, or this thread ends. */
  shareMapping(handle: MappingHandle, offset: number, length: number): MappingShare
  /** Takes over what was shared with exactly these words; undefined when there is no such share. */
  attachMapping(id: number, key: string, offset: number, length: number): MappingHandle | undefined
  withdrawShare(id: number, key: string): void
  /** Keeps a part of a chunk where it is, at least a byte of it. */
  pinChunk(handle: MappingHandle, offset: number, length: number): PinnedChunk
  /** A buffer over private pages of the pinned part, as openView() makes them. */
  viewPin(id: number, offset: number, length: number): ArrayBuffer
  metalSystem(): MetalSystem
  /** Metal buffers of a pinned chunk, each with a pin of its own. */
  exportToMetal(id: number, policy: number): readonly PinnedBuffer[]
  /** Does nothing for a pin that was released. */
  releasePin(id: number): void
  mappingShape(handle: MappingHandle): MappingShape
  /** The table of words that say which mappings have lost pages: 0 is lost. */
  faultCells(): ArrayBuffer
  /** The index of a mapping's word in the table. */
  faultCell(handle: MappingHandle): number
  /** Continues a CRC-32 with the bytes of a range. */
  checksumMapping(handle: MappingHandle, offset: number, length: number, checksum: number): number
  /** The length of the mapped file as it is now. */
  fileLengthNow(handle: MappingHandle): number
  adviseMapping(handle: MappingHandle, offset: number, length: number, advice: number): void
  /** Whether there is room for one more range with an advice of its own, in all mappings. */
  mayAdvise(): boolean
  countAdvisedRanges(handle: MappingHandle, more: number): void
  residentBytes(handle: MappingHandle, offset: number, length: number): number
  /**
   * Asks the device for those of the ranges (offsets and lengths in turn) that are not in memory, in
   * their order, as long as no more than `asked` bytes have to be looked at and `hinted` asked for.
   * Writes into `outcome` how many ranges that were, and how many were found not to be in memory.
   * Without `probe`, all are taken for that.
   */
  prefetchSome(
    handle: MappingHandle,
    ranges: Float64Array,
    asked: number,
    hinted: number,
    probe: boolean,
    outcome: Uint32Array,
  ): void
  /** Asks the device for all of the ranges, on a thread of the pool. */
  prefetchAll(handle: MappingHandle, ranges: Float64Array): Promise<void>
  /** Brings ranges into memory, on a thread of the pool; with `ahead`, it asks for all of them first. */
  preloadMapping(handle: MappingHandle, ranges: Float64Array, ahead: boolean): Promise<void>
  /** Wishes for huge pages, all over the mapping. */
  useHugePages(handle: MappingHandle): void
  /** Makes huge pages of those of a range that are in memory. */
  collapsePages(handle: MappingHandle, offset: number, length: number): Promise<void>
  /** Gives all pages of a mapping back, if there still is one of this id: now, or when memory is short. */
  releaseMapping(id: number, drop: boolean): Promise<void>
  mappingTotals(): MappingTotals
  setMappingLimit(limit: number): void

  /** Takes a name in the process's table of locks; undefined when it is taken. */
  reserveLock(name: string): LockHandle | undefined
  /** 0 when the file is locked now, else the holder's process id, or −1 when that is not known. */
  acquireLock(handle: LockHandle, fd: number): number
  lockHeld(handle: LockHandle): boolean
  releaseLock(handle: LockHandle): void
}

/** What dlopen() threw, or what looking for the file did. */
export interface LoadFailure extends Error {
  readonly code?: string
}

/** The native part, or why it cannot be loaded. */
export type NativePart =
  | { readonly addon: NativeAddon; readonly failure?: undefined }
  | { readonly addon?: undefined; readonly failure: LoadFailure }

let loaded: NativePart | undefined

/** Loads the native part where it is not. Asked again, it may say otherwise: a lack of descriptors passes. */
export function nativePart(): NativePart {
  if (loaded === undefined) {
    try {
      const addon = loadNativeFile() as NativeAddon
      addon.useTransfer(transferBuffer)
      loaded = { addon }
    } catch (error) {
      const failure = error as LoadFailure
      if (lacksDescriptors(failure.code)) return { failure }
      loaded = { failure }
    }
  }
  return loaded
}

/** The native part, for good once there is one; undefined where it cannot be loaded. */
export function nativeAddon(): NativeAddon | undefined {
  return nativePart().addon
}

/** What to do where the native part cannot be loaded, for a program that has the package installed. */
export function nativePartHints({ code }: LoadFailure): readonly string[] {
  if (lacksDescriptors(code)) return hintsOf(code) ?? []
  if (code === 'ERR_DLOPEN_DISABLED')
    return ['this process may load no native code: see --allow-addons of Node.js']
  if (code === 'ERR_DLOPEN_FAILED') {
    const named = process.env['MMAP_DIRECTORY_NATIVE']
    return [
      named
        ? `MMAP_DIRECTORY_NATIVE names a file that cannot be loaded here: ${named}`
        : 'the binary of the package cannot be loaded here: install it on this system, in a folder that programs may be in',
    ]
  }
  return [
    'install mmap-directory on this system; where the package has no binary for it, run ' +
      '`npm ci && npm run build && npm run prebuilds && npm pack` in a clone of mmap-directory, with a C++20 ' +
      'compiler, and install the file; for a bundle, put the folder prebuilds of the package beside it',
  ]
}

/** Why the native part cannot be loaded, in the words of one line; Windows ends lines as it does. */
export function whyNoNativePart(failure: LoadFailure): string {
  return failure.message.split(/\r?\n/)[0]!
}
