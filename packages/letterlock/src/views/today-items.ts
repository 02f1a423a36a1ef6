import type { Claim, Link, SenderName, Sentence, TodayAnswer } from '@letterlock/contract'
import { authenticationClasses, rollupDispositions } from '@letterlock/posture'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { type Contribution, counted, numberText, reportedBy, said } from './claim.ts'
import { isSilent, type ReportDays } from './coverage.ts'
import { domainNames, type ReporterName } from './dictionary.ts'
import type { ViewContext } from './envelope.ts'
import { decisionAt } from './outcome-counts.ts'
import { inIds, inScope } from './scope.ts'
import { firstStep } from './sender-fix.ts'
import { alignedShare } from './sender-list.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { dayText } from './time.ts'
import { type HostFailures, hostsClaim, isFailing, leadingType } from './tls-matrix.ts'
import { resultWords } from './tls-words.ts'
import type { DomainSums } from './today.ts'

type Item = TodayAnswer['data']['items'][number]

/** An undecided sender asks for a decision from this share of its domain's messages on; the rest is on Senders. */
export const undecidedShare = 0.005

/** Items of one kind that are listed: more than this is work of another day. */
export const itemsOfKindLimit = 10

interface FailingSender {
  readonly domain: number
  readonly sender: number
  readonly decision: string | null
  /** Messages that neither align nor are unknown; of the owner's senders also those that align. */
  readonly messages: number
  readonly aligned: number
  readonly refused: number
  /** First and last day with a message that fails. */
  readonly first: number
  readonly last: number
}

/** Share of the messages with a known verdict that fail. */
function failingShare({ messages, aligned }: FailingSender): number {
  return messages / (messages + aligned)
}

/**
 * Senders of the owner of which more fails than an aligned sender may have (`alignedShare`: the rest is forwarding),
 * and undecided senders whose mail does not align.
 */
export async function senderItems(
  context: ViewContext,
  input: { readonly sums: ReadonlyMap<number, DomainSums>; readonly reporters: ReadonlyMap<number, ReporterName> },
): Promise<Item[]> {
  const found = await failingSenders(context)
  const broken = found
    .filter(row => decisionAt(row.decision) === 'mine' && failingShare(row) > 1 - alignedShare)
    .slice(0, itemsOfKindLimit)
  const undecided = found
    .filter(row => decisionAt(row.decision) === 'undecided')
    .filter(row => row.messages >= undecidedShare * (input.sums.get(row.domain)?.messages ?? 0))
    .slice(0, itemsOfKindLimit)
  const shown = [...broken, ...undecided]
  const [senders, domains, contributions] = await Promise.all([
    senderNames(
      context,
      shown.map(row => row.sender),
    ),
    domainNames(
      context.db,
      shown.map(row => row.domain),
    ),
    contributionsOf(context, shown),
  ])
  return shown.map(row => {
    const sender = senders.get(row.sender) ?? unknownSender
    const domain = domains.get(row.domain) ?? ''
    const all = contributions.get(`${row.domain} ${row.sender}`) ?? []
    const claim = reportedBy(all, {
      names: input.reporters,
      unit: ['message', 'messages'],
      linkTo: reporter => rowsLink(domain, sender.key, { reporter: [reporter] }),
    })
    const words = { sender, domain, claim }
    return decisionAt(row.decision) === 'mine'
      ? brokenItem(row, { ...words, catalogue: context.catalogue })
      : undecidedItem(row, words)
  })
}

/** Codes of classes that neither align nor are unknown. */
const failingCodes = authenticationClasses.flatMap((name, code) =>
  name === 'unknown' || name === 'aligned' ? [] : [code],
)

/** Codes of dispositions that keep mail from the inbox. */
const refusedCodes = [rollupDispositions.indexOf('quarantine'), rollupDispositions.indexOf('reject')]

/** Rows are read in this number; decided strangers among them are passed over. */
const failingSendersRead = 500

async function failingSenders({ db, scope }: ViewContext): Promise<readonly FailingSender[]> {
  const isRefused = inIds('r.disposition', refusedCodes)
  // The decision is looked for once for each sender, not for each cell.
  const sums = db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender'])
    .select([
      sql<number>`sum(r.messages)`.as('messages'),
      sql<number>`sum(case when ${isRefused} then r.messages else 0 end)`.as('refused'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .where(inIds('r.authentication', failingCodes))
    .groupBy(['r.domain', 'r.sender'])
  const found = await db
    .selectFrom(sums.as('s'))
    .leftJoin('decision as d', join =>
      join.on('d.tenant', '=', onlyTenant).onRef('d.domain', '=', 's.domain').onRef('d.sender', '=', 's.sender'),
    )
    .select(['s.domain', 's.sender', 'd.decision', 's.messages', 's.refused', 's.first', 's.last'])
    .where(eb => eb.or([eb('d.decision', 'is', null), eb('d.decision', 'in', ['mine', 'undecided'])]))
    .orderBy('s.messages', 'desc')
    .limit(failingSendersRead)
    .execute()
  const own = found.filter(row => decisionAt(row.decision) === 'mine').map(row => row.sender)
  const aligned = await alignedMessages({ db, scope }, own)
  return found.map(row => ({ ...row, aligned: aligned.get(`${row.domain} ${row.sender}`) ?? 0 }))
}

async function alignedMessages(
  { db, scope }: Pick<ViewContext, 'db' | 'scope'>,
  senders: readonly number[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .where('r.authentication', '=', sql.lit(authenticationClasses.indexOf('aligned')))
    .where(inIds('r.sender', senders))
    .groupBy(['r.domain', 'r.sender'])
    .execute()
  return new Map(rows.map(row => [`${row.domain} ${row.sender}`, row.messages]))
}

/** Failing messages of each sender by reporter, under its domain and sender. */
async function contributionsOf(
  { db, scope }: ViewContext,
  shown: readonly FailingSender[],
): Promise<ReadonlyMap<string, readonly Contribution[]>> {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender', 'r.reporter', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .where(inIds('r.authentication', failingCodes))
    .where(
      inIds(
        'r.sender',
        shown.map(row => row.sender),
      ),
    )
    .groupBy(['r.domain', 'r.sender', 'r.reporter'])
    .execute()
  const found = new Map<string, Contribution[]>()
  for (const { domain, sender, reporter, messages } of rows) {
    const key = `${domain} ${sender}`
    const entry = found.get(key) ?? []
    found.set(key, entry)
    entry.push({ reporter, count: messages })
  }
  return found
}

const failingOutcomes = ['broken', 'unauthenticated', 'third-party', 'forwarded']

function rowsLink(domain: string, sender: string, more: Link['query'] = {}): Link {
  return { screen: 'rows', id: null, query: { domain: [domain], sender: [sender], outcome: failingOutcomes, ...more } }
}

interface SenderWords {
  readonly sender: SenderName
  readonly domain: string
  /** Who says that the messages fail. */
  readonly claim: Claim
}

function brokenItem(row: FailingSender, words: SenderWords & Pick<ViewContext, 'catalogue'>): Item {
  const { sender, domain, claim } = words
  const { key, name } = sender
  const part = row.aligned === 0 ? 'nothing aligns' : `${percent(failingShare(row))} does not align`
  return {
    id: `sender-broken:${domain}:${key}`,
    kind: 'sender-broken',
    severity: 'high',
    domain,
    title: `${name} sends as ${domain}, ${part}`,
    what: failingSentence(row, key, domain),
    claim,
    next: {
      ...firstStep(words.catalogue, { key, name, domain }),
      link: { screen: 'sender', id: key, query: { domain: [domain] } },
    },
    doneWhen: 'A report day after the change has mail of this sender and all of it aligns.',
    decide: null,
    count: row.messages,
  }
}

/** A share in a title. */
function percent(share: number): string {
  return share < 0.1 ? `${(share * 100).toFixed(1)} %` : `${Math.round(share * 100)} %`
}

function failingSentence(row: FailingSender, sender: string, domain: string): Sentence {
  const sentence: Sentence = [
    { text: numberText(row.messages), link: rowsLink(domain, sender) },
    {
      text: ` ${row.messages === 1 ? 'message' : 'messages'} since ${dayText(row.first)} did not align`,
      link: null,
    },
  ]
  if (row.refused === 0) return [...sentence, { text: '.', link: null }]
  return [
    ...sentence,
    { text: '; receivers report quarantine or reject for ', link: null },
    {
      text: numberText(row.refused),
      link: rowsLink(domain, sender, { disposition: ['quarantine', 'reject'] }),
    },
    { text: ' of them.', link: null },
  ]
}

function undecidedItem(row: FailingSender, { sender, domain, claim: by }: SenderWords): Item {
  const { key, name, claim, mayBeOwn } = sender
  return {
    id: `sender-undecided:${domain}:${key}`,
    kind: 'sender-undecided',
    severity: 'decide',
    domain,
    title: mayBeOwn ? `Is ${name} yours?` : `Sources without a proven name send as ${domain}: ${name}`,
    what: [...failingSentence(row, key, domain), { text: ' Undecided senders hold the next policy step.', link: null }],
    // The name is inferred; that the mail fails was reported.
    claim: { ...claim, from: [...claim.from, ...by.from] },
    next: {
      text: mayBeOwn
        ? 'Decide: mine, expected forwarding, or not mine.'
        : 'Decide: expected forwarding, or not mine. If a server of yours is among them, let it sign with DKIM: then it has a name.',
      literals: [],
      link: { screen: 'sender', id: key, query: { domain: [domain] } },
    },
    doneWhen: 'A decision is recorded.',
    decide: { sender: key, domain, mayBeOwn },
    count: row.messages,
  }
}

/** Hosts that still fail, by the newest TLS reports of their domain. */
export function tlsItems(
  hosts: readonly HostFailures[],
  newest: ReadonlyMap<number, number>,
  reporters: ReadonlyMap<number, ReporterName>,
): Item[] {
  return hosts
    .filter(host => isFailing(host, newest.get(host.domainId) ?? host.last))
    .slice(0, itemsOfKindLimit)
    .map(host => {
      const type = leadingType(host, newest.get(host.domainId) ?? host.last)
      const { what, next, doneWhen } = resultWords(type)
      const cell = host.cells.find(one => one.type === type)
      const sessions = cell?.sessions ?? host.sessions
      const query = { domain: [host.domain], mx: [host.mx ?? ''], result_type: [type] }
      const link: Link = { screen: 'tls-failures', id: null, query }
      return {
        id: `tls-failing:${host.domain}:${host.mx ?? ''}:${type}`,
        kind: 'tls-failing',
        severity: 'medium',
        domain: host.domain,
        title: `${host.mx ?? host.domain} ${what}`,
        what: [
          { text: numberText(sessions), link },
          {
            text: ` failed ${sessions === 1 ? 'session' : 'sessions'} from ${counted(
              cell?.by.length ?? 1,
              'reporter',
              'reporters',
            )}, newest ${dayText(cell?.last ?? host.last)}. Senders that enforce do not deliver to it.`,
            link: null,
          },
        ],
        claim: hostsClaim([host], reporters, [type]),
        next: { text: next, literals: [], link: { screen: 'tls', id: null, query: { domain: [host.domain] } } },
        doneWhen,
        decide: null,
        count: sessions,
      }
    })
}

/** Reporters that used to report and stopped: silence is not zero. */
export function silenceItems(days: ReportDays, nameOf: (reporter: number) => ReporterName): Item[] {
  const { newest } = days
  if (newest === null) return []
  return days.reporters
    .filter(reporter => isSilent(reporter, newest))
    .sort((a, b) => b.reports - a.reports)
    .slice(0, itemsOfKindLimit)
    .map(reporter => {
      const { key, name } = nameOf(reporter.id)
      const behind = newest - reporter.newest
      const link: Link = { screen: 'reports', id: null, query: { reporter: [key] } }
      return {
        id: `reporter-silent:${key}`,
        kind: 'reporter-silent',
        severity: 'medium',
        domain: null,
        title: `No reports for ${counted(behind, 'day', 'days')} from ${name}`,
        what: [
          { text: `It reported on ${counted(reporter.days.size, 'day', 'days')}, the newest `, link: null },
          { text: dayText(reporter.newest), link },
          { text: '. What it sees since is unknown, not zero.', link: null },
        ],
        claim: {
          level: 'derived',
          text: 'derived from report days',
          from: [
            [
              { text: `${name}: `, link: null },
              { text: counted(reporter.reports, 'report', 'reports'), link },
              {
                text: ` on ${counted(reporter.days.size, 'day', 'days')}, newest ${dayText(reporter.newest)}`,
                link: null,
              },
            ],
            said(`Newest report day of all reporters: ${dayText(newest)}`),
          ],
          rule: 'silence',
        },
        next: {
          text: 'See that its mail reaches the address of rua, and that no filter takes it. Reports come up to 3 days late.',
          literals: [],
          link: { screen: 'sources', id: null, query: {} },
        },
        doneWhen: `A report of ${name} with a newer day is here.`,
        decide: null,
        count: behind,
      }
    })
}

/** What could not be read waits for a person. */
export function quarantineItem(entries: number): Item[] {
  if (entries === 0) return []
  return [
    {
      id: 'quarantine',
      kind: 'quarantine',
      severity: 'medium',
      domain: null,
      title: `${counted(entries, 'document', 'documents')} could not be read`,
      what: [
        { text: numberText(entries), link: { screen: 'quarantine', id: null, query: {} } },
        { text: ` ${entries === 1 ? 'is' : 'are'} in quarantine and counted nowhere.`, link: null },
      ],
      claim: { level: 'observed', text: 'observed', from: [said('The bytes as they were delivered.')], rule: null },
      next: {
        text: 'Read the reason of each, try it again or remove it.',
        literals: [],
        link: { screen: 'quarantine', id: null, query: {} },
      },
      doneWhen: 'Quarantine is empty.',
      decide: null,
      count: entries,
    },
  ]
}

/** Whether every message aligns, or comes from senders that are not the owner's. */
export function isDomainAligned(sums: DomainSums): boolean {
  return sums.aligned > 0 && sums.openFailing === 0
}

/** Domains at none without open failures: a hint. Advice needs gates that are not part of this version. */
export function stuckItems(domains: readonly { readonly domain: string; readonly messages: number }[]): Item[] {
  return domains.slice(0, itemsOfKindLimit).map(({ domain, messages }) => ({
    id: `stuck-at-none:${domain}`,
    kind: 'stuck-at-none',
    severity: 'hint',
    domain,
    title: `${domain} is at none, and no mail of yours fails`,
    what: [
      { text: numberText(messages), link: messagesLink(domain) },
      {
        text: ` ${messages === 1 ? 'message' : 'messages'} in the period: none of your senders and no undecided one fails. Mail that receivers do not report is not covered.`,
        link: null,
      },
    ],
    claim: {
      level: 'derived',
      text: 'derived from reports and decisions',
      from: [
        [
          { text: counted(messages, 'message', 'messages'), link: messagesLink(domain) },
          { text: ' reported in the period', link: null },
        ],
        said('The newest record that reports show'),
        said('Your decisions about its senders'),
      ],
      rule: 'stuck-at-none',
    },
    next: {
      text: 'Look at its senders. Whether the policy can be raised is not judged by this version.',
      literals: [],
      link: { screen: 'domain', id: domain, query: {} },
    },
    doneWhen: 'Reports show another policy.',
    decide: null,
    count: messages,
  }))
}

function messagesLink(domain: string): Link {
  return { screen: 'rows', id: null, query: { domain: [domain] } }
}
