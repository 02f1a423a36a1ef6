import type { NextStep } from '@letterlock/contract'
import type { DkimVerification, DmarcEvaluation } from '@letterlock/protocols'
import { formatIpAddress } from '@letterlock/protocols'
import { alignmentOf } from './alignment-words.ts'
import { dkimWords } from './dkim-words.ts'
import { passingWays, standingResult } from './explain-dmarc.ts'
import type { AuthenticatedMessage } from './read-message.ts'

/** What to do next, safest first. Advice for senders always says "if it is yours": a message cannot tell whose it is. */
export function nextSteps(message: AuthenticatedMessage): readonly NextStep[] {
  const { report, isFailProven } = message
  if (report.author.kind !== 'domains')
    return [say('If this message is yours: let the program that writes it put one plain address into one From field.')]
  switch (standingResult(report.dmarc.result, isFailProven)) {
    case 'pass':
      return afterPass(message)
    case 'fail':
      return afterFail(message)
    case 'undetermined':
      return [
        say(
          'Give the address of the server that handed the message over and the bounce address, so that SPF can be tested.',
        ),
      ]
    case 'temperror':
      return [say('Ask again later, or ask another resolver. If it stays so, repair the name servers of the domain.')]
    case 'none':
      return report.author.domains.map(domain =>
        say(
          `If ${domain} is yours: publish a DMARC record that only asks for reports, and read them before asking for more.`,
          `_dmarc.${domain}. IN TXT "v=DMARC1; p=none; rua=mailto:YOUR-MAILBOX"`,
        ),
      )
    case 'permerror':
      return report.dmarc.evaluations.map(({ authorDomain }) =>
        say(`If ${authorDomain} is yours: repair its DMARC record, or what else the problem above names.`),
      )
  }
}

function say(text: string, literal: string | null = null): NextStep {
  return { text, literal }
}

function afterPass(message: AuthenticatedMessage): readonly NextStep[] {
  const { dmarc, dkim } = message.report
  const steps: NextStep[] = []
  for (const { authorDomain, rfc9989 } of dmarc.evaluations) {
    if (!passingWays(rfc9989).includes('DKIM'))
      steps.push(
        say(
          `It passes by SPF alone, which breaks when somebody forwards the message. If ${authorDomain} is yours: sign with DKIM as well.`,
          `letterlock dkim keygen --domain ${authorDomain}`,
        ),
      )
  }
  for (const { domain, result, isTesting } of dkim)
    if (result === 'pass' && isTesting && domain !== null)
      steps.push(say(`If ${domain} is yours and the test is over: publish the key without "t=y".`))
  return steps.length > 0 ? steps : [say('Nothing needs to be done.')]
}

function afterFail(message: AuthenticatedMessage): readonly NextStep[] {
  const { dmarc } = message.report
  const failing = dmarc.evaluations.filter(({ rfc9989 }) => rfc9989.result === 'fail')
  return failing.flatMap(evaluation => {
    const { authorDomain } = evaluation
    const fixes = [...spfFixes(message, evaluation), ...dkimFixes(message, evaluation)]
    return [
      say(`If nobody at ${authorDomain} sent this message, nothing is wrong: this is what DMARC is for.`),
      ...fixes.map(({ text, literal }) => say(`If it is yours: ${text}`, literal)),
    ]
  })
}

function spfFixes({ report, session }: AuthenticatedMessage, evaluation: DmarcEvaluation): NextStep[] {
  const { spf } = report
  const { ip } = session
  if (spf === null || spf.domain === null || ip === null) return []
  const alignment = alignmentOf(evaluation, 'spf', spf.domain)
  if (alignment === null || alignment.isAligned === null) return []
  const { result } = spf.evaluation
  if (!alignment.isAligned)
    return [
      say(
        `let the sending service use a bounce address at or below ${evaluation.authorDomain}, with an SPF record there.`,
      ),
    ]
  if (result === 'permerror')
    return [say(`repair the SPF record of ${spf.domain}.`, `letterlock spf explain ${spf.domain}`)]
  if (result === 'pass') return []
  return [
    say(
      `and if ${formatIpAddress(ip)} is a server of yours: add it to the SPF record of ${spf.domain}.`,
      `ip${ip.family}:${formatIpAddress(ip)}`,
    ),
  ]
}

function dkimFixes({ report }: AuthenticatedMessage, evaluation: DmarcEvaluation): NextStep[] {
  const { authorDomain } = evaluation
  const own = report.dkim.filter(signature => isAligned(signature, evaluation))
  const keys = new Map<string, string[]>()
  for (const { code, domain, selector } of own) {
    const { next } = dkimWords[code]
    if (next !== null) keys.set(next, [...(keys.get(next) ?? []), `${selector ?? ''}._domainkey.${domain ?? ''}`])
  }
  const fixes = [...keys].map(([next, names]) =>
    say(`${lowerFirst(next).replace(/\.$/, '')}. This is about the key at ${names.join(' and ')}.`),
  )
  if (own.length > 0) return fixes
  const other = report.dkim.find(({ result, domain }) => result === 'pass' && domain !== null)
  if (other !== undefined)
    return [
      say(
        `let the service that signs as ${other.domain ?? ''} sign as ${authorDomain}; most services have a setting for that.`,
      ),
    ]
  return [say(`sign with DKIM as ${authorDomain}.`, `letterlock dkim keygen --domain ${authorDomain}`)]
}

function isAligned({ domain }: DkimVerification, evaluation: DmarcEvaluation): boolean {
  return domain !== null && alignmentOf(evaluation, 'dkim', domain)?.isAligned === true
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
