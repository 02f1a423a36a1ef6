import type { SqlRow, SqlValue } from './session.ts'
import { allRows, type StatementCache } from './sqlite.ts'
import type { PackedRows, QueryMessage } from './thread-messages.ts'

/** Runs a query in a thread of SQLite. */
export function runQuery(statements: StatementCache, message: QueryMessage): PackedRows {
  const { sql, parameters, givesRows } = message
  const statement = statements.get(sql)
  if (givesRows) return packed(allRows(statement, parameters))
  const { changes, lastInsertRowid } = statement.run(...parameters)
  return { columns: [], values: [], changes: Number(changes), insertId: Number(lastInsertRowid) }
}

function packed(rows: readonly SqlRow[]): PackedRows {
  const columns = Object.keys(rows[0] ?? {})
  const values: SqlValue[] = []
  for (const row of rows) for (const column of columns) values.push(row[column] ?? null)
  return { columns, values, changes: 0, insertId: 0 }
}

export function unpacked({ columns, values }: PackedRows): Record<string, SqlValue>[] {
  const rows: Record<string, SqlValue>[] = []
  for (let at = 0; at < values.length; at += columns.length) {
    const row: Record<string, SqlValue> = {}
    columns.forEach((column, place) => {
      row[column] = values[at + place] ?? null
    })
    rows.push(row)
  }
  return rows
}
