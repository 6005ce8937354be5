const line = (cells) => `| ${cells.join(' | ')} |`

/** A table for the terminal and for a page: names to the left, numbers to the right. */
export function markdown(table) {
  const columns = table[0].length
  const rows = table.map((row) => Array.from({ length: columns }, (_, column) => row[column] ?? ''))
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length), 3))
  const [head, ...body] = rows.map((row) =>
    line(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))),
  )
  const rule = line(
    widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  )
  return [head, rule, ...body].join('\n')
}
