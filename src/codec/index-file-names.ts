import { checkSize, checkString, invalidValue, outOfRange } from '../store/arguments.js'
import { parseBase36 } from './base-36.js'

/** Lucene's IndexFileNames: what the names of index files are made of. */

/** What the names of commits begin with: `segments_N`. */
export const SEGMENTS = 'segments'

/** What the name of a commit begins with until it is whole. */
export const PENDING_SEGMENTS = 'pending_segments'

/** The names that files of a segment have. */
export const CODEC_FILE_PATTERN = /^_[a-z0-9]+(_.*)?\..*$/

/**
 * The name of a commit or of a file that changes with generations: undefined for −1 (there is
 * none), `base.ext` for 0, else `base_N.ext` with N in base 36.
 */
export function fileNameFromGeneration(base: string, extension: string, generation: number) {
  if (generation === -1) return undefined
  checkSize('generation', generation)
  return segmentFileName(base, generation === 0 ? '' : generation.toString(36), extension)
}

/** `segment_suffix.extension`; an empty suffix or extension leaves out its separator. */
export function segmentFileName(segment: string, suffix: string, extension: string): string {
  checkString('segment', segment)
  checkString('suffix', suffix)
  checkString('extension', extension)
  if (extension.startsWith('.')) throw outOfRange('extension', 'without its dot', extension)
  return segment + (suffix === '' ? '' : `_${suffix}`) + (extension === '' ? '' : `.${extension}`)
}

/** The segment's name that a file's name begins with: `_0` of `_0_Lucene90_0.dvd`. */
export function parseSegmentName(fileName: string): string {
  checkString('fileName', fileName)
  return fileName.slice(0, endOfSegmentName(fileName))
}

/** What follows the segment's name, with its separator: `_Lucene90_0.dvd`, `.fdt`. */
export function stripSegmentName(fileName: string): string {
  checkString('fileName', fileName)
  const end = endOfSegmentName(fileName)
  return end === undefined ? fileName : fileName.slice(end)
}

/** What identifies a segment in its name: `0` of `_0`; undefined for what is no name of a segment. */
export function parseSegmentIdentifier(segmentName: string): string | undefined {
  checkString('segmentName', segmentName)
  if (!segmentName.startsWith('_')) return undefined
  const identifier = segmentName.slice(1)
  return parseBase36(identifier) === undefined ? undefined : identifier
}

/**
 * The generation in the name of a segment's file; 0 where there is none. Throws a TypeError when
 * the part that should be one is not.
 */
export function parseGeneration(fileName: string): number {
  checkString('fileName', fileName)
  const parts = stripExtension(fileName).slice(1).split('_')
  // segment, segment_generation, segment_codec_suffix, segment_generation_codec_suffix
  if (parts.length !== 2 && parts.length !== 4) return 0
  const generation = parseBase36(parts[1]!)
  if (generation === undefined) throw invalidValue(`No generation in the file name '${fileName}'`)
  return generation
}

/** Whether a name ends with an extension, which is without its dot: `fdt`. */
export function matchesExtension(fileName: string, extension: string): boolean {
  checkString('fileName', fileName)
  checkString('extension', extension)
  return fileName.endsWith(`.${extension}`)
}

/** The name up to its first dot. */
export function stripExtension(fileName: string): string {
  checkString('fileName', fileName)
  const dot = fileName.indexOf('.')
  return dot === -1 ? fileName : fileName.slice(0, dot)
}

/** What follows the first dot; undefined where there is none. */
export function getExtension(fileName: string): string | undefined {
  checkString('fileName', fileName)
  const dot = fileName.indexOf('.')
  return dot === -1 ? undefined : fileName.slice(dot + 1)
}

function endOfSegmentName(fileName: string): number | undefined {
  // A segment's own name begins with '_'.
  let end = fileName.indexOf('_', 1)
  if (end === -1) end = fileName.indexOf('.')
  return end === -1 ? undefined : end
}
