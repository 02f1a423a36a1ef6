import type { ExplanationStep, Fact } from '@letterlock/contract'
import type { Author, AuthorFault } from '@letterlock/protocols'
import type { AuthenticatedMessage, MessageHead } from './read-message.ts'

/** Why a From field is not evaluated, in plain words. */
const faultWords: Readonly<Record<AuthorFault, string>> = {
  'from-missing': 'The message has no From field, so it does not say who wrote it.',
  'from-repeated': 'The message has several From fields. Mail programs show one or another of them.',
  'from-long': 'The From field is longer than any real one.',
  'from-control': 'The From field holds control characters, which mail programs show in different ways.',
  'from-charset': 'The From field holds bytes that are no text.',
  'from-syntax': 'The From field cannot be read in one way only.',
  'from-route': 'The From field holds a source route, which mail programs show in different ways.',
  'from-domain': 'What stands behind the @ in From is no domain.',
  'from-encoded-word': 'The From field holds an encoded word that decodes to another address or to control characters.',
  'from-hidden': 'Another line of the header looks like a second From field to some mail programs.',
  'from-header-cut': 'The header is longer than any real one, so there may be another From field in it.',
  'from-domains-limit': 'The From field names more domains than any real message.',
  'from-ambiguous-name': 'The name in From looks like another address than the address itself.',
}

/** Step 1: who the message says it is from. */
export function explainFrom({ report, head }: AuthenticatedMessage): ExplanationStep {
  const { author } = report
  return {
    id: 'from',
    title: 'Who it says it is from',
    verdict: author.kind === 'malformed' ? 'fail' : null,
    result: null,
    claim: { level: 'observed', text: 'read from the message' },
    sentences: sentencesOf(author),
    parts: [],
    facts: factsOf(head, author),
  }
}

function sentencesOf(author: Author): string[] {
  switch (author.kind) {
    case 'malformed':
      return [
        faultWords[author.code],
        'A reader and a receiver could understand it in different ways, so no domain is taken from it, and nothing can prove it.',
      ]
    case 'none':
      return ['The From field names no domain, so there is none that could be proven.']
    case 'domains': {
      const [domain = '', ...more] = author.domains
      const [address = '', ...others] = author.addresses
      if (more.length > 0)
        return [
          `The From field names ${author.domains.length} domains: ${author.domains.join(', ')}.`,
          'Each of them has to be proven.',
        ]
      const who = others.length === 0 ? address : `${address} and ${others.length} more addresses`
      return [`Readers see ${who}.`, `So ${domain} is the domain that has to be proven.`]
    }
  }
}

function factsOf({ from, subject, date, messageId }: MessageHead, author: Author): Fact[] {
  return [
    ...from.slice(0, 5).map(value => ({ name: 'From', value })),
    ...(subject === null ? [] : [{ name: 'Subject', value: subject }]),
    ...(date === null ? [] : [{ name: 'Date', value: date }]),
    ...(messageId === null ? [] : [{ name: 'Message-ID', value: messageId }]),
    ...(author.kind === 'malformed' ? [{ name: 'Problem', value: author.text }] : []),
  ]
}
