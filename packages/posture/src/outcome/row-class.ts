import type { authResults, Disposition, DkimResult, Evaluation, Reason, SpfResult } from '@letterlock/protocols'

/** Which aligned identifiers passed, by the reporter's word; the index is stored. */
export const alignmentPaths = ['unknown', 'none', 'spf', 'dkim', 'dkim+spf'] as const
export type AlignmentPath = (typeof alignmentPaths)[number]

/**
 * What the authentication of a row says before anybody decides whose the sender is; the index is stored.
 * Together with a decision it gives the outcome (`outcomeOf`).
 */
export const authenticationClasses = [
  'unknown', // a verdict is missing or contradicts the results it rests on
  'aligned', // at least one aligned identifier passed
  'forwarding-signs', // nothing aligned; an override names forwarding, or an aligned signature is there but fails
  'third-party', // nothing aligned; something passes for another domain
  'unauthenticated', // nothing passes
] as const
export type AuthenticationClass = (typeof authenticationClasses)[number]

/** Disposition as the roll-up keeps it: `override` is mail that failed and was let through with a reason. */
export const rollupDispositions = ['unknown', 'none', 'pass', 'quarantine', 'reject', 'override'] as const
export type RollupDisposition = (typeof rollupDispositions)[number]

/** The members of a row that its class is computed from. */
export interface RowEvidence {
  readonly headerFrom: string
  readonly disposition: Disposition
  readonly dkim: Evaluation
  readonly spf: Evaluation
  readonly reasons: readonly Reason[]
  readonly dkimResults: readonly DkimResult[]
  readonly spfResults: readonly SpfResult[]
}

export interface RowClass {
  readonly alignment: AlignmentPath
  readonly authentication: AuthenticationClass
  readonly disposition: RollupDisposition
}

/** Maps a name to the domain that relaxed alignment compares (RFC 9989 s4.10.2, or the public suffix reading). */
export type OrganizationalDomain = (name: string) => string

const forwardingReasons: ReadonlySet<string> = new Set(['forwarded', 'trusted_forwarder', 'mailing_list'])

/**
 * The class of a row (product rules of outcome). A reported pass without any passing result of that method, and a
 * reported fail beside a strictly aligned pass, contradict themselves: they count as unknown, never as pass.
 */
export function classifyRow(row: RowEvidence, organizationalDomain: OrganizationalDomain): RowClass {
  const dkim = credible(row.dkim, row.dkimResults, row.headerFrom)
  // A HELO identity never aligns (RFC 9989 s3.2.4 takes MAIL FROM), so it can contradict nothing.
  const mailFrom = row.spfResults.filter(entry => entry.scope !== 'helo')
  const spf = credible(row.spf, mailFrom, row.headerFrom)
  const alignment = alignmentPath(dkim, spf)
  return {
    alignment,
    authentication: authenticationClass(row, alignment, organizationalDomain),
    disposition: rollupDisposition(row, alignment),
  }
}

function credible(
  verdict: Evaluation,
  results: readonly { readonly domain: string | null; readonly result: (typeof authResults)[number] }[],
  headerFrom: string,
): Evaluation {
  if (results.length === 0) return verdict
  const hasPass = results.some(entry => entry.result === 'pass')
  if (verdict === 'pass' && !hasPass) return 'unknown'
  if (verdict === 'fail' && results.some(entry => entry.result === 'pass' && entry.domain === headerFrom))
    return 'unknown'
  return verdict
}

function alignmentPath(dkim: Evaluation, spf: Evaluation): AlignmentPath {
  if (dkim === 'pass') return spf === 'pass' ? 'dkim+spf' : 'dkim'
  if (spf === 'pass') return 'spf'
  return dkim === 'unknown' || spf === 'unknown' ? 'unknown' : 'none'
}

function authenticationClass(
  row: RowEvidence,
  alignment: AlignmentPath,
  organizationalDomain: OrganizationalDomain,
): AuthenticationClass {
  if (alignment === 'unknown') return 'unknown'
  if (alignment !== 'none') return 'aligned'
  if (row.reasons.some(reason => forwardingReasons.has(reason.type))) return 'forwarding-signs'
  const own = organizationalDomain(row.headerFrom)
  if (
    row.dkimResults.some(
      entry => entry.result !== 'pass' && entry.domain !== null && organizationalDomain(entry.domain) === own,
    )
  )
    return 'forwarding-signs'
  const passes =
    row.dkimResults.some(entry => entry.result === 'pass') || row.spfResults.some(entry => entry.result === 'pass')
  return passes ? 'third-party' : 'unauthenticated'
}

function rollupDisposition(row: RowEvidence, alignment: AlignmentPath): RollupDisposition {
  // Product words: failed, delivered by override; a disposition of none with a reason is not a pass.
  if (row.disposition === 'none' && alignment === 'none' && row.reasons.length > 0) return 'override'
  return row.disposition
}
