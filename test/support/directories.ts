import { join } from 'node:path'
import { afterEach, describe } from 'vitest'

import {
  ByteBuffersDirectory,
  ByteWritesTrackingDirectoryWrapper,
  type Directory,
  FileSwitchDirectory,
  FilterDirectory,
  FSDirectory,
  HardlinkCopyDirectoryWrapper,
  LockValidatingDirectoryWrapper,
  MMapDirectory,
  type MMapDirectoryOptions,
  NRTCachingDirectory,
  SingleInstanceLockFactory,
  TrackingDirectoryWrapper,
} from '../../src/index.js'
import { FilteredInputs, InvertedBytes } from './filters.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { windowPower } from '../../src/store/window-power.js'
import { removeDirectory, temporaryDirectory, TMPFS } from './temporary.js'

/** One of the directories under test: a class, how it maps, how large its windows are. */
export interface DirectoryKind {
  readonly name: string
  readonly type: 'mmap' | 'fs' | 'memory'
  /** Windows are of 2^power bytes; undefined leaves it to the directory. */
  readonly power: number | undefined
  /** Whether its inputs are made of readByte() and readBytes() alone, by a filter. */
  readonly filtersBytes?: boolean
  /** Where the file system is that holds it; undefined is the disk, or memory. */
  readonly root: string | undefined
  open(path: string): Directory
}

const POWERS = [4, 12, undefined] as const

function optionsFor(power: number | undefined, more: MMapDirectoryOptions = {}): MMapDirectoryOptions {
  return power === undefined ? more : Object.assign(more, { [windowPower]: power })
}

function chunksApart(): MMapDirectoryOptions {
  return Object.assign({ chunkPower: 20 }, { [sideBySide]: false })
}

function kindsOf(power: number | undefined, root?: string): DirectoryKind[] {
  const where = `windows ${power === undefined ? 'default' : `of 2^${power}`}${root === undefined ? '' : `, in ${root}`}`
  const common = { power, root }
  return [
    {
      ...common,
      name: `MMapDirectory, ${where}`,
      type: 'mmap',
      open: (path) => MMapDirectory.open(path, optionsFor(power)),
    },
    {
      ...common,
      name: `MMapDirectory, chunks apart, ${where}`,
      type: 'mmap',
      open: (path) => MMapDirectory.open(path, optionsFor(power, chunksApart())),
    },
    {
      ...common,
      name: `FSDirectory, ${where}`,
      type: 'fs',
      open: (path) => FSDirectory.open(path, optionsFor(power)),
    },
    {
      ...common,
      name: `ByteBuffersDirectory, ${where}`,
      type: 'memory',
      open: () => new ByteBuffersDirectory(optionsFor(power)),
    },
  ]
}

/** What each wrapper is like around a mapped directory and one in memory. */
const WRAPPERS: Readonly<Record<string, (open: (name: string) => Directory) => Directory>> = {
  FilterDirectory: (open) => new PassingDirectory(open('')),
  TrackingDirectoryWrapper: (open) => new TrackingDirectoryWrapper(open('')),
  LockValidatingDirectoryWrapper: (open) =>
    new LockValidatingDirectoryWrapper(open(''), new SingleInstanceLockFactory().obtainLock(open(''), 'x')),
  ByteWritesTrackingDirectoryWrapper: (open) =>
    new ByteWritesTrackingDirectoryWrapper(open(''), { trackTempOutput: true }),
  HardlinkCopyDirectoryWrapper: (open) => new HardlinkCopyDirectoryWrapper(open('')),
  NRTCachingDirectory: (open) => new NRTCachingDirectory(open(''), { maxMergeSizeMB: 5, maxCachedMB: 60 }),
  'NRTCachingDirectory that caches everything': (open) => new CachingDirectory(open('')),
  'FileSwitchDirectory, one path': (open) => new FileSwitchDirectory(['cfs'], open(''), open('')),
  'FileSwitchDirectory, two paths': (open) => new FileSwitchDirectory(['cfs'], open('one'), open('two')),
  'several wrappers': (open) =>
    new TrackingDirectoryWrapper(
      new FileSwitchDirectory(
        ['cfs'],
        new NRTCachingDirectory(open('one'), { maxMergeSizeMB: 5, maxCachedMB: 60 }),
        new CachingDirectory(new HardlinkCopyDirectoryWrapper(open('two'))),
      ),
    ),
}

class PassingDirectory extends FilterDirectory {}

class CachingDirectory extends NRTCachingDirectory {
  constructor(delegate: Directory) {
    super(delegate, { maxMergeSizeMB: 0, maxCachedMB: 0 })
  }

  protected override doCacheWrite(): boolean {
    return true
  }
}

/** Every wrapper. */
const WRAPPER_KINDS: readonly DirectoryKind[] = Object.entries(WRAPPERS).flatMap(([name, wrap]) => [
  {
    name: `${name} around MMapDirectory`,
    type: 'mmap' as const,
    power: undefined,
    root: undefined,
    open: (path: string) => wrap((below) => MMapDirectory.open(join(path, below), { create: true })),
  },
  {
    name: `${name} around ByteBuffersDirectory`,
    type: 'memory' as const,
    power: undefined,
    root: undefined,
    open: () => {
      const opened = new Map<string, Directory>()
      return wrap((below) => {
        const directory = opened.get(below) ?? new ByteBuffersDirectory()
        opened.set(below, directory)
        return directory
      })
    },
  },
])

/** Directories whose inputs and outputs come through filters: of calls, and of bytes. */
const FILTERED_KINDS: readonly DirectoryKind[] = [
  {
    name: 'filters of calls around MMapDirectory, windows of 2^4',
    type: 'mmap',
    power: 4,
    root: undefined,
    open: (path) => new FilteredInputs(MMapDirectory.open(path, optionsFor(4))),
  },
  {
    name: 'filters of bytes around ByteBuffersDirectory, windows of 2^4',
    type: 'memory',
    power: 4,
    root: undefined,
    filtersBytes: true,
    open: () => new InvertedBytes(new ByteBuffersDirectory(optionsFor(4))),
  },
]

/** Every directory with every window, and those of the file system once more on a tmpfs. */
export const DIRECTORY_KINDS: readonly DirectoryKind[] = [
  ...POWERS.flatMap((power) => kindsOf(power)),
  ...FILTERED_KINDS,
  ...(TMPFS === undefined ? [] : kindsOf(undefined, TMPFS).filter((kind) => kind.type !== 'memory')),
]

/**
 * Runs a suite for every kind of directory. `open` gives a new, empty directory, which is closed
 * and removed after the test.
 */
export function describeEachDirectory(
  suite: (open: () => Directory, kind: DirectoryKind) => void,
  which: (kind: DirectoryKind) => boolean = () => true,
): void {
  describeKinds(DIRECTORY_KINDS.filter(which), suite)
}

/** As describeEachDirectory(), for every wrapper. */
export function describeEachWrapper(suite: (open: () => Directory, kind: DirectoryKind) => void): void {
  describeKinds(WRAPPER_KINDS, suite)
}

function describeKinds(
  all: readonly DirectoryKind[],
  suite: (open: () => Directory, kind: DirectoryKind) => void,
): void {
  const kinds = all.map((kind) => [kind.name, kind] as const)
  describe.each(kinds)('%s', (_, kind) => {
    const { open, clear } = opener(kind)
    afterEach(clear)
    suite(open, kind)
  })
}

export function opener(kind: DirectoryKind): { open: () => Directory; clear: () => void } {
  const ends: (() => void)[] = []
  return {
    open: () => {
      if (kind.type === 'memory') return kind.open('')
      const path = temporaryDirectory(kind.root)
      ends.push(() => removeDirectory(path))
      const directory = kind.open(path)
      ends.push(() => directory.close())
      return directory
    },
    clear: () => {
      for (const end of ends.splice(0).toReversed()) end()
    },
  }
}
