import type { Directory } from '../../store/directory.js'
import { ignoringErrors } from '../../store/ignoring-errors.js'
import type { Random } from '../random.js'

type Change =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'delete'; readonly name: string; readonly content: Uint8Array; readonly synced: boolean }

/**
 * What has been promised about the files of a directory, and what has not. Content is promised by
 * sync(), names by syncMetaData(). Files that were there before are promised.
 */
export class DiskJournal {
  readonly #directory: Directory
  /** Files whose content is not promised. */
  readonly #unsynced = new Set<string>()
  #changes: Change[] = []

  constructor(directory: Directory) {
    this.#directory = directory
  }

  created(name: string): void {
    this.#unsynced.add(name)
    this.#changes.push({ kind: 'create', name })
  }

  renamed(name: string, to: string): void {
    if (this.#unsynced.delete(name)) this.#unsynced.add(to)
    this.#changes.push({ kind: 'rename', name, to })
  }

  /** Removes a file, of which a copy is kept until its removal is promised. */
  remove(name: string): void {
    const content = this.#contentOf(name)
    this.#directory.deleteFile(name)
    const synced = !this.#unsynced.delete(name)
    this.#changes.push({ kind: 'delete', name, content, synced })
  }

  synced(name: string): void {
    this.#unsynced.delete(name)
  }

  /** How many changes of names there are: what a syncMetaData() that begins now will promise. */
  get changes(): number {
    return this.#changes.length
  }

  promised(changes: number): void {
    this.#changes.splice(0, changes)
  }

  /**
   * Brings the directory into one of the states in which it may be after a power cut. Changes of
   * names that have nothing to do with each other survive or not each by itself; of a row of
   * changes to one name, a first part survives. Content that was not promised is whole, cut,
   * partly zeros, or gone.
   */
  crash(random: Random): void {
    const undone = new Set<Change>()
    for (const row of rows(this.#changes)) {
      for (const change of row.slice(random.below(row.length + 1))) undone.add(change)
    }
    for (const change of this.#changes.toReversed()) if (undone.has(change)) this.#undo(change)
    for (const name of this.#unsynced) this.#damage(name, random)
    this.#unsynced.clear()
    this.#changes = []
  }

  #undo(change: Change): void {
    if (change.kind === 'create') {
      this.#directory.deleteFile(change.name)
      this.#unsynced.delete(change.name)
    } else if (change.kind === 'rename') {
      this.#directory.rename(change.to, change.name)
      if (this.#unsynced.delete(change.to)) this.#unsynced.add(change.name)
    } else {
      this.#write(change.name, change.content)
      if (!change.synced) this.#unsynced.add(change.name)
    }
  }

  #damage(name: string, random: Random): void {
    const bytes = this.#contentOf(name)
    const kind = random.pick(['whole', 'cut', 'zeros', 'empty'] as const)
    if (kind === 'whole' || bytes.length === 0) return
    this.#directory.deleteFile(name)
    const at = random.below(bytes.length)
    if (kind === 'zeros') bytes.fill(0, at)
    this.#write(
      name,
      kind === 'cut' ? bytes.subarray(0, at) : kind === 'empty' ? bytes.subarray(0, 0) : bytes,
    )
  }

  #contentOf(name: string): Uint8Array {
    let content = new Uint8Array(0)
    // A file that is still being written has nothing that anyone could rely on.
    ignoringErrors(() => {
      const input = this.#directory.openInput(name)
      try {
        const bytes = new Uint8Array(input.length())
        input.readBytes(bytes)
        content = bytes
      } finally {
        input.close()
      }
    })
    return content
  }

  #write(name: string, bytes: Uint8Array): void {
    const output = this.#directory.createOutput(name)
    output.writeBytes(bytes)
    output.close()
  }
}

/** Changes in rows: two are in the same one when they share a name, or a third change does with both. */
function rows(changes: readonly Change[]): Change[][] {
  const byName = new Map<string, Change[]>()
  for (const change of changes) {
    const names = change.kind === 'rename' ? [change.name, change.to] : [change.name]
    const joined = new Set(names.map((name) => byName.get(name) ?? []))
    const row = [...[...joined].flat(), change].sort((a, b) => changes.indexOf(a) - changes.indexOf(b))
    for (const one of row) {
      byName.set(one.name, row)
      if (one.kind === 'rename') byName.set(one.to, row)
    }
  }
  return [...new Set(byName.values())]
}
