import type { Claim, SenderName } from '@letterlock/contract'
import { type Catalogue, type SenderKey, senderLabel } from '@letterlock/posture'
import type { Kysely } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { inIds } from './scope.ts'

export interface StoredSender {
  readonly id: number
  readonly key: string
  readonly basis: string
  readonly basis_value: string | null
}

export const unknownSender: StoredSender = { id: 0, key: 'ip:unknown', basis: 'none', basis_value: null }

/** Senders by id. */
export async function sendersById(
  db: Kysely<Database>,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, StoredSender>> {
  const rows = await db
    .selectFrom('sender')
    .select(['id', 'key', 'basis', 'basis_value'])
    .where('tenant', '=', onlyTenant)
    .where(inIds('sender.id', [...new Set(ids)]))
    .execute()
  return new Map(rows.map(row => [row.id, row]))
}

/** What a name was read from, in words. */
const basisTexts: Readonly<Record<string, string>> = {
  'dkim-domain': 'DKIM domain',
  'dkim-selector': 'DKIM selector',
  'envelope-domain': 'envelope domain',
  ptr: 'PTR name',
  asn: 'network',
  address: 'address',
  none: 'nothing',
}

const bases: ReadonlySet<string> = new Set(['service', 'dkim', 'envelope', 'ptr', 'as', 'ip'])

/** Keys come from our own attribution; one of another form is shown as it is. */
export function isSenderKey(key: string): key is SenderKey {
  return bases.has(key.slice(0, Math.max(0, key.indexOf(':'))))
}

/** The name that people read, what kind of sender it is, and what the name rests on: always inferred. */
export function senderName(sender: StoredSender, catalogue: Catalogue): SenderName {
  const label = isSenderKey(sender.key) ? senderLabel(sender.key, catalogue) : null
  return {
    key: sender.key,
    name: label?.name ?? sender.key,
    kind: label?.category ?? basisTexts[sender.basis] ?? sender.basis,
    claim: nameClaim(sender),
  }
}

function nameClaim({ basis, basis_value }: StoredSender): Claim {
  return {
    level: 'inferred',
    text: `inferred from ${basisTexts[basis] ?? basis}`,
    from: basis_value === null ? [] : [basis_value],
    rule: null,
  }
}
