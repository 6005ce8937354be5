export { FilterDirectory } from './filter-directory.js'
export { FilterIndexInput } from './filter-index-input.js'
export { FilterIndexOutput } from './filter-index-output.js'
export { TrackingDirectoryWrapper } from './tracking-directory-wrapper.js'
export { LockValidatingDirectoryWrapper } from './lock-validating-directory-wrapper.js'
export {
  ByteWritesTrackingDirectoryWrapper,
  type ByteWritesTrackingOptions,
} from './byte-writes-tracking-directory-wrapper.js'
export {
  DirectIODirectory,
  type DirectIODirectoryOptions,
  type DirectIODirectoryStats,
} from './direct-io-directory.js'
export { FileSwitchDirectory, type FileSwitchDirectoryOptions } from './file-switch-directory.js'
export { HardlinkCopyDirectoryWrapper } from './hardlink-copy-directory-wrapper.js'
export { NRTCachingDirectory, type NRTCachingDirectoryOptions } from './nrt-caching-directory.js'
export { RateLimitedIndexOutput } from './rate-limited-index-output.js'
export { type PauseOptions, RateLimiter } from './rate-limiter.js'
export { SimpleRateLimiter } from './simple-rate-limiter.js'
