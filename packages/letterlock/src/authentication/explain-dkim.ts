import type { ExplanationStep, Fact, StepPart, Verdict } from '@letterlock/contract'
import type { DkimVerification, DmarcEvaluation } from '@letterlock/protocols'
import { alignmentSentences } from './alignment-words.ts'
import { dkimWords } from './dkim-words.ts'
import type { AuthenticatedMessage } from './read-message.ts'
import { moment } from './session.ts'

/** Step 4: the signatures. */
export function explainDkim({ report }: AuthenticatedMessage): ExplanationStep {
  const { dkim, dmarc } = report
  const tried = dkim.filter(({ code }) => code !== 'dkim-not-tried')
  const untried = dkim.length - tried.length
  const passing = tried.filter(({ result }) => result === 'pass').length
  return {
    id: 'dkim',
    title: 'DKIM: does an unbroken signature cover it?',
    verdict: verdictOf(tried),
    result: tried.length === 0 ? 'none' : null,
    claim: { level: 'derived', text: 'from the message and DNS' },
    sentences: [
      ...countSentences(tried.length, passing),
      ...(untried === 0 ? [] : [`${untried} more signatures were not tried: ${tried.length} are the most.`]),
    ],
    parts: tried.map(signature => partOf(signature, dmarc.evaluations)),
    facts: [],
  }
}

function verdictOf(tried: readonly DkimVerification[]): Verdict {
  if (tried.length === 0) return 'not applicable'
  if (tried.some(({ result }) => result === 'pass')) return 'pass'
  return tried.some(({ result }) => result === 'temperror') ? 'unknown' : 'fail'
}

function countSentences(tried: number, passing: number): string[] {
  if (tried === 0) return ['No. The message carries no DKIM signature.']
  if (tried === 1) return [passing === 1 ? 'Yes, one.' : 'There is one signature, and it does not hold.']
  const holding =
    passing === 0
      ? 'none of them holds'
      : passing === tried
        ? 'all of them hold'
        : `${passing} of them ${passing === 1 ? 'holds' : 'hold'}`
  return [`There are ${tried} signatures; ${holding}.`]
}

const partVerdicts = {
  pass: 'pass',
  fail: 'fail',
  policy: 'fail',
  neutral: 'fail',
  permerror: 'fail',
  temperror: 'unknown',
} as const satisfies Record<DkimVerification['result'], Verdict>

function partOf(found: DkimVerification, evaluations: readonly DmarcEvaluation[]): StepPart {
  const { result, code, domain, selector, isTesting } = found
  const aligned = domain === null ? [] : alignmentSentences(evaluations, 'dkim', domain)
  return {
    title: domain === null ? `signature ${found.index + 1} from the top` : `${domain}, key "${selector ?? ''}"`,
    verdict: partVerdicts[result],
    result,
    sentences: [
      dkimWords[code].text,
      ...(result === 'pass' && isTesting ? ['Its owner marks the key as a test (t=y); some receivers ignore it.'] : []),
      ...aligned,
    ],
    facts: factsOf(found),
  }
}

function factsOf({ text, code, signature, keyBits, domain, selector }: DkimVerification): Fact[] {
  const key = keyBits === null ? '' : `, ${keyBits} bits`
  return [
    ...(code === 'dkim-pass' ? [] : [{ name: 'Problem', value: text }]),
    ...(domain === null || selector === null ? [] : [{ name: 'Key at', value: `${selector}._domainkey.${domain}` }]),
    ...(signature === null ? [] : [{ name: 'Algorithm', value: `${signature.algorithm}${key}` }]),
    ...(signature === null ? [] : [{ name: 'Covers', value: coverage(signature) }]),
    ...(signature?.signedAt == null ? [] : [{ name: 'Signed', value: moment(signature.signedAt) }]),
    ...(signature?.expiresAt == null ? [] : [{ name: 'Expires', value: moment(signature.expiresAt) }]),
  ]
}

function coverage({ signedNames, bodyLength }: NonNullable<DkimVerification['signature']>): string {
  const names = [...new Set(signedNames)].join(', ')
  return `${names}; ${bodyLength === null ? 'the whole text' : `the first ${bodyLength} octets of the text`}`
}
