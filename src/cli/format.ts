/** How values are shown to people. */

export interface Column {
  readonly title: string
  /** 'left' by default. */
  readonly align?: 'left' | 'right'
}

/**
 * Rows under their titles, as lines that end in a line break. A line that is longer than `columns`
 * is cut; Infinity (the default) cuts none. Cells are made printable.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width = Infinity) {
  const cells = rows.map((row) => row.map(printable))
  const widths = columns.map(({ title }, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), title.length),
  )
  const line = (row: readonly string[]) => {
    const padded = columns.map(({ align = 'left' }, i) => {
      const cell = row[i] ?? ''
      return align === 'left' ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    })
    return `${truncate(padded.join('  ').trimEnd(), width)}\n`
  }
  return [columns.map(({ title }) => title), ...cells].map(line).join('')
}

/** Bytes in the largest binary unit that leaves at least 1: `1.4 MiB`. */
export function formatBytes(count: number): string {
  if (count < 1024) return `${count} B`
  const power = Math.min(Math.floor(Math.log2(count) / 10), UNITS.length)
  const value = count / 1024 ** power
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[power - 1]}`
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** A whole number with its thousands apart: `1 234 567`. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ' ')
}

/** `1 file`, `2 files`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}

/** Bytes per second in decimal megabytes: `812 MB/s`. */
export function formatThroughput(byteCount: number, milliseconds: number): string {
  const rate = byteCount / 1e6 / (Math.max(milliseconds, 1) / 1000)
  return `${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} MB/s`
}

/** `40 ms`, `1.4 s`, `12 s`, `3 min 07 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${seconds.toFixed(0)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

/** A bar of `width` characters of which `fraction` (0..1) is full. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(fraction, 0), 1) * width * 8)
  const full = '█'.repeat(Math.floor(eighths / 8))
  const part = PARTS[eighths % 8]!
  return (full + part).padEnd(width, '░')
}

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Text without its end where it is longer than `width`. */
export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`
}

/** Text whose control characters are spelt out: file names must not drive the terminal. */
export function printable(text: string): string {
  return text.replace(
    // C0, DEL, C1, the marks that turn writing around, and the line separators.
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
