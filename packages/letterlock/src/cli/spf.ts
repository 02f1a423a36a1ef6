import { domainToUnicode } from 'node:url'
import type { SpfExplainDocument } from '@letterlock/contract'
import { formatIpAddress, normaliseDomain, type SpfTreeProblem } from '@letterlock/protocols'
import type { DnsSource } from '../authentication/dns-source.ts'
import { matchPath } from '../authentication/explain-spf.ts'
import { RecordedLookups } from '../authentication/recorded-lookups.ts'
import {
  explainSpfRecord,
  type SpfExplanation,
  type SpfQuestion,
  treeDocument,
} from '../authentication/spf-explanation.ts'
import type { Command, CommandContext } from './command.ts'
import { dnsFlags, dnsOfFlags } from './dns-flags.ts'
import { type ExitCode, exitCodes, joinExitCodes, usageError } from './exit-code.ts'
import { printable } from './printable.ts'
import { sessionFlags, sessionOfFlags } from './session-flags.ts'
import { spfText } from './spf-text.ts'
import { textWidth } from './wrapped.ts'

/** `letterlock spf explain`: the tree of an SPF record. */
export const command: Command = {
  name: 'spf',
  summary: 'explain the SPF record of a domain: the tree of includes with its look-ups',
  usage: ['spf explain DOMAIN', 'spf explain DOMAIN --ip ADDRESS [--helo NAME] [--mail-from ADDRESS]'],
  description: [
    'Shows the record, every record it includes or leads to, and what each term stands for.',
    'The number before a term is how many of the ten look-ups it takes, for a server that nothing matches.',
    'With --ip it says which term decides for that address.',
  ],
  formats: ['text', 'json'],
  flags: { ...sessionFlags, ...dnsFlags },
  exitCodes: {
    0: 'receivers can use the record; with --ip: the address may send',
    2: 'they cannot; with --ip: the address may not send, or the record does not say',
    5: 'could not be determined: DNS did not answer',
  },
  async run(context) {
    const [action, given, ...more] = context.arguments
    if (action !== 'explain' || given === undefined || more.length > 0)
      throw usageError('what shall be explained?', 'letterlock spf explain example.org')
    const domain = normaliseDomain(given)
    if (domain === null) throw usageError(`${printable(given)} is no domain`)
    const dns = await dnsOfFlags(context)
    try {
      const question = {
        domain,
        ...sessionOfFlags(context),
        now: Math.floor(Date.now() / 1000),
        signal: context.signal,
      }
      if (question.ip === null && (question.helo !== null || question.mailFrom !== null))
        throw usageError('--helo and --mail-from need --ip')
      return await explain(context, question, dns)
    } finally {
      await dns.close()
    }
  },
}

async function explain(context: CommandContext, question: SpfQuestion, dns: DnsSource): Promise<ExitCode> {
  const lookups = new RecordedLookups(dns.resolver)
  const explanation = await explainSpfRecord(question, lookups)
  const exit = exitOf(explanation)
  if (context.format === 'json') await context.output.json(document(question, explanation, { dns, lookups, exit }))
  else {
    const outside = dns.zones.length === 0 ? [] : lookups.outside(dns.zones)
    const name = domainToUnicode(question.domain)
    await context.output.write(
      spfText({ ...question, name }, explanation, { source: dns.text, outside, width: textWidth() }),
    )
  }
  return exit
}

/** A record that cannot be used is a no; what an address may do goes before what the tree leaves open. */
function exitOf({ tree, evaluation }: SpfExplanation): ExitCode {
  if (evaluation !== null) {
    if (evaluation.result === 'pass') return exitCodes.ok
    return evaluation.result === 'temperror' ? exitCodes.undetermined : exitCodes.no
  }
  return joinExitCodes(tree.problems.map(exitOfProblem))
}

function exitOfProblem({ level }: SpfTreeProblem): ExitCode {
  if (level === 'error') return exitCodes.no
  return level === 'unknown' ? exitCodes.undetermined : exitCodes.ok
}

function document(
  { domain, ip }: SpfQuestion,
  { tree, evaluation }: SpfExplanation,
  about: { readonly dns: DnsSource; readonly lookups: RecordedLookups; readonly exit: ExitCode },
): SpfExplainDocument {
  return {
    schema: 'letterlock.spf-explain/1',
    domain,
    lookups: tree.root.lookups,
    voidLookups: tree.root.voidLookups,
    tree: treeDocument(tree.root),
    problems: [...tree.problems],
    check:
      evaluation === null || ip === null
        ? null
        : {
            ip: formatIpAddress(ip),
            result: evaluation.result,
            matched: matchPath(evaluation.matched).map(({ domain: at, term, at: octet }) => ({
              domain: at,
              term,
              at: octet,
            })),
            problem: evaluation.problem,
            explanation: evaluation.explanation,
            terms: evaluation.terms,
            voidLookups: evaluation.voidLookups,
          },
    dns: { source: about.dns.text, lookups: [...about.lookups.list()] },
    exit: about.exit,
  }
}
