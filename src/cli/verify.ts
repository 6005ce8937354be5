import { parseArgs } from 'node:util'

import type { FileVerification } from '../codec/file-verification.js'
import { idToString } from '../codec/segment-id.js'
import { type IndexVerification, verifyIndex } from '../codec/verify-index.js'
import type { FSDirectory } from '../fs/fs-directory.js'
import { formatBytes, formatDuration, formatThroughput, plural, printable } from './format.js'
import { EXIT, type Io } from './io.js'
import { DIRECTORY_KINDS, type DirectoryKind, openIndex } from './open-index.js'
import { ProgressLine } from './progress-line.js'
import { oneOf, onlyArgument } from './usage-error.js'

const HELP = `Usage: mmap-directory verify DIR [OPTIONS]

Reads every file of an index, and every file in its compound files, and checks it
against its checksum, its segment and the last commit. Changes nothing. While
something writes to the index, files that are not finished yet look damaged.

Options:
  --directory mmap|fs   how to read: mapped (mmap, the default) or with reads (fs)
  --all                 list good files, too
  --json                print one JSON document, always with the good files
  --help, -h            show this text

Exit codes:
  0  all good
  1  something is damaged or missing
  2  the command line was not understood, the directory or a file could not be read,
     or there is no commit (segments_N) that tells which files belong to the index
`

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      directory: { type: 'string', default: 'mmap' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    io.stdout(HELP)
    return EXIT.ok
  }
  const kind = oneOf('directory', DIRECTORY_KINDS, values.directory)
  const directory = openIndex(onlyArgument('DIR', positionals), kind)

  const progress = new ProgressLine(io)
  const started = performance.now()
  const verification = verifyIndex(directory, {
    onProgress: ({ name, bytes, totalBytes }) => progress.update(name, bytes, totalBytes),
  })
  const files: FileVerification[] = []
  let step = await verification.next()
  for (; !step.done; step = await verification.next()) {
    const file = step.value
    if (values.json) {
      files.push(file)
    } else if (values.all || !isPlainlyGood(file)) {
      progress.clear()
      io.stdout(describe(file))
    }
  }
  progress.clear()
  const outcome = step.value
  const milliseconds = performance.now() - started
  const code = exitCode(outcome)
  io.stdout(
    values.json
      ? `${JSON.stringify(toJson(directory, kind, files, outcome, milliseconds, code), null, 2)}\n`
      : summarize(directory, outcome, milliseconds),
  )
  return code
}

function exitCode({ counts, commit }: IndexVerification): number {
  if (counts.damaged + counts.missing > 0) return EXIT.damaged
  return counts.unreadable > 0 || commit === undefined ? EXIT.trouble : EXIT.ok
}

function isPlainlyGood({ status, note }: FileVerification): boolean {
  return status === 'ok' && note === undefined
}

function describe({ name, parent, status, error, note }: FileVerification): string {
  const label = status === 'unchecked' ? 'not checked' : status
  const where = parent === undefined ? name : `${parent} > ${name}`
  const why = [error?.message, note].filter((text) => text !== undefined).join('; ')
  return `${label.padEnd(11)}  ${printable(where)}${why === '' ? '' : `: ${printable(why)}`}\n`
}

function summarize(directory: FSDirectory, outcome: IndexVerification, milliseconds: number): string {
  const { commit, segmentsFile, counts, bytes } = outcome
  const lines = [
    commit !== undefined
      ? `${commit.fileName} of Lucene ${commit.luceneVersion}, ${plural(commit.segments.length, 'segment')}: ${printable(directory.path)}`
      : segmentsFile !== undefined
        ? `${segmentsFile} cannot be read, so that nothing tells which files are needed: ${printable(directory.path)}`
        : `No segments_N file, so that nothing tells which files are needed: ${printable(directory.path)}`,
    [
      `${counts.ok} good`,
      `${counts.damaged} damaged`,
      `${counts.missing} missing`,
      ...(counts.unreadable > 0 ? [`${counts.unreadable} unreadable`] : []),
      ...(counts.unchecked > 0 ? [`${counts.unchecked} not checked`] : []),
    ].join(', '),
    `${formatBytes(bytes)} in ${formatDuration(milliseconds)}, ${formatThroughput(bytes, milliseconds)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** Every property is always there, null where there is nothing to say. */
function toJson(
  directory: FSDirectory,
  kind: DirectoryKind,
  files: readonly FileVerification[],
  { commit, segmentsFile, counts, bytes }: IndexVerification,
  milliseconds: number,
  code: number,
): object {
  return {
    directory: directory.path,
    reader: kind,
    ok: code === EXIT.ok,
    segmentsFile: segmentsFile ?? null,
    commit:
      commit === undefined
        ? null
        : {
            generation: commit.generation,
            id: idToString(commit.id),
            luceneVersion: commit.luceneVersion,
            segments: commit.segments.map(({ name }) => name),
          },
    files: files.map(fileToJson),
    counts,
    bytes,
    milliseconds,
  }
}

function fileToJson(file: FileVerification): object {
  const { id, checksum, error } = file
  return {
    name: file.name,
    parent: file.parent ?? null,
    length: file.length ?? null,
    status: file.status,
    codec: file.codec ?? null,
    version: file.version ?? null,
    id: id === undefined ? null : idToString(id),
    suffix: file.suffix ?? null,
    checksum: checksum === undefined ? null : checksum.toString(16).padStart(8, '0'),
    error: error === undefined ? null : { code: error.code, message: error.message },
    note: file.note ?? null,
  }
}
