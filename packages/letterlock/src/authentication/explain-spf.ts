import type { ExplanationStep, Fact, Verdict } from '@letterlock/contract'
import { isSpfRecord, type SpfEvaluation, type SpfFinding, type SpfMatch, type SpfProblem } from '@letterlock/protocols'
import { alignmentSentences } from './alignment-words.ts'
import type { AuthenticatedMessage } from './read-message.ts'
import { recordData } from './record-text.ts'

/** Terms and void look-ups that a record may cause (RFC 7208 s4.6.4). */
const termsLimit = 10
const voidLookupsLimit = 2

export const spfVerdicts = {
  pass: 'pass',
  fail: 'fail',
  softfail: 'fail',
  permerror: 'fail',
  temperror: 'unknown',
  none: 'not applicable',
  neutral: 'not applicable',
} as const satisfies Record<SpfEvaluation['result'], Verdict>

/** Step 3: whether the server may send for the bounce address. */
export function explainSpf({ report, session }: AuthenticatedMessage): ExplanationStep {
  const { spf, dmarc } = report
  const head = { id: 'spf' as const, title: 'SPF: may that server send for the bounce address?', parts: [] }
  if (spf === null)
    return {
      ...head,
      verdict: 'not tested',
      result: null,
      claim: { level: 'unknown', text: 'not tested' },
      sentences: [`This was not tested: ${missing(session)} not given.`],
      facts: [],
    }
  const aligned = spf.domain === null ? [] : alignmentSentences(dmarc.evaluations, 'spf', spf.domain)
  const { result } = spf.evaluation
  return {
    ...head,
    verdict: spfVerdicts[result],
    result,
    claim: { level: 'derived', text: 'from DNS and the session' },
    // Whether a domain would count matters where it proves something, or where it is the one that has to.
    sentences: [...spfSentences(spf, told(session)), ...(isWorthComparing(result) ? aligned : [])],
    facts: spfFacts(spf.evaluation),
  }
}

/** The HELO name, tested by itself; null where it was not, or where its domain says nothing. */
export function explainHelo({ report, session }: AuthenticatedMessage): ExplanationStep | null {
  const { helo } = report
  if (helo === null) return null
  const { result } = helo.evaluation
  // Most server names have no record; that tells a person nothing. The results for a program have it.
  if (!isWorthComparing(result)) return null
  return {
    id: 'helo',
    title: 'SPF of the name that the server gave',
    verdict: spfVerdicts[result],
    result,
    claim: { level: 'derived', text: 'from DNS and the session' },
    sentences: [...spfSentences(helo, told(session)), 'This never counts for DMARC.'],
    parts: [],
    facts: spfFacts(helo.evaluation),
  }
}

function told(session: AuthenticatedMessage['session']): string {
  return session.told.ip.value ?? 'the server'
}

function missing({ ip, mailFrom }: AuthenticatedMessage['session']): string {
  if (ip === null && mailFrom === null) return 'the address of the server and the bounce address were'
  if (ip === null) return 'the address of the server was'
  if (mailFrom === null) return 'the bounce address was'
  return 'the name of the server (HELO) was'
}

function isWorthComparing(result: SpfEvaluation['result']): boolean {
  return result !== 'none' && result !== 'neutral'
}

function spfSentences({ domain, evaluation }: SpfFinding, ip: string): string[] {
  if (domain === null) return [`"${evaluation.domain}" is no domain, so there is no SPF record to look at.`]
  const { result, matched, problem } = evaluation
  switch (result) {
    case 'pass':
      return [`Yes. ${domain} lists ${ip} as a server that may send for it${by(matched)}.`, ...everybody(matched)]
    case 'fail':
      return [`No. ${domain} says that ${ip} may not send for it${by(matched)}.`]
    case 'softfail':
      return [
        `Probably not. ${domain} does not list ${ip}, and says that other servers should not send for it${by(matched)}.`,
        'For DMARC that is the same as a no.',
      ]
    case 'neutral':
      return [`${domain} does not say whether ${ip} may send for it${by(matched)}.`]
    case 'none':
      return [`${domain} has no SPF record, so it does not say which servers may send for it.`]
    case 'temperror':
      return ['This could not be determined.', ...problemSentences(problem)]
    case 'permerror':
      return ['The SPF record cannot be used, so it proves nothing.', ...problemSentences(problem)]
  }
}

/** ` (by "ip4:192.0.2.0/24" in the record of spf.example.net)`: the innermost directive that decided. */
function by(matched: SpfMatch | null): string {
  if (matched === null) return ''
  const path = matchPath(matched)
  const last = path.at(-1) ?? matched
  const inside = path.length > 1 || last.domain !== matched.domain ? ` in the record of ${last.domain}` : ''
  return ` (by "${last.term}"${inside})`
}

function everybody(matched: SpfMatch | null): string[] {
  const isAll = matched !== null && matchPath(matched).some(({ term }) => /^\+?all$/i.test(term))
  return isAll ? ['But that record lets every server in the world send, so it proves next to nothing.'] : []
}

/** From the directive of the domain's own record down to the one that matched. */
export function matchPath(matched: SpfMatch | null): readonly SpfMatch[] {
  return matched === null ? [] : [matched, ...matchPath(matched.inside)]
}

const problemWords = {
  'dns-temporary': 'DNS did not answer a question that was needed.',
  'dns-bogus': 'DNSSEC proves that an answer that was needed is wrong.',
  deadline: 'It took too long.',
  'record-syntax': 'It breaks the grammar of SPF.',
  'record-repeated': 'There are several SPF records at one name; only one may stand there.',
  'terms-limit': 'It needs more than the 10 look-ups that SPF allows.',
  'void-lookups-limit': 'More than 2 of the names it asks for do not exist.',
  'mx-hosts-limit': 'It leads to more than 10 mail servers.',
  'target-without-record': 'It includes a name that has no SPF record.',
  'target-name': 'It includes something that is no domain name.',
} as const satisfies Record<SpfProblem['code'], string>

function problemSentences(problem: SpfProblem | null): string[] {
  return problem === null ? [] : [problemWords[problem.code]]
}

function spfFacts(evaluation: SpfEvaluation): Fact[] {
  const { matched, problem, explanation, terms, voidLookups } = evaluation
  const record = recordOf(evaluation)
  const path = matchPath(matched)
  return [
    ...(record === null ? [] : [{ name: 'Record', value: record }]),
    ...(path.length === 0
      ? []
      : [{ name: 'Decided by', value: path.map(({ domain, term }) => `${term} (${domain})`).join(' > ') }]),
    ...(problem === null ? [] : [{ name: 'Problem', value: placed(problem) }]),
    ...(explanation === null ? [] : [{ name: 'What that domain says', value: explanation }]),
    { name: 'Look-ups', value: `${terms} of ${termsLimit}, ${voidLookups} of ${voidLookupsLimit} without an answer` },
  ]
}

function placed({ text, domain, at }: SpfProblem): string {
  return `${domain}: ${text}${at === null ? '' : ` (at octet ${at + 1} of its record)`}`
}

/** The domain's own record, as it was answered. */
function recordOf({ lookups }: SpfEvaluation): string | null {
  const outcome = lookups[0]?.answer.outcome
  if (outcome?.kind !== 'records') return null
  const texts = outcome.records.map(recordData).filter(isSpfRecord)
  return texts.length === 0 ? null : texts.join(' | ')
}
