import type { SpfNodeDocument } from '@letterlock/contract'
import {
  checkHost,
  formatIpAddress,
  type IpAddress,
  normaliseDomain,
  type Resolver,
  type SpfEvaluation,
  type SpfTree,
  type SpfTreeNode,
  type SpfTreeTerm,
  spfTree,
} from '@letterlock/protocols'
import { recordData } from './record-text.ts'

/** What is asked about the record of a domain. */
export interface SpfQuestion {
  /** As A-label. */
  readonly domain: string
  /** Null asks for the tree alone. */
  readonly ip: IpAddress | null
  readonly helo: string | null
  /** Null stands for `postmaster` at the domain. */
  readonly mailFrom: string | null
  /** Seconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal
}

/** The tree of a record and, for an address, what it comes to. */
export interface SpfExplanation {
  readonly tree: SpfTree
  readonly evaluation: SpfEvaluation | null
}

export async function explainSpfRecord(question: SpfQuestion, resolver: Resolver): Promise<SpfExplanation> {
  const { domain, ip, helo, mailFrom, now, signal } = question
  const options = { resolver, ...(signal === undefined ? {} : { signal }) }
  const tree = await spfTree(domain, options)
  if (ip === null) return { tree, evaluation: null }
  const sender = mailFrom === null || mailFrom === '' ? `postmaster@${domain}` : mailFrom
  const check = { ip, domain, sender, helo: helo ?? normaliseDomain(domain) ?? domain, now }
  return { tree, evaluation: await checkHost(check, options) }
}

const allWords = {
  '+': 'every other server: yes',
  '-': 'every other server: no',
  '~': 'every other server: probably not',
  '?': 'every other server: no statement',
} as const

/** What a term says, for somebody who does not know the grammar. An included record only says who is let in. */
export function termWords(term: SpfTreeTerm, isIncluded: boolean): string {
  if (term.isIgnored && term.kind !== 'unknown') return 'never looked at'
  const where = term.target ?? 'a name that is made from each message'
  const says = { '+': '', '-': ': no', '~': ': probably not', '?': ': no statement' }[term.qualifier ?? '+']
  switch (term.kind) {
    case 'all':
      return isIncluded && term.qualifier !== '+' ? 'end of the list' : allWords[term.qualifier ?? '+']
    case 'ip4':
    case 'ip6':
      return `${isOne(term.text) ? 'this address' : 'addresses of this network'}${says}`
    case 'a':
      return `the addresses of ${where}${foundWords(term)}${says}`
    case 'mx':
      return `the mail servers of ${where}${foundWords(term)}${says}`
    case 'include':
      return `those that ${where} lists${says}`
    case 'exists':
      return `servers for which ${where} exists${says}`
    case 'ptr':
      return `servers whose own name is at or below ${where}${says}`
    case 'redirect':
      return `the record of ${where} decides`
    case 'exp':
      return 'text for those who are refused'
    case 'unknown':
      return 'not known, so ignored'
  }
}

function isOne(text: string): boolean {
  return !text.includes('/') || /^.?ip4:.*\/32$|^.?ip6:.*\/128$/i.test(text)
}

/** ` (192.0.2.1, 2001:db8::1)`, the addresses that a term stands for today. */
function foundWords({ questions }: SpfTreeTerm): string {
  const addresses = questions
    .filter(({ type }) => type === 'A' || type === 'AAAA')
    .flatMap(({ found }) => found.map(recordData))
  if (questions.length === 0) return ''
  if (questions.some(({ outcome }) => outcome === 'temporary' || outcome === 'bogus')) return ' (not determined)'
  return addresses.length === 0 ? ' (nothing there)' : ` (${[...new Set(addresses)].join(', ')})`
}

/** The tree for a program: JSON without octets. */
export function treeDocument(node: SpfTreeNode): SpfNodeDocument {
  const { domain, status, record, faultAt, lookups, voidLookups } = node
  return {
    domain,
    status,
    record,
    faultAt,
    lookups,
    voidLookups,
    terms: node.terms.map(term => ({
      text: term.text,
      at: term.at,
      kind: term.kind,
      qualifier: term.qualifier,
      lookups: term.lookups,
      lookupsBelow: term.lookupsBelow,
      voidLookups: term.voidLookups,
      target: term.target,
      dependsOnMessage: term.dependsOnMessage,
      isIgnored: term.isIgnored,
      questions: term.questions.map(({ name, type, found, outcome }) => ({
        name,
        type,
        outcome: outcome === 'temporary' || outcome === 'bogus' ? 'undetermined' : outcome,
        answers: found.map(recordData),
      })),
      child: term.child === null ? null : treeDocument(term.child),
    })),
  }
}

/** One sentence on what the record comes to for an address. */
export function spfAnswer(ip: IpAddress, { result, domain }: SpfEvaluation): string {
  const address = formatIpAddress(ip)
  switch (result) {
    case 'pass':
      return `Yes: ${address} may send for ${domain}.`
    case 'fail':
      return `No: ${address} may not send for ${domain}.`
    case 'softfail':
      return `Probably not: ${domain} does not list ${address}.`
    case 'neutral':
      return `${domain} does not say whether ${address} may send for it.`
    case 'none':
      return `${domain} has no SPF record, so it says nothing of ${address}.`
    case 'temperror':
      return `Whether ${address} may send for ${domain} could not be determined.`
    case 'permerror':
      return `The record cannot be used, so it says nothing of ${address}.`
  }
}
