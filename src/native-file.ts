import { closeSync, existsSync, openSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, toNamespacedPath } from 'node:path'

const PACKAGE = 'mmap-directory'

/** Captured, since a program that replaced it would be handed what the native part can do. */
const { dlopen } = process

/**
 * Loads the native part. It is what MMAP_DIRECTORY_NATIVE names, if that is set; else a build of this
 * system (`build/Release`) or a prebuilt binary (`prebuilds/linux-x64/…`, as node-gyp-build has it), in
 * the first of these folders that has one: the package; for a bundle, the bundle's folder and the one
 * above; `node_modules/mmap-directory` in a folder above that.
 */
export function loadNativeFile(): unknown {
  const named = process.env['MMAP_DIRECTORY_NATIVE']
  const start = startFolder()
  const files = named ? [named] : firstFilesAbove(start)
  if (files.length === 0) {
    throw new Error(
      `No native part of ${PACKAGE} for ${platformFolder()} in ${start} or the folders above it`,
    )
  }
  let failure: unknown
  for (const file of files) {
    try {
      return exportsOf(file)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

/** dlopen(3) says it in words only: where no descriptor is left, its failure is no word on the file. */
function exportsOf(file: string): unknown {
  try {
    return loadedFrom(file)
  } catch {
    try {
      closeSync(openSync(file, 'r'))
    } catch (error) {
      if (lacksDescriptors((error as NodeJS.ErrnoException).code)) throw error
    }
    return loadedFrom(file) // there is one now, which there may not have been
  }
}

/** What require() does with such a file; bundlers look for require(), and cannot know which file. */
function loadedFrom(file: string): unknown {
  const addon = { exports: {} }
  dlopen(addon, toNamespacedPath(resolve(file)))
  return addon.exports
}

/** Whether a failure is for want of a descriptor, in this process or in the system. */
export function lacksDescriptors(code: string | undefined): code is 'EMFILE' | 'ENFILE' {
  return code === 'EMFILE' || code === 'ENFILE'
}

/**
 * Where this file is. An ES module in a bundle does not know; the program's first file is beside it. Not
 * the working directory, where anybody's files may be.
 */
function startFolder(): string {
  if (typeof __dirname === 'string') return __dirname
  const program = process.argv[1]
  if (program !== undefined && exists(program)) return dirname(realpathSync(program))
  return dirname(process.execPath)
}

function firstFilesAbove(start: string): string[] {
  for (const folder of foldersAbove(start)) {
    const found = filesIn(folder)
    if (found.length > 0) return found
  }
  return []
}

function foldersAbove(start: string): string[] {
  const above: string[] = []
  for (let folder = start, next = dirname(start); ; folder = next, next = dirname(next)) {
    above.push(join(folder, 'node_modules', PACKAGE))
    if (folder === next) return [start, dirname(start), ...above]
  }
}

/**
 * A build of this system alone, or the binaries for it: the likelier first, where there are two kinds.
 * PREBUILDS_ONLY, which node-gyp-build knows as well, leaves out the build, for tests of the binaries.
 */
function filesIn(folder: string): string[] {
  const built = join(folder, 'build', 'Release', 'mmap_directory.node')
  if (!process.env['PREBUILDS_ONLY'] && exists(built)) return [built]
  const alpine = exists('/etc/alpine-release')
  const kinds = process.platform === 'linux' ? (alpine ? ['.musl', '.glibc'] : ['.glibc', '.musl']) : ['']
  const prebuilds = join(folder, 'prebuilds', platformFolder())
  return kinds.map((kind) => join(prebuilds, `${PACKAGE}${kind}.node`)).filter((file) => exists(file))
}

function platformFolder(): string {
  return `${process.platform}-${process.arch}`
}

/** Node's permission model has existsSync() throw where it allows no reading. */
function exists(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}
