import { rollupKeyColumns, type Session } from './session.ts'

/** One day of one domain: what roll-ups are rebuilt by. */
export interface DomainDay {
  readonly tenant: number
  readonly domain: number
  readonly day: number
}

/** The key of a cell, from the columns of a row. */
const keyOfRow = rollupKeyColumns.map(column => (column === 'disposition' ? 'rollup_disposition' : column)).join(', ')

/** Makes the roll-up of a day anew from its rows. */
export async function rebuildRollup(session: Session, { tenant, domain, day }: DomainDay): Promise<void> {
  const place = [tenant, domain, day]
  await session.run('DELETE FROM aggregate_rollup WHERE tenant = ? AND domain = ? AND day = ?', place)
  await session.run(
    `INSERT INTO aggregate_rollup (${rollupKeyColumns.join(', ')}, messages, records)
     SELECT ${keyOfRow}, sum(messages), count(*) FROM aggregate_row
     WHERE tenant = ? AND domain = ? AND day = ? GROUP BY ${keyOfRow}`,
    place,
  )
}
