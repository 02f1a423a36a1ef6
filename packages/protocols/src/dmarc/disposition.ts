import type { Disposition, Reason, ReasonType, RequestedPolicy } from '../aggregate-report/report.ts'
import type { DmarcEvaluation, DmarcReading, DmarcResult } from './evaluate.ts'

/**
 * How far a receiver acts on policies (DMARC-065):
 * - `monitor` never acts;
 * - `standard` quarantines, and rejects only where other knowledge agrees (RFC 9989 s7.4, s8);
 * - `strict` rejects by the policy alone, which does not conform to these sections.
 */
export type EnforcementMode = 'monitor' | 'standard' | 'strict'

/** What to do with a message. `defer` answers with 4xx, so that it is tried again. */
export type DispositionAction = 'accept' | 'quarantine' | 'reject' | 'defer'

/** What a receiver knows of a message beside DMARC. What is absent is not known, and speaks neither way. */
export interface ReceiverKnowledge {
  /** The allow list that holds the source or the sender, in words for the report. */
  readonly allowList?: string
  /** The forwarder that is trusted and sent the message. */
  readonly trustedForwarder?: string
  /** Comment of `trustedChain`: sealers that are trusted say that DMARC passed before them (ARC-015). */
  readonly trustedArc?: string
  /** The mailing list that the receiver's own heuristics hold the message for. */
  readonly mailingList?: string
  /** A decision of the receiver; the final say is local (DMARC-062). */
  readonly localPolicy?: { readonly action: DispositionAction; readonly comment: string }
  /** The message has a List-Id. Anybody can write one: it holds a rejection back, and does no more. */
  readonly hasListId?: boolean
  /** Signals against the message: a content filter, a block list, a source never seen with mail of that domain. */
  readonly against?: readonly string[]
}

export interface DispositionOptions {
  readonly mode: EnforcementMode
  readonly knowledge?: ReceiverKnowledge
  /** Where the policy could not be determined for now (DMARC-045); `accept` by default. */
  readonly onTemporaryError?: 'accept' | 'defer'
  /** Where From cannot be evaluated (DMARC-023); `quarantine` by default. */
  readonly onUnusableFrom?: 'accept' | 'quarantine' | 'reject'
  /**
   * Acts by RFC 7489 in place of RFC 9989 (DCHG-001). `draw` is a random number from 0 up to and without 100: mail
   * that it leaves out of `pct` gets the policy one step lower (RFC 7489 s6.6.4).
   */
  readonly rfc7489?: { readonly draw: number }
}

/** What DMARC found about a message over all its Author Domains. */
export interface MessageFinding {
  readonly result: DmarcResult
  /** One for each Author Domain; empty where From cannot be evaluated, or names no domain. */
  readonly evaluations: readonly DmarcEvaluation[]
}

export interface DispositionAdvice {
  readonly action: DispositionAction
  /** For the aggregate report (RFC 9990 s3.1.1.9): what was done, and `pass` under an enforcing policy. */
  readonly disposition: Exclude<Disposition, 'unknown'>
  /** Why the action differs from the published policy (DMARC-063); empty where it does not. */
  readonly reasons: readonly Reason[]
  /** False where a message is rejected for its policy alone (DMARC-061). */
  readonly isConforming: boolean
  /** Why, in words for a log. */
  readonly text: string
}

const oneStepLower = { reject: 'quarantine', quarantine: 'none', none: 'none' } as const satisfies Record<
  RequestedPolicy,
  RequestedPolicy
>

const strictness = { none: 0, quarantine: 1, reject: 2 } as const satisfies Record<RequestedPolicy, number>

/** The worst of several Author Domains counts (DMARC-022). */
const worstFirst: readonly DmarcResult[] = ['fail', 'temperror', 'permerror', 'none', 'pass']

/** What a receiver is advised to do with a message (RFC 9989 s5.4). The final say is local. */
export function adviseDisposition(finding: MessageFinding, options: DispositionOptions): DispositionAdvice {
  const { localPolicy } = options.knowledge ?? {}
  const readings = finding.evaluations.map(({ rfc9989, rfc7489 }) =>
    options.rfc7489 === undefined ? rfc9989 : (rfc7489 ?? rfc9989),
  )
  const failing = strictestFailing(readings)
  if (failing !== null) return onFailure(failing, options)
  if (localPolicy !== undefined) return onLocalPolicy(localPolicy)
  if (readings.length === 0 && finding.result !== 'none') return unusableFrom(options.onUnusableFrom ?? 'quarantine')
  switch (worstFirst.find(worst => readings.some(({ result }) => result === worst))) {
    case 'pass':
      return advice('accept', readings.some(isEnforced) ? 'pass' : 'none', 'DMARC passes')
    case 'temperror':
      return advice(options.onTemporaryError ?? 'accept', 'none', 'the policy could not be determined')
    case 'permerror':
      return advice('accept', 'none', 'no policy is usable, so none is applied')
    default:
      return advice('accept', 'none', 'no policy applies')
  }
}

/** DMARC-022: of several Author Domains the strictest policy among those that fail. */
function strictestFailing(readings: readonly DmarcReading[]): DmarcReading | null {
  const failing = readings.filter(({ result }) => result === 'fail')
  return failing.reduce<DmarcReading | null>(
    (strictest, reading) =>
      strictest === null || strictness[reading.applied ?? 'none'] > strictness[strictest.applied ?? 'none']
        ? reading
        : strictest,
    null,
  )
}

/** AGG-022: the policy as published, before the test mode. */
function isEnforced({ finding }: DmarcReading): boolean {
  return finding.kind === 'policy' && finding.policy !== 'none'
}

function onFailure(reading: DmarcReading, options: DispositionOptions): DispositionAdvice {
  const { finding } = reading
  const published = finding.kind === 'policy' ? finding.policy : 'none'
  const { policy, reason } = requestedPolicy(reading, options)
  const knowledge = options.knowledge ?? {}
  const override = overrideOf(knowledge)
  if (override !== null) {
    const reasons = override.action === actionOf(policy) ? listOf(reason) : [override.reason]
    return { ...advice(override.action, dispositionOf(override.action), override.text), reasons }
  }
  // DMARC-060: p=none changes nothing, in any mode.
  if (policy === 'none')
    return { ...advice('accept', 'none', 'DMARC fails, and the policy asks for nothing'), reasons: listOf(reason) }
  if (options.mode === 'monitor') {
    const text = `DMARC fails, and policies are not acted on; ${published} is published`
    return { ...advice('accept', 'none', text), reasons: [reasonOf('local_policy', 'policies are not acted on')] }
  }
  if (policy === 'quarantine')
    return {
      ...advice('quarantine', 'quarantine', 'DMARC fails, and the policy asks for quarantine'),
      reasons: listOf(reason),
    }
  return onReject(reading, knowledge, options.mode)
}

/** The policy after the test mode, or after the share of RFC 7489, and the reason where that lowered it. */
function requestedPolicy(
  { finding, applied }: DmarcReading,
  { rfc7489 }: DispositionOptions,
): { readonly policy: RequestedPolicy; readonly reason: Reason | null } {
  if (finding.kind !== 'policy' || applied === null) return { policy: 'none', reason: null }
  if (rfc7489 !== undefined && rfc7489.draw >= finding.record.pct) {
    const policy = oneStepLower[applied]
    return { policy, reason: policy === applied ? null : reasonOf('sampled_out', `pct=${finding.record.pct}`) }
  }
  return { policy: applied, reason: applied === finding.policy ? null : reasonOf('policy_test_mode', null) }
}

/** DMARC-061, DMARC-065: other knowledge decides about a rejection; the absence of any is none. */
function onReject(reading: DmarcReading, knowledge: ReceiverKnowledge, mode: EnforcementMode): DispositionAdvice {
  const against = knowledge.against ?? []
  const isAgreed = against.length > 0 && !speaksFor(reading, knowledge)
  if (isAgreed || mode === 'strict') {
    const text = isAgreed
      ? `DMARC fails, and so says: ${against.join(', ')}`
      : 'DMARC fails, and the policy alone decides'
    return { ...advice('reject', 'reject', text), isConforming: isAgreed }
  }
  const text = 'DMARC fails, and nothing but the policy asks for a rejection'
  return {
    ...advice('quarantine', 'quarantine', text),
    reasons: [reasonOf('local_policy', 'reject handled as quarantine')],
  }
}

/** A List-Id, or a signature of an aligned domain that is broken: mail that was changed on its way looks so. */
function speaksFor(reading: DmarcReading, knowledge: ReceiverKnowledge): boolean {
  const hasBrokenSignature = reading.alignments.some(
    ({ identifier, isAligned }) => identifier.method === 'dkim' && isAligned === true,
  )
  return knowledge.hasListId === true || hasBrokenSignature
}

interface Override {
  readonly action: DispositionAction
  readonly reason: Reason
  readonly text: string
}

/** DMARC-066: allow list and trusted forwarder, trusted ARC, mailing list, local policy; the first that applies. */
function overrideOf(knowledge: ReceiverKnowledge): Override | null {
  const accept = (type: ReasonType, comment: string): Override => ({
    action: 'accept',
    reason: reasonOf(type, comment),
    text: `DMARC fails, and the message is accepted all the same: ${comment}`,
  })
  if (knowledge.allowList !== undefined) return accept('local_policy', knowledge.allowList)
  if (knowledge.trustedForwarder !== undefined) return accept('trusted_forwarder', knowledge.trustedForwarder)
  if (knowledge.trustedArc !== undefined) return accept('local_policy', knowledge.trustedArc)
  if (knowledge.mailingList !== undefined) return accept('mailing_list', knowledge.mailingList)
  const { localPolicy } = knowledge
  return localPolicy === undefined
    ? null
    : { action: localPolicy.action, reason: reasonOf('local_policy', localPolicy.comment), text: localPolicy.comment }
}

/** DMARC-062: passing mail may be refused, for reasons that are not those of DMARC. */
function onLocalPolicy({ action, comment }: { action: DispositionAction; comment: string }): DispositionAdvice {
  const reasons = action === 'accept' ? [] : [reasonOf('local_policy', comment)]
  return { ...advice(action, dispositionOf(action), comment), reasons }
}

function unusableFrom(action: 'accept' | 'quarantine' | 'reject'): DispositionAdvice {
  return advice(action, dispositionOf(action), 'From cannot be evaluated')
}

function advice(
  action: DispositionAction,
  disposition: DispositionAdvice['disposition'],
  text: string,
): DispositionAdvice {
  return { action, disposition, reasons: [], isConforming: true, text }
}

function actionOf(policy: RequestedPolicy): DispositionAction {
  return policy === 'none' ? 'accept' : policy
}

function dispositionOf(action: DispositionAction): RequestedPolicy {
  return action === 'quarantine' || action === 'reject' ? action : 'none'
}

function reasonOf(type: ReasonType, comment: string | null): Reason {
  return { type, comment, arc: comment?.startsWith('arc=pass') === true }
}

function listOf(reason: Reason | null): readonly Reason[] {
  return reason === null ? [] : [reason]
}
