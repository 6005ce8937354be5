import { describe, expect, it } from 'vitest'

import {
  bar,
  formatBytes,
  formatCount,
  formatDuration,
  formatThroughput,
  plural,
  printable,
  table,
  truncate,
} from '../../src/cli/format.js'
import type { Io } from '../../src/cli/io.js'
import { ProgressLine } from '../../src/cli/progress-line.js'
import { run as verify } from '../../src/cli/verify.js'
import { COMPOUND } from '../support/lucene-indexes.js'

/** What a command printed. */
function recorder(stderrIsTTY: boolean): { io: Io; out: string[]; err: string[] } {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    isTTY: false,
    stderrIsTTY,
    columns: 60,
  }
  return { io, out, err }
}

describe('format', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [10 * 1024, '10 KiB'],
    [1024 ** 3 * 1.5, '1.5 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
  ])('%i bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('numbers, times and rates', () => {
    expect(formatCount(1_234_567)).toBe('1 234 567')
    expect([plural(1, 'file'), plural(0, 'file'), plural(2, 'entry', 'entries')]).toEqual([
      '1 file',
      '0 files',
      '2 entries',
    ])
    expect([12.4, 1500, 12_000, 187_000].map(formatDuration)).toEqual([
      '12 ms',
      '1.5 s',
      '12 s',
      '3 min 07 s',
    ])
    expect(formatThroughput(5e6, 1000)).toBe('5.0 MB/s')
    expect(formatThroughput(5e8, 0)).toMatch(/^\d+ MB\/s$/)
  })

  it('bars', () => {
    expect(bar(0, 4)).toBe('░░░░')
    expect(bar(1, 4)).toBe('████')
    expect(bar(0.5, 4)).toBe('██░░')
    expect(bar(0.53, 4)).toBe('██▏░')
    expect([bar(-1, 3), bar(7, 3)]).toEqual(['░░░', '███'])
  })

  it('tables', () => {
    const columns = [{ title: 'A' }, { title: 'N', align: 'right' }] as const
    expect(
      table(columns, [
        ['x\u0007', '1'],
        ['y', '200'],
      ]),
    ).toBe('A          N\nx\\u0007    1\ny        200\n')
    expect(table(columns, [['abcdef', '1']], 5)).toBe('A   …\nabcd…\n')
    expect(truncate('abc', 3)).toBe('abc')
    expect(printable('a\u202eb\u2028')).toBe('a\\u202eb\\u2028')
  })
})

describe('progress', () => {
  it('is one line that is taken away again', () => {
    const { io, err } = recorder(true)
    const line = new ProgressLine(io)
    line.update('_0.cfs', 50, 100)
    line.update('_1.cfs', 60, 100)
    expect(err).toHaveLength(1)
    expect(err[0]).toMatch(/^\r█+░+ {2}50% .*_0\.cfs/)
    line.clear()
    line.clear()
    expect(err.slice(1)).toEqual(['\r\u001b[K'])
  })

  it('never shows where nobody looks', () => {
    const { io, err } = recorder(false)
    const line = new ProgressLine(io)
    line.update('_0.cfs', 50, 100)
    line.clear()
    expect(err).toEqual([])
  })

  it('goes to stderr and leaves nothing behind', async () => {
    const { io, out, err } = recorder(true)
    expect(await verify(['--json', COMPOUND.path], io)).toBe(0)
    expect(out).toHaveLength(1)
    expect(JSON.parse(out[0]!)).toMatchObject({ ok: true })
    expect(err.length).toBeGreaterThanOrEqual(2)
    expect(err.at(-1)).toBe('\r\u001b[K')
  })
})
