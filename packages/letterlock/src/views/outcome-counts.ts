import type { AlignmentCounts, DispositionCounts, OutcomeCounts } from '@letterlock/contract'
import {
  type AlignmentPath,
  type AuthenticationClass,
  alignmentPaths,
  authenticationClasses,
  type Decision,
  decisions,
  type Outcome,
  outcomeOf,
  type RollupDisposition,
  rollupDispositions,
} from '@letterlock/posture'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Messages by outcome while they are added up. */
export type OutcomeSums = Writable<OutcomeCounts>

export function noOutcomes(): OutcomeSums {
  return { broken: 0, unauthenticated: 0, 'third-party': 0, forwarded: 0, unknown: 0, aligned: 0 }
}

export function noDispositions(): Writable<DispositionCounts> {
  return { unknown: 0, none: 0, pass: 0, quarantine: 0, reject: 0, override: 0 }
}

export function noAlignments(): Writable<AlignmentCounts> {
  return { unknown: 0, none: 0, spf: 0, dkim: 0, 'dkim+spf': 0 }
}

/** Class of a stored code; a code that this version does not know is unknown, never a pass. */
export function authenticationAt(code: number): AuthenticationClass {
  return authenticationClasses[code] ?? 'unknown'
}

export function alignmentAt(code: number): AlignmentPath {
  return alignmentPaths[code] ?? 'unknown'
}

export function dispositionAt(code: number): RollupDisposition {
  return rollupDispositions[code] ?? 'unknown'
}

/** A stored decision; the absence of one is `undecided`. */
export function decisionAt(stored: string | null | undefined): Decision {
  return decisions.find(decision => decision === stored) ?? 'undecided'
}

export function outcomeAt(authentication: number, decision: string | null | undefined): Outcome {
  return outcomeOf(authenticationAt(authentication), decisionAt(decision))
}

export function addOutcomes(into: OutcomeSums, from: OutcomeCounts): void {
  into.broken += from.broken
  into.unauthenticated += from.unauthenticated
  into['third-party'] += from['third-party']
  into.forwarded += from.forwarded
  into.unknown += from.unknown
  into.aligned += from.aligned
}

/** Everything that is neither aligned nor unknown. */
export function failingOf(outcome: OutcomeCounts): number {
  return outcome.broken + outcome.unauthenticated + outcome['third-party'] + outcome.forwarded
}
