import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { Kysely } from 'kysely'
import { pieceBytes } from './intake-op.ts'
import { type Database, onlyTenant } from './schema.ts'

const inflate = promisify(inflateRaw)

/** The bytes of a delivery as received, piece by piece as they are asked for; null where they are not kept. */
export async function deliveryBytes(
  read: Kysely<Database>,
  delivery: number,
): Promise<{ readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } | null> {
  const row = await read
    .selectFrom('delivery')
    .select(['size', 'bytes_of', 'has_bytes'])
    .where('tenant', '=', onlyTenant)
    .where('id', '=', delivery)
    .executeTakeFirst()
  if (row === undefined || row.has_bytes === 0) return null
  return { size: row.size, chunks: pieces(read, row.bytes_of ?? delivery) }
}

async function* pieces(read: Kysely<Database>, delivery: number): AsyncGenerator<Uint8Array> {
  for (let after = -1; ; ) {
    const piece = await read
      .selectFrom('delivery_piece')
      .select(['seq', 'bytes'])
      .where('tenant', '=', onlyTenant)
      .where('delivery', '=', delivery)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst()
    if (piece === undefined) return
    yield await inflate(piece.bytes, { maxOutputLength: pieceBytes })
    after = piece.seq
  }
}
