import type { Directory } from '../../store/directory.js'
import { checkOptions, checkSize, invalidType } from '../../store/arguments.js'

/**
 * What a directory can do beyond what every directory has to. Behaviours that need an ability
 * which is not declared are skipped, and their names in the report say so.
 */
export interface DirectorySupport {
  /** What was written is there when `create(path)` is called with the same path again. */
  readonly persistence?: boolean
  /** `view()` copies nothing, and `mapped` says so. */
  readonly zeroCopyViews?: boolean
  /** `share()` hands inputs to other threads. */
  readonly sharing?: boolean
  /** `isLoaded()` knows the answer. */
  readonly residency?: boolean
  /** `advice` follows the context of the opening, as decided by IOContext's kind and hints. */
  readonly readAdvice?: boolean
  /** `updateIOContext()` changes the advice; mapped files cannot on Windows. */
  readonly laterAdvice?: boolean
  /** Locks keep out other processes, as those of NativeFSLockFactory on the same path do. */
  readonly systemLocks?: boolean
  /** A file that is still being written cannot be opened: AccessDeniedError. */
  readonly exclusiveWriting?: boolean
  /** Reads call nothing that a program can override or patch: no method of the target, no prototype. */
  readonly guardedMemory?: boolean
}

export type Ability = keyof DirectorySupport | 'refuseDeletes'

export const ABILITIES: readonly (keyof DirectorySupport)[] = [
  'persistence',
  'zeroCopyViews',
  'sharing',
  'residency',
  'readAdvice',
  'laterAdvice',
  'systemLocks',
  'exclusiveWriting',
  'guardedMemory',
]

/** What is needed of a test runner: vitest, node:test, Jest and Mocha have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it: {
    (name: string, test: () => Promise<void>): unknown
    skip(name: string, test: () => Promise<void>): unknown
  }
}

export interface DirectorySuiteOptions extends Partial<TestRunner> {
  /** What the tests are listed under. */
  readonly name: string
  /**
   * Makes a directory for one test. `path` is a temporary directory that exists, is empty and will be
   * removed; directories that need no place on a disk ignore it. Called with a path anew, it
   * opens what is there: see `supports.persistence`. The suite closes what it gets.
   */
  create(path: string): Directory | Promise<Directory>
  readonly supports?: DirectorySupport
  /** Makes a directory's deletions wait, or not any more, as Windows does for files in use. */
  refuseDeletes?(directory: Directory, refuse: boolean): void
  /**
   * A length at which values are likely to be torn apart: that of a buffer, a block, a chunk.
   * Reads are tested around its multiples. By default 1,024; from 16 to 2^21.
   */
  readonly boundary?: number
  /** Where temporary directories are made; by default in that of the system. */
  readonly temporaryDirectory?: string
  /** What the random operations follow from; by default another one each time. Failures name it. */
  readonly seed?: number
}

const OPTIONS = [
  'name',
  'create',
  'supports',
  'refuseDeletes',
  'boundary',
  'temporaryDirectory',
  'seed',
  'describe',
  'it',
]

export function checkSuiteOptions(options: DirectorySuiteOptions): void {
  checkOptions('runDirectorySuite', options, OPTIONS)
  const { name, create, supports = {}, refuseDeletes, boundary = 1024, seed = 0, describe, it } = options
  if (typeof name !== 'string') throw invalidType('name', 'a string', name)
  if (typeof create !== 'function') throw invalidType('create', 'a function', create)
  checkOptions('supports', supports, ABILITIES)
  if (refuseDeletes !== undefined && typeof refuseDeletes !== 'function') {
    throw invalidType('refuseDeletes', 'a function', refuseDeletes)
  }
  checkSize('boundary', boundary)
  if (boundary < 16 || boundary > 2 ** 21) throw new RangeError(`boundary must be from 16 to 2^21`)
  checkSize('seed', seed)
  if ((describe === undefined) !== (it === undefined)) {
    throw invalidType('describe and it', 'given together', describe ?? it)
  }
  if (it !== undefined && typeof it.skip !== 'function') throw invalidType('it.skip', 'a function', it.skip)
}
