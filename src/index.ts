export * from './store/index.js'
export { FSDirectory, type FSDirectoryOptions } from './fs/fs-directory.js'
export { NativeFSLockFactory } from './fs/native-fs-lock-factory.js'
export { SimpleFSLockFactory } from './fs/simple-fs-lock-factory.js'
export { ByteArrayDataInput } from './memory/byte-array-data-input.js'
export { ByteArrayDataOutput } from './memory/byte-array-data-output.js'
export { type BlockAllocator, ByteBufferRecycler } from './memory/byte-buffer-recycler.js'
export { ByteBuffersDataInput } from './memory/byte-buffers-data-input.js'
export {
  ByteBuffersDataOutput,
  type ByteBuffersDataOutputOptions,
} from './memory/byte-buffers-data-output.js'
export { ByteBuffersIndexOutput } from './memory/byte-buffers-index-output.js'
export { ByteBuffersDirectory, type ByteBuffersDirectoryOptions } from './memory/byte-buffers-directory.js'
export type { MappingOptions } from './mmap/mapping-options.js'
export type { FileEvent } from './mmap/diagnostics.js'
export { type MappingStats, mappingStats, setMappingLimit } from './mmap/mapping-stats.js'
export {
  MMapDirectory,
  type MMapDirectoryOptions,
  type MMapDirectoryStats,
  type ReleaseOptions,
} from './mmap/mmap-directory.js'
export { attachInput } from './mmap/attach-input.js'
export { openDirectory, openFile, type OpenFileOptions } from './mmap/open.js'
export * from './codec/index.js'
export * from './directories/index.js'
export { GenerationPublisher } from './snapshot/generation-publisher.js'
export { type AttachedGeneration, GenerationSubscriber } from './snapshot/generation-subscriber.js'
export type { GenerationSubscription } from './snapshot/generation-subscription.js'
export type { Snapshot } from './snapshot/snapshot.js'
export { SnapshotStore, type SnapshotStoreOptions } from './snapshot/snapshot-store.js'
