import { checkObject, checkSize, invalidType, invalidValue } from './arguments.js'

/**
 * Something that whoever opens a file knows about how it will be used. Hints of the same `kind`
 * exclude each other. Programs may define their own for their own `readAdvice` and `preload`
 * functions: a frozen object with a kind and a value that no other hint has.
 */
export interface FileOpenHint {
  readonly kind: string
  readonly value: string
}

function makeHint<K extends string, V extends string>(
  kind: K,
  value: V,
): { readonly kind: K; readonly value: V } {
  return Object.freeze({ kind, value })
}

/** The order in which a file is read. */
export const DataAccessHint = Object.freeze({
  RANDOM: makeHint('DataAccessHint', 'RANDOM'),
  SEQUENTIAL: makeHint('DataAccessHint', 'SEQUENTIAL'),
})

/** Whether a file is looked things up in, or holds the data that was looked up. */
export const FileTypeHint = Object.freeze({
  INDEX: makeHint('FileTypeHint', 'INDEX'),
  DATA: makeHint('FileTypeHint', 'DATA'),
})

/** What a file holds. */
export const FileDataHint = Object.freeze({
  POSTINGS: makeHint('FileDataHint', 'POSTINGS'),
  KNN_VECTORS: makeHint('FileDataHint', 'KNN_VECTORS'),
})

/** The file should be in memory before it is read. */
export const PreloadHint = Object.freeze({ INSTANCE: makeHint('PreloadHint', 'INSTANCE') })

/** The file is read once, from its start to its end. */
export const ReadOnceHint = Object.freeze({ INSTANCE: makeHint('ReadOnceHint', 'INSTANCE') })

/** What was read is not going to be read again soon. */
export const NoReuseHint = Object.freeze({ INSTANCE: makeHint('NoReuseHint', 'INSTANCE') })

/** How pages are going to be read; what the system does with it differs from one to the next. */
export type ReadAdvice = 'normal' | 'random' | 'sequential'

/** What is known of a merge for which files are written or read. */
export interface MergeInfo {
  readonly totalMaxDoc: number
  readonly estimatedMergeBytes: number
  /** Whether someone has asked for the merge, rather than the merge policy. */
  readonly isExternal: boolean
  /** How many segments a forced merge is to leave; −1 for any other merge. */
  readonly mergeMaxNumSegments: number
}

/** What is known of a flush for which files are written. */
export interface FlushInfo {
  readonly numDocs: number
  readonly estimatedSegmentSize: number
}

/** Why a file is opened or made, and the hints that go with it. Immutable. */
export class IOContext {
  readonly kind: 'default' | 'read' | 'merge' | 'flush'
  readonly mergeInfo: MergeInfo | undefined
  readonly flushInfo: FlushInfo | undefined
  /** At most one hint of a kind, in the order in which they were given. */
  readonly hints: readonly FileOpenHint[]

  private constructor(
    kind: IOContext['kind'],
    hints: readonly FileOpenHint[],
    mergeInfo?: MergeInfo,
    flushInfo?: FlushInfo,
  ) {
    this.kind = kind
    this.hints = Object.freeze([...hints])
    this.mergeInfo = mergeInfo === undefined ? undefined : Object.freeze({ ...mergeInfo })
    this.flushInfo = flushInfo === undefined ? undefined : Object.freeze({ ...flushInfo })
    Object.freeze(this)
  }

  /** Nothing special is known. */
  static readonly DEFAULT = new IOContext('default', [])

  /** For lookups all over the file, as a search does them. */
  static readonly READ = new IOContext('read', [])

  /** Read once, from start to end, and not again soon. */
  static readonly READONCE = new IOContext('default', [DataAccessHint.SEQUENTIAL, ReadOnceHint.INSTANCE])

  /** For the files that a merge reads and writes. Throws for numbers that are none. */
  static merge(info?: MergeInfo): IOContext {
    if (info !== undefined) checkMergeInfo(info)
    return new IOContext('merge', [], info)
  }

  /** For the files that a flush writes. Throws for numbers that are none. */
  static flush(info?: FlushInfo): IOContext {
    if (info !== undefined) checkFlushInfo(info)
    return new IOContext('flush', [], undefined, info)
  }

  /** The same context with exactly these hints. Throws a TypeError for two hints of one kind. */
  withHints(...hints: FileOpenHint[]): IOContext {
    const kinds = new Set<string>()
    for (const one of hints) {
      if (typeof one?.kind !== 'string' || typeof one.value !== 'string') {
        throw invalidType('hint', 'an object with a kind and a value', one)
      }
      if (kinds.has(one.kind)) throw invalidValue(`Several hints of kind ${one.kind} in one context`)
      kinds.add(one.kind)
    }
    return new IOContext(this.kind, hints, this.mergeInfo, this.flushInfo)
  }

  /** The same context with these hints as well; a hint that is there already stays once. */
  union(...hints: FileOpenHint[]): IOContext {
    return this.withHints(...this.hints, ...hints.filter((one) => !this.hasHint(one)))
  }

  hasHint(hint: FileOpenHint): boolean {
    checkObject('hint', hint)
    return this.hintOf(hint.kind)?.value === hint.value
  }

  /** The hint of a kind, of which there is one at most. */
  hintOf(kind: string): FileOpenHint | undefined {
    return this.hints.find((one) => one.kind === kind)
  }
}

function checkMergeInfo(info: MergeInfo): void {
  if (typeof info !== 'object' || info === null) throw invalidType('info', 'a MergeInfo', info)
  const { totalMaxDoc, estimatedMergeBytes, isExternal, mergeMaxNumSegments } = info
  checkSize('totalMaxDoc', totalMaxDoc)
  checkSize('estimatedMergeBytes', estimatedMergeBytes)
  if (typeof isExternal !== 'boolean') throw invalidType('isExternal', 'a boolean', isExternal)
  if (mergeMaxNumSegments !== -1) checkSize('mergeMaxNumSegments', mergeMaxNumSegments)
}

function checkFlushInfo(info: FlushInfo): void {
  if (typeof info !== 'object' || info === null) throw invalidType('info', 'a FlushInfo', info)
  checkSize('numDocs', info.numDocs)
  checkSize('estimatedSegmentSize', info.estimatedSegmentSize)
}

/** The advice that a context asks for: see decision 6 in design/. */
export function adviceFor(context: IOContext): ReadAdvice {
  if (context.kind === 'merge' || context.kind === 'flush') return 'sequential'
  if (context.hasHint(DataAccessHint.RANDOM)) return 'random'
  if (context.hasHint(DataAccessHint.SEQUENTIAL)) return 'sequential'
  return context.kind === 'read' ? 'random' : 'normal'
}

/**
 * Throws a TypeError for what is no IOContext. For who writes a Directory: openInput(),
 * createOutput() and createTempOutput() call it with the context that they were given, if any.
 */
export function checkContext(context: IOContext): void {
  if (!(context instanceof IOContext)) throw invalidType('context', 'an IOContext', context)
}
