import type { RequestedPolicy } from '../aggregate-report/report.ts'
import { type Alignment, type DmarcInput, type DmarcReading, modeOf, reading } from './evaluate.ts'
import type { PolicyFinding } from './policy.ts'
import type { PolicyTag } from './record.ts'
import type { DmarcLookup, DmarcLookups } from './tree-walk.ts'

/**
 * How a receiver of RFC 7489 reads the same message: the Organizational Domain by the public suffix list, at most two
 * queries, no np, no psd, no test mode (dmarc-changes 1 and 2). The share of `pct` is not drawn here: the policy is
 * the one that applies to the sampled mail.
 */
export async function publicSuffixReading(
  { authorDomain, identifiers }: DmarcInput,
  lookups: DmarcLookups,
  registeredDomain: (name: string) => string | null,
): Promise<DmarcReading> {
  const organizationOf = (name: string) => registeredDomain(name) ?? name
  const organization = organizationOf(authorDomain)
  const finding = await discover(authorDomain, organization, lookups)
  if (finding.kind === 'none' || finding.kind === 'unusable') return reading(finding, organization, [], null)
  const record = finding.kind === 'policy' ? finding.record : null
  const alignments = identifiers.map((identifier): Alignment => {
    const mode = modeOf(identifier, record)
    const own = organizationOf(identifier.domain)
    const isAligned = identifier.domain === authorDomain || (mode === 'relaxed' && own === organization)
    return { identifier, isAligned, mode, organizationalDomain: own }
  })
  return reading(finding, organization, alignments, null)
}

async function discover(author: string, organization: string, lookups: DmarcLookups): Promise<PolicyFinding> {
  const own = await lookups.recordAt(author)
  if (own.isFailed) return { kind: 'undetermined', name: own.name, record: null }
  // Several records end the discovery (RFC 7489 s6.6.3).
  if (own.candidates.length > 1) return { kind: 'none' }
  if (own.record !== null) return policyOf(own, 'p', own.record.p)
  if (organization === author) return { kind: 'none' }
  const above = await lookups.recordAt(organization)
  if (above.isFailed) return { kind: 'undetermined', name: above.name, record: null }
  if (above.record === null) return { kind: 'none' }
  const { p, sp } = above.record
  return sp === null ? policyOf(above, 'p', p) : policyOf(above, 'sp', sp)
}

/** RFC 7489 s6.6.3: no valid p, or an invalid sp, acts as none where rua is usable. */
function policyOf({ name, record }: DmarcLookup, tag: 'p' | 'sp', value: PolicyTag): PolicyFinding {
  if (record === null) return { kind: 'none' }
  const policy: RequestedPolicy | null = value === 'invalid' ? null : value
  const isSpoilt = policy === null || record.p === null || record.p === 'invalid' || record.sp === 'invalid'
  if (!isSpoilt) return { kind: 'policy', policyDomain: name, record, tag, policy, applied: policy }
  if (record.rua.length === 0) return { kind: 'unusable', policyDomain: name, record }
  return { kind: 'policy', policyDomain: name, record, tag: null, policy: 'none', applied: 'none' }
}
