import type { SenderAnswer } from '@letterlock/contract'
import { alignmentPaths } from '@letterlock/posture'
import { type DkimResult, evaluations, type Reason, type SpfResult } from '@letterlock/protocols'
import { sql } from 'kysely'
import { readDkimMembers, readSpfMembers } from '../store/value-set.ts'
import { domainNames, membersById, rowNames } from './dictionary.ts'
import type { ViewContext } from './envelope.ts'
import { failureReasons, type ReasonCount } from './failure-reasons.ts'
import { inScope } from './scope.ts'
import type { StoredSender } from './sender-name.ts'

/** Lines of evidence that are shown; a forger may write any number of domains. */
export const evidenceLimit = 50

type Line = SenderAnswer['data']['evidence'][number]

/** What rows of one kind have in common, with their sums. */
export interface EvidenceGroup {
  readonly domain: string
  readonly headerFrom: string
  readonly dkimResults: readonly DkimResult[]
  readonly spfResults: readonly SpfResult[]
  readonly reasons: readonly Reason[]
  readonly dkim: (typeof evaluations)[number]
  readonly spf: (typeof evaluations)[number]
  readonly alignment: (typeof alignmentPaths)[number]
  readonly messages: number
  readonly rows: number
}

export interface SenderEvidence {
  readonly lines: readonly Line[]
  readonly count: number
  readonly reasons: readonly ReasonCount[]
}

/** How the messages of a sender authenticated, and why those that fail do. Reads rows. */
export async function senderEvidence(context: ViewContext, sender: StoredSender): Promise<SenderEvidence> {
  const groups = await evidenceGroups(context, sender.id)
  const isOwn = (name: string, group: EvidenceGroup) =>
    context.organizationalDomain(name) === context.organizationalDomain(group.headerFrom || group.domain)
  const lines = new Map<string, Line>()
  for (const group of groups) {
    const seen = new Set<string>()
    for (const line of [...dkimLines(group, isOwn, sender.key), ...spfLines(group, isOwn, sender.key)]) {
      const key = JSON.stringify([line.method, line.domain, line.selector, line.scope, line.result])
      if (seen.has(key)) continue
      seen.add(key)
      const entry = lines.get(key)
      if (entry === undefined) lines.set(key, line)
      else {
        entry.messages += group.messages
        entry.rows += group.rows
        // A pass that counted for some messages counts.
        if (entry.isAligned !== line.isAligned && line.isAligned !== null)
          entry.isAligned = entry.isAligned || line.isAligned
      }
    }
  }
  const sorted = [...lines.values()].sort((a, b) => b.messages - a.messages || (a.method < b.method ? -1 : 1))
  return {
    lines: sorted.slice(0, evidenceLimit),
    count: sorted.length,
    reasons: failureReasons(groups, isOwn),
  }
}

async function evidenceGroups({ db, scope }: ViewContext, sender: number): Promise<readonly EvidenceGroup[]> {
  const rows = await db
    .selectFrom('aggregate_row as r')
    .select(['r.domain', 'r.header_from', 'r.dkim_set', 'r.spf_set', 'r.reason_set', 'r.dkim', 'r.spf', 'r.alignment'])
    .select([sql<number>`sum(r.messages)`.as('messages'), sql<number>`count(*)`.as('rows')])
    .where(inScope(scope, 'r'))
    .where('r.sender', '=', sender)
    .groupBy(['r.domain', 'r.header_from', 'r.dkim_set', 'r.spf_set', 'r.reason_set', 'r.dkim', 'r.spf', 'r.alignment'])
    .execute()
  const [domains, names, dkim, spf, reasons] = await Promise.all([
    domainNames(db, new Set(rows.map(row => row.domain))),
    rowNames(db, new Set(rows.map(row => row.header_from))),
    membersById(db, 'dkim_set', new Set(rows.map(row => row.dkim_set))),
    membersById(db, 'spf_set', new Set(rows.map(row => row.spf_set))),
    membersById(db, 'reason_set', new Set(rows.map(row => row.reason_set))),
  ])
  return rows.map(row => ({
    domain: domains.get(row.domain) ?? '',
    headerFrom: names.get(row.header_from) ?? '',
    dkimResults: readDkimMembers(dkim.get(row.dkim_set) ?? '[]'),
    spfResults: readSpfMembers(spf.get(row.spf_set) ?? '[]'),
    reasons: readReasonMembers(reasons.get(row.reason_set) ?? '[]'),
    dkim: evaluations[row.dkim] ?? 'unknown',
    spf: evaluations[row.spf] ?? 'unknown',
    alignment: alignmentPaths[row.alignment] ?? 'unknown',
    messages: row.messages,
    rows: row.rows,
  }))
}

type IsOwn = (name: string, group: EvidenceGroup) => boolean

function dkimLines(group: EvidenceGroup, isOwn: IsOwn, sender: string): Line[] {
  return group.dkimResults.map(({ domain, selector, result }) => ({
    method: 'dkim',
    domain,
    selector,
    scope: null,
    result,
    isAligned: isAligned({ domain, result, verdict: group.dkim }, group, isOwn),
    messages: group.messages,
    rows: group.rows,
    link: {
      screen: 'rows',
      id: null,
      query: {
        sender: [sender],
        dkim_domain: [domain ?? ''],
        dkim_selector: [selector ?? ''],
        dkim_result: [result],
      },
    },
  }))
}

function spfLines(group: EvidenceGroup, isOwn: IsOwn, sender: string): Line[] {
  return group.spfResults.map(({ domain, scope, result }) => ({
    method: 'spf',
    domain,
    selector: null,
    scope,
    result,
    // A HELO identity never aligns (RFC 9989 s3.2.4).
    isAligned: scope === 'helo' ? false : isAligned({ domain, result, verdict: group.spf }, group, isOwn),
    messages: group.messages,
    rows: group.rows,
    link: {
      screen: 'rows',
      id: null,
      query: { sender: [sender], spf_domain: [domain ?? ''], spf_scope: [scope ?? 'none'], spf_result: [result] },
    },
  }))
}

/** Whether a pass of this domain counts: related by name, and not denied by the verdict (strict alignment). */
function isAligned(
  line: { readonly domain: string | null; readonly result: string; readonly verdict: EvidenceGroup['dkim'] },
  group: EvidenceGroup,
  isOwn: IsOwn,
): boolean | null {
  if (line.domain === null) return null
  if (!isOwn(line.domain, group)) return false
  if (line.result !== 'pass') return true
  return line.verdict === 'unknown' ? null : line.verdict === 'pass'
}

/** The reasons of a stored set. The JSON is our own. */
function readReasonMembers(members: string): readonly Reason[] {
  return JSON.parse(members)
}
