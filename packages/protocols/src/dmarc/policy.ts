import type { RequestedPolicy } from '../aggregate-report/report.ts'
import type { DmarcRecord } from './record.ts'
import type { DmarcLookup, DmarcLookups } from './tree-walk.ts'

/** The policy for one Author Domain, and how it came about. */
export type PolicyFinding =
  | {
      readonly kind: 'policy'
      /** Name whose record is applied. */
      readonly policyDomain: string
      readonly record: DmarcRecord
      /** Tag that decided; null where the record acts as p=none because a policy tag is unusable (DMARC-043). */
      readonly tag: 'p' | 'sp' | 'np' | null
      /** As published for this domain. */
      readonly policy: RequestedPolicy
      /** After the test mode: what a receiver is asked to do. */
      readonly applied: RequestedPolicy
    }
  /** No record anywhere: DMARC does not apply. */
  | { readonly kind: 'none' }
  /** The only record is unusable, and nothing is looked for beyond it (DMARC-046). */
  | { readonly kind: 'unusable'; readonly policyDomain: string; readonly record: DmarcRecord }
  /** Whether or which policy applies could not be determined; the record is null where not even that is known. */
  | { readonly kind: 'undetermined'; readonly name: string; readonly record: DmarcRecord | null }

const oneStepLower = { reject: 'quarantine', quarantine: 'none', none: 'none' } as const satisfies Record<
  RequestedPolicy,
  RequestedPolicy
>

/** RFC 9989 s4.7: t=y lowers the policy by one step (DMARC-011). */
export function appliedPolicy(policy: RequestedPolicy, testing: boolean): RequestedPolicy {
  return testing ? oneStepLower[policy] : policy
}

/** Policy discovery by RFC 9989 s4.10.1: the Author Domain's own record, its Organizational Domain's, its PSD's. */
export async function discoverPolicy(author: string, lookups: DmarcLookups): Promise<PolicyFinding> {
  const own = await lookups.recordAt(author)
  if (own.isFailed) return { kind: 'undetermined', name: own.name, record: null }
  if (own.record !== null) return ownPolicy(own.name, own.record)
  const walk = await lookups.walk(author)
  const failed = walk.steps.find(step => step.isFailed)
  if (failed !== undefined) return { kind: 'undetermined', name: failed.name, record: null }
  const organization = walk.steps.find(step => step.name === walk.organizationalDomain && step.record !== null)
  const psd = walk.steps.find(step => step.record?.psd === 'y')
  const found = organization ?? psd
  if (found === undefined || found.record === null) return { kind: 'none' }
  return inheritedPolicy(author, found, found.record, lookups)
}

function ownPolicy(policyDomain: string, record: DmarcRecord): PolicyFinding {
  if (isSpoilt(record) || record.p === null || record.p === 'invalid') return spoiltPolicy(policyDomain, record)
  return {
    kind: 'policy',
    policyDomain,
    record,
    tag: 'p',
    policy: record.p,
    applied: appliedPolicy(record.p, record.testing),
  }
}

/** DMARC-043: no valid p, or an invalid sp or np. */
function isSpoilt(record: DmarcRecord): boolean {
  return record.p === null || record.p === 'invalid' || record.sp === 'invalid' || record.np === 'invalid'
}

function spoiltPolicy(policyDomain: string, record: DmarcRecord): PolicyFinding {
  if (record.rua.length === 0) return { kind: 'unusable', policyDomain, record }
  return { kind: 'policy', policyDomain, record, tag: null, policy: 'none', applied: 'none' }
}

async function inheritedPolicy(
  author: string,
  { name }: DmarcLookup,
  record: DmarcRecord,
  lookups: DmarcLookups,
): Promise<PolicyFinding> {
  const { p, sp, np } = record
  if (isSpoilt(record) || p === null || p === 'invalid') return spoiltPolicy(name, record)
  const existing =
    sp === null || sp === 'invalid' ? { tag: 'p' as const, policy: p } : { tag: 'sp' as const, policy: sp }
  const missing = np === null || np === 'invalid' ? existing : { tag: 'np' as const, policy: np }
  const chosen = existing.policy === missing.policy ? existing : await byExistence(author, lookups, existing, missing)
  if (chosen === null) return { kind: 'undetermined', name: author, record }
  return {
    kind: 'policy',
    policyDomain: name,
    record,
    ...chosen,
    applied: appliedPolicy(chosen.policy, record.testing),
  }
}

/** DMARC-047, DMARC-048: one A query; only NXDOMAIN means that the name does not exist, and an alias of that name is one. */
async function byExistence<Choice>(
  author: string,
  lookups: DmarcLookups,
  existing: Choice,
  missing: Choice,
): Promise<Choice | null> {
  const { outcome, chain } = await lookups.addressOf(author)
  switch (outcome.kind) {
    case 'records':
    case 'nodata':
      return existing
    case 'nxdomain':
      return chain.length > 0 ? existing : missing
    case 'temporary':
    case 'bogus':
      return null
  }
}
