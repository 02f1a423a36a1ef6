import type { Alignment, DmarcEvaluation } from '@letterlock/protocols'

/** The alignment of one identifier with one Author Domain; null where DMARC compared nothing. */
export function alignmentOf(evaluation: DmarcEvaluation, method: 'dkim' | 'spf', domain: string): Alignment | null {
  const name = plain(domain)
  const { alignments } = evaluation.rfc9989
  return alignments.find(({ identifier }) => identifier.method === method && plain(identifier.domain) === name) ?? null
}

/** Why an identifier counts for a domain in From or does not, one sentence for each Author Domain. */
export function alignmentSentences(
  evaluations: readonly DmarcEvaluation[],
  method: 'dkim' | 'spf',
  domain: string,
): readonly string[] {
  return evaluations.flatMap(evaluation => {
    const alignment = alignmentOf(evaluation, method, domain)
    return alignment === null ? [] : [alignmentSentence(evaluation, alignment)]
  })
}

function alignmentSentence({ authorDomain, rfc9989 }: DmarcEvaluation, alignment: Alignment): string {
  const { identifier, isAligned, mode, organizationalDomain } = alignment
  const name = plain(identifier.domain)
  const tag = identifier.method === 'dkim' ? 'adkim=s' : 'aspf=s'
  if (isAligned === null)
    return `Whether ${name} belongs to ${authorDomain} could not be determined: DNS did not answer.`
  const counts = identifier.result === 'pass' ? 'so it counts for DMARC' : 'so it would count for DMARC if it held'
  if (isAligned && name === plain(authorDomain)) return `${name} is the domain in From, ${counts}.`
  if (isAligned)
    return `${name} belongs to the same organisation as ${authorDomain} (${organizationalDomain ?? rfc9989.organizationalDomain}), ${counts}.`
  if (mode === 'strict')
    return `${name} is not exactly ${authorDomain}, and that domain asks for equal names (${tag}), so it does not count for DMARC.`
  return `${name} is not ${authorDomain}, nor of the same organisation, so it does not count for DMARC.`
}

function plain(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, '')
}
