/*
 * Tables as CSV (RFC 4180) and NDJSON. Columns are paths into the rows of the JSON answer, so that an export has the
 * words of the screen; the first of a list that is empty still has a head.
 */

/** Columns of a table: paths such as `source.ip`. */
export type Columns = readonly string[]

/** Rows in pieces, so that a long table is never whole in memory. */
export type RowPieces = AsyncIterable<readonly object[]>

export type TableFormat = 'csv' | 'ndjson'

const contentTypes = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' } as const

/** The answer with a whole table as a file. */
export function tableResponse(
  format: TableFormat,
  table: { readonly name: string; readonly columns: Columns; readonly rows: RowPieces },
): Response {
  const lines = format === 'csv' ? csvLines(table.columns, table.rows) : ndjsonLines(table.rows)
  return new Response(streamOf(lines), {
    headers: {
      'content-type': contentTypes[format],
      'content-disposition': `attachment; filename="letterlock-${table.name}.${format}"`,
    },
  })
}

/** One piece of rows, for tables that are whole already. */
export async function* onePiece(rows: readonly object[]): AsyncGenerator<readonly object[]> {
  yield rows
}

async function* ndjsonLines(pieces: RowPieces): AsyncGenerator<string> {
  for await (const rows of pieces) yield rows.map(row => `${JSON.stringify(row)}\n`).join('')
}

async function* csvLines(columns: Columns, pieces: RowPieces): AsyncGenerator<string> {
  yield `${columns.map(csvCell).join(',')}\r\n`
  const paths = columns.map(column => column.split('.'))
  for await (const rows of pieces)
    yield rows.map(row => `${paths.map(path => csvCell(valueAt(row, path))).join(',')}\r\n`).join('')
}

function valueAt(row: object, path: readonly string[]): unknown {
  let value: unknown = row
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return null
    value = Object.entries(value).find(([key]) => key === name)?.[1]
  }
  return value
}

/** Beginnings that a spreadsheet reads as a formula (OWASP, CSV injection). */
const formulaStart = /^[=+\-@\t\r]/

/** A cell. Text that would be a formula gets an apostrophe before it; numbers stay numbers. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = textOf(value)
  const safe = formulaStart.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(member => typeof member === 'string')) return value.join(' ')
  return JSON.stringify(value)
}

function streamOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await lines.return(undefined)
    },
  })
}
