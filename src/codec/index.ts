export * as CodecUtil from './codec-util.js'
export type { ChecksumOptions } from './checksum-parts.js'
export { CompoundDirectory, type CompoundDirectoryOptions } from './compound-directory.js'
export { type CompoundContents, writeCompoundFile } from './compound-writer.js'
export type { FileStatus, FileVerification } from './file-verification.js'
export { describeFile, type FileKind } from './file-kind.js'
export { type IndexHeader, parseIndexHeader } from './index-header.js'
export * as IndexFileNames from './index-file-names.js'
export { LuceneVersion } from './lucene-version.js'
export { readSegmentInfo, type SegmentInfo } from './segment-info.js'
export { readSegmentInfos, type Segment, type SegmentInfos } from './segment-infos.js'
export type { CommittedSegment, SegmentsFile } from './segments-file.js'
export {
  type IndexVerification,
  verifyIndex,
  type VerifyOptions,
  type VerifyProgress,
} from './verify-index.js'
