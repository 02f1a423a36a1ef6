import { onlyTenant, type Store } from '../store/store.ts'
import type { Intake } from './intake.ts'

/** What became of reading one report again. */
export type ReparseResult =
  | { readonly kind: 'reparsed'; readonly rows: number }
  /** Its bytes are not kept: a failure report while failure reports are off, or removed by retention. */
  | { readonly kind: 'no-bytes' }
  /** What is kept of it cannot be read as this report any more; the store has it as before. */
  | { readonly kind: 'unreadable'; readonly text: string }

/** Reads one report again from the bytes that are kept of its deliveries, and rewrites its rows. */
export async function reparseReport(store: Store, intake: Intake, report: number): Promise<ReparseResult> {
  const places = await store.read
    .selectFrom('delivery_report as place')
    .innerJoin('report', 'report.id', 'place.report')
    .innerJoin('delivery', 'delivery.id', 'place.delivery')
    .select([
      'place.delivery',
      'place.path',
      'report.hash',
      'delivery.name',
      'delivery.received_at',
      'delivery.bytes_of',
    ])
    .where('place.tenant', '=', onlyTenant)
    .where('place.report', '=', report)
    .orderBy('place.delivery')
    .execute()
  for (const place of places) {
    const bytes = await store.deliveryBytes(place.bytes_of ?? place.delivery)
    if (bytes === null) continue
    try {
      const rows = await intake.reparse({
        report,
        path: place.path,
        hash: place.hash,
        name: place.name,
        receivedAt: place.received_at,
        stream: bytes.chunks,
      })
      return { kind: 'reparsed', rows }
    } catch (error) {
      return { kind: 'unreadable', text: error instanceof Error ? error.message : String(error) }
    }
  }
  return { kind: 'no-bytes' }
}
