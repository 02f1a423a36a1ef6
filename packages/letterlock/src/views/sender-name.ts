import type { Claim, SenderName } from '@letterlock/contract'
import { type Catalogue, mayBeOwn, parseSenderKey, type SenderLabel, senderLabel } from '@letterlock/posture'
import type { Kysely } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { said } from './claim.ts'
import { inIds } from './scope.ts'

export interface StoredSender {
  readonly id: number
  readonly key: string
  readonly basis: string
  readonly basis_value: string | null
}

/** Where names come from: what is stored of a sender, a loaded map, the catalogue. */
export interface NameSources {
  readonly db: Kysely<Database>
  readonly catalogue: Catalogue
}

/** Names of senders by id. */
export async function senderNames(
  sources: NameSources,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, SenderName>> {
  const rows = await sources.db
    .selectFrom('sender')
    .select(['id', 'key', 'basis', 'basis_value'])
    .where('tenant', '=', onlyTenant)
    .where(inIds('sender.id', [...new Set(ids)]))
    .execute()
  return namesOf(sources, rows)
}

/** Names of senders that were read already. */
export function namesOf(
  { catalogue }: Pick<NameSources, 'catalogue'>,
  rows: readonly StoredSender[],
): ReadonlyMap<number, SenderName> {
  return new Map(
    rows.map(row => {
      const key = parseSenderKey(row.key)
      return [row.id, senderName(row, key === null ? undefined : senderLabel(key, catalogue))]
    }),
  )
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

/** Categories whose id is not the word that people read. */
const categoryTexts: Readonly<Record<string, string>> = {
  'mailbox-provider': 'mailboxes',
  crm: 'CRM',
  hr: 'HR',
  'developer-tools': 'developer tools',
  'public-sector': 'public sector',
  'security-gateway': 'security gateway',
  'web-host': 'web host',
}

/** The name that people read, what kind of sender it is, and what the name rests on: always inferred. */
function senderName(sender: StoredSender, label: SenderLabel | undefined): SenderName {
  const key = parseSenderKey(sender.key)
  return {
    key: sender.key,
    name: label?.name ?? sender.key,
    kind: kindText(label?.category ?? null) ?? basisTexts[sender.basis] ?? sender.basis,
    mayBeOwn: key !== null && mayBeOwn(key),
    claim: nameClaim(sender),
  }
}

function kindText(category: string | null): string | null {
  return category === null ? null : (categoryTexts[category] ?? category)
}

function nameClaim({ basis, basis_value }: StoredSender): Claim {
  return {
    level: 'inferred',
    text: `inferred from ${basisTexts[basis] ?? basis}`,
    from: basis_value === null ? [] : [said(basis_value)],
    rule: null,
  }
}

/** A sender that is not in the dictionary: rows without one. */
export const unknownSender: SenderName = senderName(
  { id: 0, key: 'ip:unknown', basis: 'none', basis_value: null },
  { name: 'no source address', category: null, from: 'key' },
)
