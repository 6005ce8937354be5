// A file of a TiB, most of it a hole: how it is mapped, and whether its far end is slower.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { SPAN } from '../cases.mjs'
import { inTurns, least, middle, rows, shown } from './samples.mjs'

const NAME = 'sparse.bin'
const PLACES = 2000
const READS = ['readByte', 'readInt', 'readSafeLong', 'seek + readInt']

/** The default is 34. Each chunk takes a call of mmap, so that a million of them take seconds. */
const CHUNK_POWERS = [40, 34, 28, 22]

/** Bytes at both ends: values of six bytes in eight, none of them 0. */
function makeFile(folder, length, span) {
  mkdirSync(folder)
  const fd = openSync(join(folder, NAME), 'wx')
  try {
    ftruncateSync(fd, length)
    const bytes = new Uint8Array(span)
    for (let i = 0; i < span; i++) bytes[i] = i % 8 < 6 ? 1 + ((i * 7919) % 255) : 0
    for (const position of [0, length - span]) writeSync(fd, bytes, 0, span, position)
  } finally {
    closeSync(fd)
  }
}

export async function sparseFile({ folder, length, milliseconds, rounds }) {
  const path = join(folder, 'sparse')
  const span = Math.min(SPAN, length)
  try {
    makeFile(path, length, span)
  } catch ({ message }) {
    return { length, shapes: [], speeds: [], skipped: [`a sparse file: skipped: ${message}`] }
  }
  const shape = (name, kind, power) => ({
    name,
    program: 'sparse-file-process',
    args: ['shape', kind, power, path, NAME, PLACES],
  })
  const shapes = await inTurns(
    [
      ...CHUNK_POWERS.map((power) => shape(`MMapDirectory, chunks of 2^${power}`, 'mmap', power)),
      shape('FSDirectory', 'fs', 0),
    ],
    1,
  )
  const speeds = await inTurns(
    ['mmap', 'fs'].flatMap((kind) =>
      READS.flatMap((read) =>
        [0, length - span].map((start) => ({
          name: `${kind === 'mmap' ? 'MMapDirectory' : 'FSDirectory'}: ${read}`,
          start,
          program: 'sparse-file-process',
          args: ['speed', kind, 34, path, NAME, read, start, milliseconds],
        })),
      ),
    ),
    rounds,
  )
  return { length, shapes, speeds, skipped: [] }
}

export function sparseFileTables({ length, shapes, speeds }) {
  if (shapes.length === 0) return []
  const shapeHead = [
    '',
    'open, µs',
    'first read, at the end, µs',
    'close, µs',
    'kernel mappings',
    `${PLACES} reads all over, µs each`,
    'windows then',
    'page tables, KiB',
    'heap, KiB',
  ]
  const shapeRows = rows(shapes, (result) => [
    ...['open', 'read', 'close'].map((name) => shown(least(result, ({ best }) => best[name]))),
    shown(middle(result, ({ opened }) => opened.mappings)),
    shown(least(result, ({ everywhere }) => everywhere)),
    shown(middle(result, ({ after }) => after.windows)),
    shown(middle(result, ({ after }) => after.pageTables) / 1024),
    shown(middle(result, ({ after }) => after.heap) / 1024),
  ])
  const ends = speeds.filter(({ start }) => start > 0)
  const speedRows = rows(ends, (end) => {
    const start = speeds.find((one) => one.name === end.name && one.start === 0)
    const [atStart, atEnd] = [start, end].map((one) => least(one, ({ best }) => best))
    return [shown(atStart), shown(atEnd), `${shown(atEnd / atStart)}×`]
  })
  const title = `A sparse file of ${length} bytes`
  return [
    { title: `${title} (READ)`, rows: [shapeHead, ...shapeRows] },
    {
      title: `${title}: its first and its last 16 MiB, seeks within 256 KiB (best of the rounds)`,
      rows: [['', 'at the start, ns', 'at the end, ns', ''], ...speedRows],
    },
  ]
}
