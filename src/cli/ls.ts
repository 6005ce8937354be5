import { parseArgs } from 'node:util'

import { CompoundDirectory } from '../codec/compound-directory.js'
import { describeFile, type FileKind } from '../codec/file-kind.js'
import { parseSegmentName } from '../codec/index-file-names.js'
import { type IndexHeader, parseIndexHeader } from '../codec/index-header.js'
import { idToString } from '../codec/segment-id.js'
import type { Directory } from '../store/directory.js'
import { StorageError } from '../store/errors.js'
import { IOContext } from '../store/io-context.js'
import { formatBytes, formatCount, plural, printable, table } from './format.js'
import { EXIT, type Io } from './io.js'
import { openIndex } from './open-index.js'
import { onlyArgument } from './usage-error.js'

const HELP = `Usage: mmap-directory ls DIR [OPTIONS]

Lists the files of a directory: how large they are and, of those whose names are a
Lucene index's, what they hold and which format they are in. Reads their headers
only; see 'verify' for checksums, and for other files with such headers.

Options:
  --all        list the files in compound files, too
  --json       print one JSON document
  --help, -h   show this text

Exit codes:
  0  the directory was listed
  1  --all was given and a compound file is damaged
  2  the command line was not understood, or the directory could not be read
`

interface Listed {
  readonly name: string
  /** The compound file that it is in. */
  readonly parent: string | undefined
  readonly length: number | undefined
  readonly kind: FileKind | undefined
  readonly header: IndexHeader | undefined
  /** Why the files in it cannot be listed. */
  readonly error?: StorageError
}

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    io.stdout(HELP)
    return EXIT.ok
  }
  // Only headers are read: mapping the files for that would cost more than it gives.
  const directory = openIndex(onlyArgument('DIR', positionals), 'fs')
  const files = directory.listAll().flatMap((name) => list(directory, name, values.all))
  const top = files.filter((file) => file.parent === undefined)
  const bytes = top.reduce((sum, file) => sum + (file.length ?? 0), 0)
  if (values.json) {
    const totals = { files: top.length, bytes }
    io.stdout(`${JSON.stringify({ directory: directory.path, files: files.map(toJson), totals }, null, 2)}\n`)
  } else {
    io.stdout(table(COLUMNS, files.map(toRow), io.isTTY ? io.columns : Infinity))
    io.stdout(`\n${plural(top.length, 'file')}, ${formatCount(bytes)} bytes (${formatBytes(bytes)})\n`)
    for (const { error } of files) {
      if (error !== undefined) io.stderr(`mmap-directory: ${printable(error.message)}\n`)
    }
  }
  return files.some(({ error }) => error !== undefined) ? EXIT.damaged : EXIT.ok
}

/** A file and, when all are asked for, those in it. */
function list(directory: Directory, name: string, all: boolean): Listed[] {
  const file = look(directory, name)
  if (!all || file.kind !== 'compound file') return [file]
  try {
    const compound = CompoundDirectory.open(directory, parseSegmentName(name))
    try {
      return [file, ...compound.listAll().map((inner) => look(compound, inner, name))]
    } finally {
      compound.close()
    }
  } catch (error) {
    return [{ ...file, error: storageErrorOnly(error) }]
  }
}

function look(directory: Directory, name: string, parent?: string): Listed {
  const kind = describeFile(name)
  return {
    name,
    parent,
    kind,
    length: attempt(() => directory.fileLength(name)),
    // Others are not opened: what is not an index's file is nobody's business here.
    header: kind === undefined ? undefined : attempt(() => readHeader(directory, name)),
  }
}

function readHeader(directory: Directory, name: string): IndexHeader {
  const input = directory.openInput(name, IOContext.READ)
  try {
    return parseIndexHeader(input)
  } finally {
    input.close()
  }
}

/** What cannot be read is left blank: a listing shows what there is. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    storageErrorOnly(error)
    return undefined
  }
}

function storageErrorOnly(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  throw error
}

const COLUMNS = [
  { title: 'NAME' },
  { title: 'BYTES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'HOLDS' },
  { title: 'CODEC' },
] as const

function toRow({ name, parent, length, kind, header }: Listed): string[] {
  return [
    parent === undefined ? name : `  ${name}`,
    length === undefined ? '' : formatCount(length),
    length === undefined ? '' : formatBytes(length),
    kind ?? '',
    header === undefined ? '' : `${header.codec} ${header.version}`,
  ]
}

/** Every property is always there, null where there is nothing to say. */
function toJson({ name, parent, length, kind, header, error }: Listed): object {
  return {
    name,
    parent: parent ?? null,
    length: length ?? null,
    kind: kind ?? null,
    codec: header?.codec ?? null,
    version: header?.version ?? null,
    id: header === undefined ? null : idToString(header.id),
    suffix: header?.suffix ?? null,
    error: error === undefined ? null : { code: error.code, message: error.message },
  }
}
