import type { AuthenticationClass } from './row-class.ts'

/** What the owner says of a sender, per domain. */
export const decisions = ['undecided', 'mine', 'forwarding', 'not-mine'] as const
export type Decision = (typeof decisions)[number]

/** The outcomes of a message in the order of the stacked chart, from the axis up: worst for the owner first. */
export const outcomes = ['broken', 'unauthenticated', 'third-party', 'forwarded', 'unknown', 'aligned'] as const
export type Outcome = (typeof outcomes)[number]

/**
 * The outcome of messages of one class from a sender with this decision; the first that applies of unknown, aligned,
 * ours but broken, forwarded (likely), third party unaligned, unauthenticated. It is computed, never stored.
 */
export function outcomeOf(authentication: AuthenticationClass, decision: Decision): Outcome {
  if (authentication === 'unknown') return 'unknown'
  if (authentication === 'aligned') return 'aligned'
  if (decision === 'mine') return 'broken'
  if (decision === 'forwarding' || authentication === 'forwarding-signs') return 'forwarded'
  return authentication === 'third-party' ? 'third-party' : 'unauthenticated'
}
