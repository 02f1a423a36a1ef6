import type { SenderAnswer } from '@letterlock/contract'
import type { EvidenceGroup } from './sender-evidence.ts'

export type ReasonCount = SenderAnswer['data']['reasons'][number]
type Code = ReasonCount['code']

/** Why messages do not align, in words. `%` stands for the domains that were met. */
const reasonTexts: Readonly<Record<Code, string>> = {
  'signs-own-domain': 'It signs with % instead of your domain, so DKIM passes but does not align.',
  'aligned-signature-fails':
    'A signature of your domain is there but does not verify: changed on the way, such as by a list or a forwarder, or the key is wrong.',
  'no-signature': 'It does not sign at all.',
  'envelope-own-domain': 'The envelope domain is %, so SPF passes but does not align.',
  'spf-fails': 'SPF does not pass: the address is not in the record of the envelope domain.',
  'spf-error': 'SPF could not be evaluated: a temporary or permanent error of the record.',
  'no-spf-result': 'No SPF result: the envelope domain has no record, or the reporter gave none.',
  forwarded: 'The reporter names forwarding or a mailing list as the reason.',
  'nothing-passes': 'Neither DKIM nor SPF passes for any domain.',
  'verdict-missing': 'The verdict is missing or contradicts the results, so it counts as unknown.',
}

const forwardingTypes: ReadonlySet<string> = new Set(['forwarded', 'trusted_forwarder', 'mailing_list'])

/** Domains named in one reason. */
const namedDomainsLimit = 3

/** Why the messages that do not align fail; a message counts under every reason that holds for it. */
export function failureReasons(
  groups: readonly EvidenceGroup[],
  isOwn: (name: string, group: EvidenceGroup) => boolean,
): readonly ReasonCount[] {
  const counts = new Map<Code, { messages: number; domains: Map<string, number> }>()
  for (const group of groups) {
    for (const [code, domains] of reasonsOf(group, name => isOwn(name, group))) {
      const entry = counts.get(code) ?? { messages: 0, domains: new Map<string, number>() }
      counts.set(code, entry)
      entry.messages += group.messages
      for (const domain of domains) entry.domains.set(domain, (entry.domains.get(domain) ?? 0) + group.messages)
    }
  }
  return [...counts]
    .map(([code, { messages, domains }]) => ({ code, text: reasonText(code, domains), messages }))
    .sort((a, b) => b.messages - a.messages)
}

function reasonText(code: Code, domains: ReadonlyMap<string, number>): string {
  const names = [...domains].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const more = names.length - namedDomainsLimit
  const shown = names.slice(0, namedDomainsLimit).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return reasonTexts[code].replace('%', () => shown)
}

function reasonsOf(group: EvidenceGroup, isOwn: (name: string) => boolean): ReadonlyMap<Code, readonly string[]> {
  const found = new Map<Code, readonly string[]>()
  if (group.alignment === 'unknown') return found.set('verdict-missing', [])
  if (group.alignment !== 'none') return found
  if (group.reasons.some(reason => forwardingTypes.has(reason.type))) found.set('forwarded', [])
  const passing = group.dkimResults.filter(result => result.result === 'pass')
  const others = passing.map(result => result.domain).filter(name => name !== null)
  if (group.dkimResults.every(result => result.result === 'none')) found.set('no-signature', [])
  else if (others.length > 0) found.set('signs-own-domain', others)
  if (group.dkimResults.some(one => one.result !== 'pass' && one.domain !== null && isOwn(one.domain)))
    found.set('aligned-signature-fails', [])
  const spf = group.spfResults.filter(result => result.scope !== 'helo')
  const spfPasses = spf.filter(result => result.result === 'pass')
  if (spfPasses.length > 0)
    found.set(
      'envelope-own-domain',
      spfPasses.map(result => result.domain).filter(name => name !== null),
    )
  else if (spf.some(one => one.result === 'temperror' || one.result === 'permerror')) found.set('spf-error', [])
  else if (spf.some(one => ['fail', 'softfail', 'neutral', 'policy'].includes(one.result))) found.set('spf-fails', [])
  else found.set('no-spf-result', [])
  if (passing.length + spfPasses.length === 0) found.set('nothing-passes', [])
  return found
}
