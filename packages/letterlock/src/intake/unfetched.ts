import type { DeliveryVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'
import type { UnfetchedInput } from './intake.ts'
import { sha256 } from './sha256.ts'

/** Puts a delivery whose bytes cannot be had into quarantine, durably. A second time it is the same entry. */
export async function quarantineUnfetched(
  store: IntakeStore,
  tenant: number,
  input: UnfetchedInput,
): Promise<DeliveryVerdict> {
  const { name, channel, receivedAt, size, code, reason } = input
  // There are no bytes to hash: where the delivery is has to stand for it.
  const hash = sha256(`unfetched\n${channel}\n${name}`)
  const steps: readonly IntakeOp[] = [
    { op: 'delivery', tenant, channel, name, receivedAt, hash, headers: null, envelopeFrom: null },
    { op: 'quarantine', path: name, code, reason },
    { op: 'end', hash, size },
  ]
  const [verdict] = await store.writeMany([steps])
  if (verdict === undefined) throw new Error('the delivery got no verdict')
  if (verdict.documents.some(document => document.verdict === 'failed'))
    throw new Error('the store could not take the entry')
  return verdict
}
