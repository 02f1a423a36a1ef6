import { formatIpAddress, type IpAddress } from '../ip-address.ts'
import type { SpfEvaluation } from './evaluation.ts'

/** What a Received-SPF field tells besides the result. */
export interface ReceivedSpf {
  readonly evaluation: Pick<SpfEvaluation, 'result' | 'domain' | 'matched' | 'problem'>
  readonly identity: 'mailfrom' | 'helo'
  readonly ip: IpAddress
  /** As given in the session. */
  readonly helo: string
  /** Reverse-path without angle brackets; told where MAIL FROM was checked. */
  readonly envelopeFrom: string
  /** FQDN of the receiving host. */
  readonly receiver: string
}

/** Characters of one value that are told: what the sender chose must not fill the header (SPF-105). */
export const receivedSpfValueLimit = 200

const dotAtom = /^[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+(?:\.[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+)*$/

/**
 * Writes a Received-SPF field without the final CRLF (RFC 7208 s9.1). It goes above every other field of that name and
 * above the Received field of this server (SPF-101, SPF-102). Octets that a quoted string cannot hold become `?`.
 */
export function formatReceivedSpf({ evaluation, identity, ip, helo, envelopeFrom, receiver }: ReceivedSpf): string {
  const { result, matched, problem } = evaluation
  const pairs: readonly (readonly [key: string, value: string])[] = [
    ['client-ip', formatIpAddress(ip)],
    ...(identity === 'mailfrom' ? [['envelope-from', envelopeFrom] as const] : []),
    ['helo', helo],
    ['identity', identity],
    ['mechanism', matched === null ? 'default' : matched.term],
    ['receiver', receiver],
    ...(problem === null ? [] : [['problem', problem.text] as const]),
  ]
  const lines = pairs.map(([key, value]) => `${key}=${formatValue(value)}`)
  return `Received-SPF: ${result} (${commentOf(evaluation)})\r\n\t${lines.join(';\r\n\t')}`
}

function formatValue(value: string): string {
  const text = printable(value)
  return dotAtom.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The domain is text of the sender: in a comment neither parentheses nor backslashes of it may count. */
function commentOf({ result, domain }: ReceivedSpf['evaluation']): string {
  return `SPF of ${printable(domain).replace(/[()\\]/g, '?')} is ${result}`
}

function printable(text: string): string {
  return text.slice(0, receivedSpfValueLimit).replace(/[^ -~]/g, '?')
}
