import type { ExplanationStep, Fact, StepPart, Verdict } from '@letterlock/contract'
import type { DmarcEvaluation, DmarcReading, PolicyFinding } from '@letterlock/protocols'
import type { AuthenticatedMessage } from './read-message.ts'

/** A result that stands: `undetermined` where SPF was not tested and could still make it pass. */
export type StandingResult = DmarcReading['result'] | 'undetermined'

export const dmarcVerdicts = {
  pass: 'pass',
  fail: 'fail',
  permerror: 'fail',
  temperror: 'unknown',
  undetermined: 'unknown',
  none: 'not applicable',
} as const satisfies Record<StandingResult, Verdict>

/** The result of a reading, with what was not tested taken into account. */
export function standingResult(result: DmarcReading['result'], isFailProven: boolean): StandingResult {
  return result === 'fail' && !isFailProven ? 'undetermined' : result
}

/** Step 6: what DMARC makes of it, for receivers of both generations. */
export function explainDmarc(message: AuthenticatedMessage): ExplanationStep {
  const { dmarc, author } = message.report
  const result = standingResult(dmarc.result, message.isFailProven)
  return {
    id: 'dmarc',
    title: 'DMARC: is the domain in From proven?',
    verdict: dmarcVerdicts[result],
    result,
    claim: { level: 'derived', text: 'from the steps before and DNS' },
    sentences:
      author.kind === 'domains'
        ? dmarc.evaluations.flatMap(evaluation => [
            ...policySentences(evaluation.authorDomain, evaluation.rfc9989.finding),
            resultSentence(evaluation, message.isFailProven),
          ])
        : ['No: the From field names no domain that could be proven.'],
    parts: dmarc.evaluations.flatMap(evaluation => receiverParts(evaluation, message.isFailProven)),
    facts: dmarc.evaluations.flatMap(factsOf),
  }
}

/** Where the policy comes from and what it asks for. */
function policySentences(author: string, finding: PolicyFinding): string[] {
  switch (finding.kind) {
    case 'none':
      return [`Neither ${author} nor a name above it has a DMARC record, so receivers are asked for nothing.`]
    case 'unusable':
      return [`The DMARC record of ${finding.policyDomain} is broken: it has no usable policy.`]
    case 'undetermined':
      return [`The policy could not be determined: DNS did not answer for _dmarc.${finding.name}.`]
    case 'policy': {
      const owner =
        finding.policyDomain === author
          ? `${author} has a DMARC record`
          : `${author} has no DMARC record of its own, so that of ${finding.policyDomain} applies`
      if (finding.tag === null)
        return [`${owner}. Its policy is broken, so it counts as "none": receivers only report.`]
      const reason = finding.tag === 'np' ? ', because the name does not exist' : ''
      return [`${owner}. For mail that is not proven it asks for "${finding.policy}" (${finding.tag}=)${reason}.`]
    }
  }
}

function resultSentence({ authorDomain, rfc9989 }: DmarcEvaluation, isFailProven: boolean): string {
  switch (standingResult(rfc9989.result, isFailProven)) {
    case 'pass': {
      const ways = passingWays(rfc9989)
      return `Yes: ${ways.join(' and ')} ${ways.length === 1 ? 'proves' : 'prove'} ${authorDomain}.`
    }
    case 'fail':
      return `No: neither SPF nor DKIM proves ${authorDomain}.`
    case 'undetermined':
      return `Not by DKIM. SPF was not tested, and could still prove ${authorDomain}, so nothing is decided.`
    case 'none':
      return 'DMARC does not apply.'
    case 'temperror':
      return 'It could not be determined, because DNS did not answer. That is neither a yes nor a no.'
    case 'permerror':
      return 'It could not be evaluated, so the message does not pass.'
  }
}

/** Methods that prove the domain, once each. */
export function passingWays(reading: DmarcReading): readonly string[] {
  const passing = reading.alignments.filter(
    ({ identifier, isAligned }) => identifier.result === 'pass' && isAligned === true,
  )
  return [...new Set(passing.map(({ identifier }) => (identifier.method === 'spf' ? 'SPF' : 'DKIM')))].sort()
}

function receiverParts(evaluation: DmarcEvaluation, isFailProven: boolean): StepPart[] {
  const { rfc9989, rfc7489, differences } = evaluation
  const today = part('Receivers that follow RFC 9989 (since May 2026)', rfc9989, isFailProven, askedByRfc9989(rfc9989))
  if (rfc7489 === null) return [today]
  const older = part('Receivers that still follow RFC 7489', rfc7489, isFailProven, askedByRfc7489(rfc7489))
  const compared =
    differences.length === 0 ? [sameSentence(evaluation, isFailProven)] : differences.map(text => `Different: ${text}.`)
  return [today, { ...older, sentences: [...older.sentences, ...compared] }]
}

/** The results are the same; what is asked for may still differ: a share, or how far "reject" goes. */
function sameSentence({ rfc9989, rfc7489 }: DmarcEvaluation, isFailProven: boolean): string {
  const isFail = standingResult(rfc9989.result, isFailProven) === 'fail'
  const isHandledAlike = rfc7489 === null || askedByRfc9989(rfc9989).join() === askedByRfc7489(rfc7489).join()
  return isFail && !isHandledAlike
    ? 'They come to the same result, but are asked to handle the message differently.'
    : 'They come to the same result.'
}

function part(title: string, reading: DmarcReading, isFailProven: boolean, asked: readonly string[]): StepPart {
  const result = standingResult(reading.result, isFailProven)
  return {
    title,
    verdict: dmarcVerdicts[result],
    result,
    sentences: result === 'fail' ? [...asked] : [handlingOf(result)],
    facts: reading.problem === null ? [] : [{ name: 'Problem', value: reading.problem }],
  }
}

function handlingOf(result: Exclude<StandingResult, 'fail'>): string {
  switch (result) {
    case 'pass':
      return 'They take the domain in From as proven. Other filters may still stop the message.'
    case 'none':
      return 'They are asked for nothing and decide by themselves.'
    case 'undetermined':
      return 'What they are asked for depends on SPF, which was not tested.'
    case 'temperror':
      return 'They must not apply the policy. Many ask the sender to try again later.'
    case 'permerror':
      return 'They decide by themselves; many treat such a message as suspicious.'
  }
}

const asked = {
  none: 'They are asked to do nothing but report it.',
  quarantine: 'They are asked to put it aside, which mostly means the spam folder.',
} as const

function askedByRfc9989({ finding }: DmarcReading): string[] {
  if (finding.kind !== 'policy') return ['They are asked for nothing.']
  const { policy, applied, record } = finding
  const test = record.testing ? [`The owner tests the policy (t=y), so "${policy}" counts as "${applied}".`] : []
  if (applied === 'reject')
    return [
      ...test,
      'They are asked to reject it. They must not do so for this reason alone; without another one they quarantine it.',
    ]
  return [...test, asked[applied]]
}

function askedByRfc7489({ finding }: DmarcReading): string[] {
  if (finding.kind !== 'policy') return ['They are asked for nothing.']
  const { applied, record } = finding
  const share =
    record.pct < 100 && applied !== 'none'
      ? [
          `They do so with about ${record.pct} of 100 such messages (pct=${record.pct}), and take the next milder step with the others.`,
        ]
      : []
  if (applied === 'reject') return ['They are asked to reject it.', ...share]
  return [asked[applied], ...share]
}

function factsOf({ rfc9989, asked: names }: DmarcEvaluation): Fact[] {
  const { finding, organizationalDomain } = rfc9989
  const record = finding.kind === 'policy' || finding.kind === 'unusable' ? finding : null
  return [
    ...(record === null ? [] : [{ name: 'Record', value: `${record.record.text} (at _dmarc.${record.policyDomain})` }]),
    ...(organizationalDomain === null ? [] : [{ name: 'Organizational Domain', value: organizationalDomain }]),
    { name: 'Asked at', value: names.map(name => `_dmarc.${name}`).join(', ') },
  ]
}
