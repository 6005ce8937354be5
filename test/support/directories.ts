import { join } from 'node:path'
import { afterEach, describe } from 'vitest'

import {
  ByteBuffersDirectory,
  ByteWritesTrackingDirectoryWrapper,
  DirectIODirectory,
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
import type { DirectorySupport } from '../../src/testing/index.js'
import { O_DIRECT } from '../../src/fs/system.js'
import { sideBySide } from '../../src/mmap/mmap-directory.js'
import { windowPower } from '../../src/store/window-power.js'
import { BRIEF } from './brief.js'
import { LATER_ADVICE } from './mappings.js'
import { removeDirectory, temporaryDirectory, TMPFS } from './temporary.js'

/** One of the directories under test: a class, how it maps, how large its windows are. */
export interface DirectoryKind {
  readonly name: string
  readonly type: 'mmap' | 'fs' | 'memory'
  readonly supports: DirectorySupport
  /** Windows are of 2^power bytes; undefined leaves it to the directory. */
  readonly power: number | undefined
  /** Where the file system is that holds it; undefined is the disk, or memory. */
  readonly root: string | undefined
  open(path: string): Directory
}

const MEMORY: DirectorySupport = { exclusiveWriting: true, guardedMemory: true }
const FILES: DirectorySupport = {
  persistence: true,
  sharing: true,
  readAdvice: true,
  laterAdvice: true,
  systemLocks: true,
  guardedMemory: true,
}
const MAPPED: DirectorySupport = {
  ...FILES,
  zeroCopyViews: true,
  residency: true,
  laterAdvice: LATER_ADVICE,
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
  // Locks know of no windows, and each test of theirs starts a process.
  const systemLocks = power === undefined
  return [
    {
      ...common,
      name: `MMapDirectory, ${where}`,
      type: 'mmap',
      supports: { ...MAPPED, systemLocks },
      open: (path) => MMapDirectory.open(path, optionsFor(power)),
    },
    {
      ...common,
      name: `MMapDirectory, chunks apart, ${where}`,
      type: 'mmap',
      supports: { ...MAPPED, systemLocks },
      open: (path) => MMapDirectory.open(path, optionsFor(power, chunksApart())),
    },
    {
      ...common,
      name: `FSDirectory, ${where}`,
      type: 'fs',
      supports: { ...FILES, systemLocks },
      open: (path) => FSDirectory.open(path, optionsFor(power)),
    },
    {
      ...common,
      name: `ByteBuffersDirectory, ${where}`,
      type: 'memory',
      supports: MEMORY,
      open: () => new ByteBuffersDirectory(optionsFor(power)),
    },
  ]
}

/** A wrapper, and what it takes away from the abilities of the directory in it. */
interface Wrapper {
  wrap(open: (name: string) => Directory): Directory
  readonly lacks?: DirectorySupport
}

/** What is in memory has nothing of a file. */
const IN_MEMORY: DirectorySupport = {
  persistence: false,
  sharing: false,
  readAdvice: false,
  laterAdvice: false,
  zeroCopyViews: false,
  residency: false,
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  FilterDirectory: { wrap: (open) => new PassingDirectory(open('')) },
  TrackingDirectoryWrapper: { wrap: (open) => new TrackingDirectoryWrapper(open('')) },
  LockValidatingDirectoryWrapper: {
    wrap: (open) =>
      new LockValidatingDirectoryWrapper(open(''), new SingleInstanceLockFactory().obtainLock(open(''), 'x')),
  },
  ByteWritesTrackingDirectoryWrapper: {
    wrap: (open) => new ByteWritesTrackingDirectoryWrapper(open(''), { trackTempOutput: true }),
  },
  HardlinkCopyDirectoryWrapper: { wrap: (open) => new HardlinkCopyDirectoryWrapper(open('')) },
  NRTCachingDirectory: {
    wrap: (open) => new NRTCachingDirectory(open(''), { maxMergeSizeMB: 5, maxCachedMB: 60 }),
  },
  'NRTCachingDirectory that caches everything': {
    wrap: (open) => new CachingDirectory(open('')),
    lacks: IN_MEMORY,
  },
  'FileSwitchDirectory, one path': { wrap: (open) => new FileSwitchDirectory(['cfs'], open(''), open('')) },
  'FileSwitchDirectory, two paths': {
    wrap: (open) => new FileSwitchDirectory(['cfs'], open('one'), open('two')),
  },
  'several wrappers': {
    wrap: (open) =>
      new TrackingDirectoryWrapper(
        new FileSwitchDirectory(
          ['cfs'],
          new NRTCachingDirectory(open('one'), { maxMergeSizeMB: 5, maxCachedMB: 60 }),
          new CachingDirectory(new HardlinkCopyDirectoryWrapper(open('two'))),
        ),
      ),
    lacks: IN_MEMORY,
  },
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

/** Takes all files past the system's cache, where the system allows it, not just those of merges. */
export class AllDirect extends DirectIODirectory {
  protected override useDirectIO(): boolean {
    return true
  }
}

/**
 * A DirectIODirectory has inputs of its own, which are neither mapped nor shared. Where there is no
 * O_DIRECT, they are those of the directory in it.
 */
const DIRECT_KINDS: readonly DirectoryKind[] = (['MMapDirectory', 'FSDirectory'] as const).map((name) => ({
  name: `DirectIODirectory around ${name}`,
  type: 'fs',
  supports:
    O_DIRECT === 0
      ? { MMapDirectory: MAPPED, FSDirectory: FILES }[name]
      : { persistence: true, systemLocks: true, guardedMemory: true },
  power: 18,
  root: undefined,
  open: (path) => new AllDirect((name === 'FSDirectory' ? FSDirectory : MMapDirectory).open(path)),
}))

/** Every wrapper. */
export const WRAPPER_KINDS: readonly DirectoryKind[] = [
  ...DIRECT_KINDS,
  ...Object.entries(WRAPPERS).flatMap(([name, { wrap, lacks }]) => [
    {
      name: `${name} around MMapDirectory`,
      type: 'mmap' as const,
      supports: { ...MAPPED, systemLocks: false, ...lacks },
      power: undefined,
      root: undefined,
      open: (path: string) => wrap((below) => MMapDirectory.open(join(path, below), { create: true })),
    },
    {
      name: `${name} around ByteBuffersDirectory`,
      type: 'memory' as const,
      supports: MEMORY,
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
  ]),
]

/** Directories whose inputs and outputs come through filters: of calls, and of bytes. */
const FILTERED_KINDS: readonly DirectoryKind[] = [
  {
    name: 'filters of calls around MMapDirectory, windows of 2^4',
    type: 'mmap',
    supports: MAPPED,
    power: 4,
    root: undefined,
    open: (path) => new FilteredInputs(MMapDirectory.open(path, optionsFor(4))),
  },
  {
    name: 'filters of bytes around ByteBuffersDirectory, windows of 2^4',
    type: 'memory',
    supports: { exclusiveWriting: true },
    power: 4,
    root: undefined,
    open: () => new InvertedBytes(new ByteBuffersDirectory(optionsFor(4))),
  },
]

/** Every directory with every window, and those of the file system once more on a tmpfs. */
export const DIRECTORY_KINDS: readonly DirectoryKind[] = BRIEF
  ? kindsOf(4).slice(1)
  : [
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
