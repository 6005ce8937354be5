import { FSDirectory } from '../fs/fs-directory.js'
import { MMapDirectory } from '../mmap/mmap-directory.js'

/** The kinds of directory that --directory names. */
export const DIRECTORY_KINDS = ['mmap', 'fs'] as const
export type DirectoryKind = (typeof DIRECTORY_KINDS)[number]

/** Opens a directory that is there already; the command line never makes one. */
export function openIndex(path: string, kind: DirectoryKind): FSDirectory {
  return kind === 'mmap' ? MMapDirectory.open(path) : FSDirectory.open(path)
}
