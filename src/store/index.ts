export * from './errors.js'
export { alignOffset, IndexOutput } from './index-output.js'
export type { OutputSink } from './buffered-index-output.js'
export { checkFileName } from './file-names.js'
export { BufferedChecksum } from './buffered-checksum.js'
export { BufferedChecksumIndexInput } from './buffered-checksum-index-input.js'
export { ChecksumIndexInput } from './checksum-index-input.js'
export { DataInput } from './data-input.js'
export { DataOutput } from './data-output.js'
export { Directory } from './directory.js'
export type { ExportedChunk } from './exported-chunk.js'
export {
  type ByteRange,
  IndexInput,
  type LoadRange,
  type ReadAsyncOptions,
  type ViewOptions,
} from './index-input.js'
export {
  checkContext,
  DataAccessHint,
  FileDataHint,
  type FileOpenHint,
  FileTypeHint,
  type FlushInfo,
  IOContext,
  type MergeInfo,
  NoReuseHint,
  PreloadHint,
  type ReadAdvice,
  ReadOnceHint,
} from './io-context.js'
export type { Lock, LockFactory } from './lock.js'
export { NoLockFactory } from './no-lock-factory.js'
export type { RandomAccessInput } from './random-access-input.js'
export { SharedInput, type SharedInputData, type SharedSource } from './shared-input.js'
export { SingleInstanceLockFactory } from './single-instance-lock-factory.js'
export { waitForLock, type WaitForLockOptions } from './wait-for-lock.js'
export { type LoadOptions, Window, type WindowSource } from './window.js'
import './globals.js'
import './buffered-index-output.js'
import './windowed-input.js'
