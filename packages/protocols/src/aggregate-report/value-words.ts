import type { AuthResult, Disposition, Evaluation, ReasonType } from './report.ts'

/** Dispositions as written, in lower case (RFC 9990 s3.1.1.9). */
export const dispositionWords: ReadonlyMap<string, Disposition> = new Map([
  ['none', 'none'],
  ['pass', 'pass'],
  ['quarantine', 'quarantine'],
  ['reject', 'reject'],
])

/** Aligned verdicts as written. Reporters also write results of the method itself: all but pass are fail (56). */
export const evaluationWords: ReadonlyMap<string, Evaluation> = new Map([
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['none', 'fail'],
  ['softfail', 'fail'],
  ['hardfail', 'fail'],
  ['neutral', 'fail'],
  ['policy', 'fail'],
  ['temperror', 'fail'],
  ['permerror', 'fail'],
])

/** Types of reasons (RFC 9990 s3.1.6, RFC 7489 App C). */
export const reasonWords: ReadonlyMap<string, ReasonType> = new Map([
  ['forwarded', 'forwarded'],
  ['sampled_out', 'sampled_out'],
  ['trusted_forwarder', 'trusted_forwarder'],
  ['mailing_list', 'mailing_list'],
  ['local_policy', 'local_policy'],
  ['policy_test_mode', 'policy_test_mode'],
  ['other', 'other'],
])

const standard: readonly (readonly [string, AuthResult])[] = [
  ['none', 'none'],
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['policy', 'policy'],
  ['neutral', 'neutral'],
  ['temperror', 'temperror'],
  ['permerror', 'permerror'],
]

/** DKIM results that RFC 8601 has. */
export const dkimWords: ReadonlyMap<string, AuthResult> = new Map(standard)

/** DKIM results that it has not: none of them says that a signature is good (report-tolerance 74). */
export const dkimOtherWords: ReadonlyMap<string, AuthResult> = new Map([
  ['invalid', 'neutral'],
  ['unknown', 'neutral'],
  ['softfail', 'fail'],
  ['hardfail', 'fail'],
  ['error', 'permerror'],
])

/** SPF results that RFC 8601 has. */
export const spfWords: ReadonlyMap<string, AuthResult> = new Map([...standard, ['softfail', 'softfail']])

/** SPF results of older drafts (RFC 7489 App C names `unknown` and `error`; report-tolerance 70). */
export const spfOtherWords: ReadonlyMap<string, AuthResult> = new Map([
  ['hardfail', 'fail'],
  ['unknown', 'temperror'],
  ['error', 'permerror'],
])
