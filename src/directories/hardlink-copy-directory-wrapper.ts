import { FSDirectory } from '../fs/fs-directory.js'
import { linkFile } from '../fs/hard-link.js'
import type { Directory } from '../store/directory.js'
import { checkContext, type IOContext } from '../store/io-context.js'
import { checkDirectory } from './check-directory.js'
import { FileSwitchDirectory } from './file-switch-directory.js'
import { FilterDirectory } from './filter-directory.js'
import { NRTCachingDirectory } from './nrt-caching-directory.js'

/**
 * Copies files by giving them a second name (a hard link) where it can: files are written once, so
 * that nobody notices that the two share their bytes. Where it cannot, it copies as any directory.
 *
 * It links regular files of one FSDirectory to another on the same file system. Both may be behind
 * filters, as long as these leave alone what is read there (openInput()) and how files are made
 * here (createOutput(), copyFrom()): other filters are not passed over. A symbolic link is not
 * linked; its target is copied.
 */
export class HardlinkCopyDirectoryWrapper extends FilterDirectory {
  override copyFrom(from: Directory, source: string, destination: string, context?: IOContext): void {
    this.ensureOpen()
    if (context !== undefined) checkContext(context)
    const reads = readsFrom(checkDirectory('from', from), source)
    const writes = writesTo(this.getDelegate())
    if (reads === undefined || writes === undefined || !writes[linkFile](reads, source, destination)) {
      super.copyFrom(from, source, destination, context)
    }
  }
}

/** The FSDirectory whose file is what a directory opens under this name. */
function readsFrom(directory: Directory, name: string): FSDirectory | undefined {
  if (directory instanceof FSDirectory) {
    return same(directory, FSDirectory, 'openInput') ? directory : undefined
  }
  if (directory instanceof FileSwitchDirectory && same(directory, FileSwitchDirectory, 'openInput')) {
    return readsFrom(directory.directoryOf(name), name)
  }
  if (directory instanceof NRTCachingDirectory && same(directory, NRTCachingDirectory, 'openInput')) {
    return directory.listCachedFiles().includes(name) ? undefined : readsFrom(directory.getDelegate(), name)
  }
  if (directory instanceof FilterDirectory && same(directory, FilterDirectory, 'openInput')) {
    return readsFrom(directory.getDelegate(), name)
  }
  return undefined
}

/** The FSDirectory in which a directory makes its files, and nobody in between takes notice. */
function writesTo(directory: Directory): FSDirectory | undefined {
  if (directory instanceof FSDirectory) {
    return same(directory, FSDirectory, 'createOutput') && same(directory, FSDirectory, 'copyFrom')
      ? directory
      : undefined
  }
  const passes =
    directory instanceof FilterDirectory &&
    same(directory, FilterDirectory, 'createOutput') &&
    same(directory, FilterDirectory, 'copyFrom')
  return passes ? writesTo(directory.getDelegate()) : undefined
}

/** Whether a method is the one of `type`, and not overridden since. */
function same(
  directory: Directory,
  type: { readonly prototype: Directory },
  method: 'openInput' | 'createOutput' | 'copyFrom',
): boolean {
  return directory[method] === type.prototype[method]
}
