import { generationOfSegmentsFile } from './segments-file.js'
import { getExtension, PENDING_SEGMENTS } from './index-file-names.js'

/** What a file of an index is for, as far as its name tells. */
export type FileKind =
  | 'commit'
  | 'unfinished commit'
  | 'lock'
  | 'temporary'
  | 'segment info'
  | 'field infos'
  | 'compound file'
  | 'compound entries'
  | 'stored fields'
  | 'stored fields index'
  | 'stored fields metadata'
  | 'terms'
  | 'terms index'
  | 'terms metadata'
  | 'postings'
  | 'positions'
  | 'payloads and offsets'
  | 'postings metadata'
  | 'norms'
  | 'norms metadata'
  | 'doc values'
  | 'doc values skip index'
  | 'doc values metadata'
  | 'points'
  | 'points index'
  | 'points metadata'
  | 'vectors'
  | 'vectors metadata'
  | 'quantized vectors'
  | 'quantized vectors metadata'
  | 'vector graph'
  | 'vector graph metadata'
  | 'term vectors'
  | 'term vectors index'
  | 'term vectors metadata'
  | 'live docs'

/** What a file of this name holds in an index of Lucene 9 or 10; undefined for any other name. */
export function describeFile(fileName: string): FileKind | undefined {
  if (fileName === 'write.lock') return 'lock'
  if (generationOfSegmentsFile(fileName) !== undefined) return 'commit'
  if (fileName.startsWith(`${PENDING_SEGMENTS}_`)) return 'unfinished commit'
  if (fileName.endsWith('.tmp')) return 'temporary'
  return fileName.startsWith('_') ? BY_EXTENSION.get(getExtension(fileName) ?? '') : undefined
}

const BY_EXTENSION: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  ['si', 'segment info'],
  ['fnm', 'field infos'],
  ['cfs', 'compound file'],
  ['cfe', 'compound entries'],
  ['fdt', 'stored fields'],
  ['fdx', 'stored fields index'],
  ['fdm', 'stored fields metadata'],
  ['tim', 'terms'],
  ['tip', 'terms index'],
  ['tmd', 'terms metadata'],
  ['doc', 'postings'],
  ['pos', 'positions'],
  ['pay', 'payloads and offsets'],
  ['psm', 'postings metadata'],
  ['nvd', 'norms'],
  ['nvm', 'norms metadata'],
  ['dvd', 'doc values'],
  ['dvs', 'doc values skip index'],
  ['dvm', 'doc values metadata'],
  ['kdd', 'points'],
  ['kdi', 'points index'],
  ['kdm', 'points metadata'],
  ['vec', 'vectors'],
  ['vemf', 'vectors metadata'],
  ['veq', 'quantized vectors'],
  ['vemq', 'quantized vectors metadata'],
  ['veb', 'quantized vectors'],
  ['vemb', 'quantized vectors metadata'],
  ['vex', 'vector graph'],
  ['vem', 'vector graph metadata'],
  ['tvd', 'term vectors'],
  ['tvx', 'term vectors index'],
  ['tvm', 'term vectors metadata'],
  ['liv', 'live docs'],
])
