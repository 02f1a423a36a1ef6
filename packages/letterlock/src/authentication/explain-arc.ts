import type { ExplanationStep } from '@letterlock/contract'
import type { AuthenticatedMessage } from './read-message.ts'

/** Step 5: what forwarders vouch for. */
export function explainArc({ report, head }: AuthenticatedMessage): ExplanationStep {
  const { arc } = report
  const sealers = arc.sets.map(({ seal }) => seal.seal.domain)
  return {
    id: 'arc',
    title: 'ARC: what do forwarders vouch for?',
    verdict: arc.result === 'none' ? 'not applicable' : arc.result,
    result: arc.result,
    claim: { level: 'derived', text: 'from the message and DNS' },
    sentences: sentencesOf(arc, sealers),
    parts: [],
    facts: [
      ...(arc.result === 'fail' ? [{ name: 'Problem', value: arc.text }] : []),
      ...(sealers.length === 0 ? [] : [{ name: 'Sealed by', value: sealers.join(', then ') }]),
      // Of the first forwarder: what it saw is what changed on the way since.
      ...head.forwarderResults
        .filter(value => /^i\s*=\s*1\s*;/.test(value))
        .map(value => ({ name: 'The first one noted', value })),
    ],
  }
}

function sentencesOf(arc: AuthenticatedMessage['report']['arc'], sealers: readonly string[]): string[] {
  switch (arc.result) {
    case 'none':
      return ['Nothing. No forwarder left a record of what it saw.']
    case 'fail':
      if (arc.code === 'arc-key')
        return ['The key of a forwarder could not be had, so what it noted cannot be checked and counts as nothing.']
      return ['The record that forwarders left is broken, so it counts as none.']
    case 'pass':
      return [
        `${sealers.length === 1 ? 'One forwarder' : `${sealers.length} forwarders`} noted what arrived, and sealed it. The seals are unbroken.`,
        `That is worth as much as your trust in ${[...new Set(sealers)].join(' and ')}. It never makes DMARC pass; a receiver may let a message in because of it.`,
        ...(arc.oldestPass !== null && arc.oldestPass > 1
          ? [`The message was changed before forwarder ${arc.oldestPass} sealed it, and not after.`]
          : []),
      ]
  }
}
