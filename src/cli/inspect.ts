import { parseArgs } from 'node:util'

import { closeQuietly } from '../fs/close-file.js'
import { openRegularFile } from '../fs/open-file.js'
import { MappedSource } from '../mmap/mapped-source.js'
import { mappingSettings } from '../mmap/mapping-options.js'
import { DEFAULT_WINDOW_POWER, tryMap } from '../mmap/open-mapped.js'
import { nativeAddon } from '../native.js'
import { adviceFor, IOContext } from '../store/io-context.js'
import { bar, formatBytes, formatCount, plural, printable } from './format.js'
import { EXIT, type Io } from './io.js'
import { onlyArgument, oneOf, UsageError } from './usage-error.js'

const HELP = `Usage: mmap-directory inspect FILE [OPTIONS]

Maps a file and shows its length, chunks, windows, read advice, and how much of it is in memory.
Reads nothing of it.

Options:
  --context NAME       what to open it for: default, read, merge or readonce (default: default)
  --chunk-power N      map it in chunks of 2^N bytes, 20..40 (default: 34, on 32-bit systems 28)
  --json               print one JSON document
  --help, -h           show this text

Exit codes:
  0  shown
  2  the command line was not understood, or the file could not be opened
`

const CONTEXTS = {
  default: IOContext.DEFAULT,
  read: IOContext.READ,
  merge: IOContext.merge(),
  readonce: IOContext.READONCE,
} as const

const BAR_WIDTH = 50

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      context: { type: 'string', default: 'default' },
      'chunk-power': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    io.stdout(HELP)
    return EXIT.ok
  }
  const path = onlyArgument('FILE', positionals)
  const names = Object.keys(CONTEXTS) as (keyof typeof CONTEXTS)[]
  const context = CONTEXTS[oneOf('context', names, values.context)]
  const facts = inspect(path, context, chunkPowerOption(values['chunk-power']))
  io.stdout(values.json ? `${JSON.stringify(facts, undefined, 2)}\n` : describe(facts))
  return EXIT.ok
}

function chunkPowerOption(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d+$/.test(value))
    throw new UsageError(`--chunk-power must be a number from 20 to 40, got '${value}'`)
  return Number(value)
}

interface Facts {
  readonly path: string
  readonly length: number
  readonly mapped: boolean
  readonly mapFailure: string | null
  readonly chunks: { readonly count: number; readonly length: number } | null
  readonly windows: { readonly count: number; readonly length: number } | null
  readonly pageSize: number | null
  readonly advice: string
  /** Bytes in memory in all, and in each of up to fifty parts of equal length; null where unknown. */
  readonly resident: {
    readonly bytes: number
    readonly parts: readonly number[]
    readonly partLength: number
  } | null
}

function inspect(path: string, context: IOContext, chunkPower: number | undefined): Facts {
  const settings = mappingSettings('inspect', chunkPower === undefined ? {} : { chunkPower })
  const file = openRegularFile(path, 'normal')
  try {
    const source = tryMap(file, { path, settings, advice: adviceFor(context), adviceOf: adviceFor })
    if (source instanceof MappedSource) {
      try {
        return mappedFacts(path, source, settings.chunkPower)
      } finally {
        source.close()
      }
    }
    return {
      path,
      length: file.stats.size,
      mapped: false,
      mapFailure: source.message,
      chunks: null,
      windows: null,
      pageSize: nativeAddon()?.pageSize ?? null,
      advice: adviceFor(context),
      resident: null,
    }
  } finally {
    closeQuietly(file.fd)
  }
}

function mappedFacts(path: string, source: MappedSource, chunkPower: number): Facts {
  const { length } = source
  const chunkLength = 2 ** chunkPower
  const windowLength = 2 ** Math.min(DEFAULT_WINDOW_POWER, chunkPower)
  const pageSize = nativeAddon()!.pageSize
  return {
    path,
    length,
    mapped: true,
    mapFailure: null,
    chunks: { count: Math.ceil(length / chunkLength), length: chunkLength },
    windows: { count: Math.ceil(length / windowLength), length: windowLength }, // at first
    pageSize,
    advice: source.advice(0, length),
    resident: residency(source, pageSize),
  }
}

function residency(source: MappedSource, pageSize: number): Facts['resident'] {
  const partLength = Math.max(Math.ceil(source.length / BAR_WIDTH / pageSize), 1) * pageSize
  const parts: number[] = []
  for (let at = 0; at < source.length; at += partLength) {
    const bytes = source.residentBytes(at, Math.min(partLength, source.length - at))
    if (bytes === undefined) return null
    parts.push(bytes)
  }
  return { bytes: parts.reduce((sum, bytes) => sum + bytes, 0), parts, partLength }
}

function describe(facts: Facts): string {
  const { length, chunks, windows, pageSize, resident } = facts
  const pages =
    pageSize === null ? '' : `, ${plural(Math.ceil(length / pageSize), 'page')} of ${formatBytes(pageSize)}`
  const lines: [string, string][] = [
    ['file', printable(facts.path)],
    ['length', `${formatCount(length)} bytes (${formatBytes(length)})${pages}`],
    ['mapped', facts.mapped ? 'yes' : `no: ${printable(facts.mapFailure ?? '')}`],
  ]
  if (chunks !== null)
    lines.push(['chunks', `${formatCount(chunks.count)} of up to ${formatBytes(chunks.length)}`])
  if (windows !== null)
    lines.push(['windows', `${formatCount(windows.count)} of up to ${formatBytes(windows.length)}`])
  lines.push(['advice', facts.advice])
  if (resident === null) {
    lines.push(['resident', 'unknown: the system does not tell'])
  } else if (length > 0) {
    const share = resident.bytes / length
    const percent = `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`
    lines.push(['resident', `${formatBytes(resident.bytes)} of ${formatBytes(length)} (${percent})`])
    lines.push(['', residentBar(resident.parts, resident.partLength, length)])
  }
  return lines.map(([name, value]) => `${name.padEnd(10)}${value}\n`).join('')
}

/** One character a part of the file, from start to end: the fuller, the more of it is in memory. */
function residentBar(parts: readonly number[], partLength: number, length: number): string {
  if (parts.length === 1) return bar(parts[0]! / length, BAR_WIDTH)
  const shades = '░▒▓█'
  return parts
    .map((bytes, index) => {
      const share = bytes / Math.min(partLength, length - index * partLength)
      return shades[share === 1 ? 3 : share === 0 ? 0 : share < 0.5 ? 1 : 2]
    })
    .join('')
}
