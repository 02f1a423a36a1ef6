import type { MessageExplanation, Verdict } from '@letterlock/contract'
import { type DmarcEvaluation, formatAuthenticationResults, resultItems } from '@letterlock/protocols'
import type { DnsSource } from './dns-source.ts'
import { explainArc } from './explain-arc.ts'
import { explainDkim } from './explain-dkim.ts'
import { dmarcVerdicts, explainDmarc, passingWays, type StandingResult, standingResult } from './explain-dmarc.ts'
import { explainFrom } from './explain-from.ts'
import { explainSender } from './explain-sender.ts'
import { explainHelo, explainSpf } from './explain-spf.ts'
import { messageResults } from './message-results.ts'
import { nextSteps } from './next-steps.ts'
import type { AuthenticatedMessage } from './read-message.ts'

/** The authserv-id of the field that says the same: nobody's name, so that nobody trusts it by mistake (AR-042). */
const authservId = 'letterlock.invalid'

/** One message in words for somebody who does not know the standards, and in results for a program. */
export function explainMessage(message: AuthenticatedMessage, dns: DnsSource): MessageExplanation {
  const { report, session, lookups } = message
  const result = standingResult(report.dmarc.result, message.isFailProven)
  const helo = explainHelo(message)
  return {
    name: message.name,
    number: message.number,
    bytes: message.bytes,
    verdict: verdictOf(message, result),
    headline: headlineOf(message, result),
    summary: [...summaryOf(message, result)],
    session: session.told,
    steps: [
      explainFrom(message),
      explainSender(message),
      explainSpf(message),
      ...(helo === null ? [] : [helo]),
      explainDkim(message),
      explainArc(message),
      explainDmarc(message),
    ],
    next: [...nextSteps(message)],
    results: messageResults(message),
    authenticationResults:
      session.ip === null || result === 'undetermined'
        ? null
        : formatAuthenticationResults(authservId, resultItems(report, session.ip)),
    dns: {
      source: dns.text,
      lookups: [...lookups.list()],
      outsideZones: dns.zones.length === 0 ? [] : [...lookups.outside(dns.zones)],
    },
  }
}

/** A message without a policy to test is not applicable to DMARC, and not proven either: it does not pass. */
function verdictOf({ report }: AuthenticatedMessage, result: StandingResult): Verdict {
  return report.author.kind === 'domains' ? dmarcVerdicts[result] : 'fail'
}

function headlineOf({ report }: AuthenticatedMessage, result: StandingResult): string {
  if (report.author.kind !== 'domains') return 'Nobody can tell whom this message is from.'
  const domains = report.author.domains.join(' and ')
  switch (result) {
    case 'pass':
      return `This message is proven to come from ${domains}.`
    case 'fail':
      return `This message is not proven to come from ${domains}.`
    case 'undetermined':
      return `Whether this message comes from ${domains} is not decided: SPF was not tested.`
    case 'temperror':
      return `Whether this message comes from ${domains} could not be determined.`
    case 'permerror':
      return `This message is not proven to come from ${domains}: the check could not be made.`
    case 'none':
      return `Nobody asked receivers to check whether this message comes from ${domains}.`
  }
}

/** Without DMARC nothing is compared with From; what SPF and DKIM prove by themselves is still worth knowing. */
function otherProofs({ spf, dkim }: AuthenticatedMessage['report']): readonly string[] {
  const signers = [...new Set(dkim.flatMap(({ result, domain }) => (result === 'pass' ? [domain ?? ''] : [])))]
  return [
    ...(signers.length === 0 ? [] : [`A DKIM signature of ${signers.join(' and ')} holds.`]),
    ...(spf?.evaluation.result === 'pass' ? [`SPF says that the server may send for ${spf.domain ?? ''}.`] : []),
  ]
}

/** In what a receiver would do; other differences stand with the step. */
function isJudgedDifferently({ rfc9989, rfc7489 }: DmarcEvaluation): boolean {
  if (rfc7489 === null) return false
  return rfc9989.result !== rfc7489.result || (rfc9989.result === 'fail' && rfc9989.applied !== rfc7489.applied)
}

function* summaryOf({ report }: AuthenticatedMessage, result: StandingResult): Generator<string> {
  const { dmarc, author } = report
  if (author.kind !== 'domains') return
  const isOnly = dmarc.evaluations.length === 1
  if (result === 'none') {
    yield 'No DMARC record speaks of it.'
    yield* otherProofs(report)
  }
  for (const evaluation of dmarc.evaluations) {
    const { authorDomain, rfc9989 } = evaluation
    const ways = passingWays(rfc9989)
    if (rfc9989.result === 'pass')
      yield `${ways.join(' and ')} ${ways.length === 1 ? 'proves' : 'prove'} ${isOnly ? 'it' : authorDomain}.`
    const passed = rfc9989.alignments.filter(({ identifier }) => identifier.result === 'pass')
    if (rfc9989.result === 'fail' && result !== 'undetermined')
      yield passed.length === 0
        ? `No check passed that could prove ${authorDomain}.`
        : `What passed is of ${[...new Set(passed.map(({ identifier }) => identifier.domain))].join(' and ')}, and that is not ${authorDomain}.`
    if (result !== 'undetermined' && isJudgedDifferently(evaluation))
      yield 'Receivers that follow the new standard (RFC 9989) and those that follow the old one (RFC 7489) judge it differently.'
  }
  if (result === 'pass') yield 'That says who sent it, not that it is harmless.'
}
