import { domainToASCII } from 'node:url'
import type { AddDomainBody, ChangeDomainBody, DomainEntry } from '@letterlock/contract'
import type { Kysely } from 'kysely'
import type { Database, DomainType } from '../../store/schema.ts'
import { onlyTenant } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import { readTags } from '../../views/domain-rows.ts'
import { ProblemError } from '../problem.ts'

const nameForm = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+$/

/** A domain as a person types it, in lower case as A-labels without a final dot. */
function domainName(typed: string): string {
  const bare = typed.trim().replace(/\.$/, '').toLowerCase()
  const name = /^[\x20-\x7e]*$/.test(bare) ? bare : domainToASCII(bare)
  if (name.length > 253 || !nameForm.test(name))
    throw new ProblemError('invalid-request', 'That is no domain name.', [
      { where: 'body.name', text: 'must be a domain name, such as example.org' },
    ])
  return name
}

export async function domainIdOf(db: Kysely<Database>, name: string): Promise<number | null> {
  const row = await db
    .selectFrom('domain')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.id ?? null
}

async function domainEntry(db: Kysely<Database>, name: string): Promise<DomainEntry | null> {
  const row = await db
    .selectFrom('domain')
    .select(['name', 'type', 'tags', 'is_tracked'])
    .where('tenant', '=', onlyTenant)
    .where('name', '=', name)
    .executeTakeFirst()
  if (row === undefined) return null
  return { name: row.name, type: row.type, tags: [...readTags(row.tags)], isTracked: row.is_tracked === 1 }
}

/** Adds a domain, or keeps one that a report mentioned. */
export async function addDomain(
  store: Store,
  body: AddDomainBody,
  now: number,
): Promise<{ readonly entry: DomainEntry; readonly isNew: boolean }> {
  const name = domainName(body.name)
  return await store.write.transaction().execute(async transaction => {
    const known = await domainEntry(transaction, name)
    const type: DomainType = body.type ?? known?.type ?? 'unknown'
    const tags = distinct(body.tags ?? known?.tags ?? [])
    const row = { is_tracked: 1, type, tags: JSON.stringify(tags) }
    await transaction
      .insertInto('domain')
      .values({ tenant: onlyTenant, name, added_at: now, ...row })
      .onConflict(conflict => conflict.columns(['tenant', 'name']).doUpdateSet(row))
      .execute()
    return { entry: { name, type, tags, isTracked: true }, isNew: known === null }
  })
}

/** Changes what a person says of a domain; null where it is not known. */
export async function changeDomain(store: Store, name: string, body: ChangeDomainBody): Promise<DomainEntry | null> {
  return await store.write.transaction().execute(async transaction => {
    const known = await domainEntry(transaction, name)
    if (known === null) return null
    const entry: DomainEntry = {
      name,
      type: body.type ?? known.type,
      tags: distinct(body.tags ?? known.tags),
      isTracked: body.isTracked ?? known.isTracked,
    }
    await transaction
      .updateTable('domain')
      .set({ type: entry.type, tags: JSON.stringify(entry.tags), is_tracked: entry.isTracked ? 1 : 0 })
      .where('tenant', '=', onlyTenant)
      .where('name', '=', name)
      .execute()
    return entry
  })
}

function distinct(tags: readonly string[]): string[] {
  return [...new Set(tags.map(tag => tag.trim()))].sort()
}
