import type { Kysely } from 'kysely'
import type { Intake } from '../intake/intake.ts'
import type { SenderMap } from '../store/attribution.ts'
import { type Database, onlyTenant, type SourceFactsFound, type Store } from '../store/store.ts'
import { demoDomains, demoNetworks } from './cast.ts'
import { demoDecisions } from './decisions.ts'
import { demoMails } from './demo-mails.ts'
import { demoServices } from './services.ts'

const daySeconds = 86400

/** Mails that are given to the intake before the first of them are stored. */
const mailsInFlight = 256

/** The services of the demonstration, for the store that the demonstration is loaded into. */
export const demoSenderMap: SenderMap = { entries: [], hash: 'demonstration', services: demoServices }

export interface DemoInput {
  /** An empty store that was opened with `demoSenderMap`. */
  readonly store: Store
  readonly intake: Intake
  /** Seconds since 1970, UTC: the reports end with the day before. */
  readonly now: number
}

/** Brings the invented reports into the store the way real ones come, then what an owner would have said about them. */
export async function loadDemo({ store, intake, now }: DemoInput): Promise<void> {
  const today = Math.floor(now / daySeconds)
  await ingestMails(intake, today - 1, now)
  await store.storeSourceFacts(await networkFacts(store.read, now))
  await store.write.transaction().execute(async transaction => {
    await describeDomains(transaction)
    await recordDecisions(transaction, today)
  })
}

async function ingestMails(intake: Intake, lastDay: number, now: number): Promise<void> {
  const inFlight = new Set<Promise<unknown>>()
  for (const mail of demoMails(lastDay)) {
    const { name, bytes } = mail
    const receivedAt = Math.min(mail.receivedAt, now)
    const stored = intake.ingestBytes({ name, channel: 'demo', trust: 'outside', bytes, receivedAt })
    const entry = stored.finally(() => inFlight.delete(entry))
    inFlight.add(entry)
    if (inFlight.size >= mailsInFlight) await Promise.race(inFlight)
  }
  await Promise.all(inFlight)
}

/** What look-ups would have found: the addresses are reserved and have no names in DNS. */
async function networkFacts(read: Kysely<Database>, now: number): Promise<SourceFactsFound[]> {
  const sources = await read.selectFrom('source').select(['id', 'ip']).where('tenant', '=', onlyTenant).execute()
  return sources.flatMap(({ id, ip }) => {
    const network = demoNetworks.find(entry => entry.matches.test(ip))
    if (network === undefined) return []
    const { asn, asName, country } = network
    return [{ source: id, ptr: network.ptr?.(ip) ?? null, network: { asn, asName, country }, lookedUpAt: now }]
  })
}

async function describeDomains(write: Kysely<Database>): Promise<void> {
  for (const { name, type, tags } of demoDomains)
    await write
      .updateTable('domain')
      .set({ is_tracked: 1, type, tags: JSON.stringify(tags) })
      .where('tenant', '=', onlyTenant)
      .where('name', '=', name)
      .execute()
}

/** A decision about a sender that sent nothing is left out: there is nothing it could be about. */
async function recordDecisions(write: Kysely<Database>, today: number): Promise<void> {
  const domains = await write.selectFrom('domain').select(['id', 'name']).where('tenant', '=', onlyTenant).execute()
  const senders = await write.selectFrom('sender').select(['id', 'key']).where('tenant', '=', onlyTenant).execute()
  for (const { decision, back, note, ...about } of demoDecisions) {
    const domain = domains.find(entry => entry.name === about.domain)?.id
    const sender = senders.find(entry => entry.key === about.sender)?.id
    if (domain === undefined || sender === undefined) continue
    const decided = { tenant: onlyTenant, domain, sender, decision, decided_at: (today - back) * daySeconds - 30_000 }
    await write.insertInto('decision').values(decided).execute()
    await write
      .insertInto('decision_history')
      .values({ ...decided, note })
      .execute()
  }
}
