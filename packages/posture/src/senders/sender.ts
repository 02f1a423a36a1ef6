import type { DkimResult, SpfResult } from '@letterlock/protocols'

/** What named a sender, strongest first. */
export const senderBases = ['service', 'dkim', 'envelope', 'ptr', 'as', 'ip'] as const
export type SenderBasis = (typeof senderBases)[number]

/** A stable key: `service:google-workspace`, `dkim:example.net`, `envelope:…`, `ptr:…`, `as:64511`, `ip:192.0.2.1`. */
export type SenderKey = `${SenderBasis}:${string}`

/** What is known of a source address beside the report; null where it was not looked up or has no answer. */
export interface SourceFacts {
  /** PTR name whose address record leads back to the source. Nothing else names a sender. */
  readonly confirmedPtr: string | null
  readonly asn: number | null
}

/** The evidence of one row that may name its sender. */
export interface SenderEvidence {
  readonly sourceIp: string | null
  readonly headerFrom: string
  readonly dkimResults: readonly DkimResult[]
  readonly spfResults: readonly SpfResult[]
  readonly facts: SourceFacts | null
}

/** The answer, with what it rests on. */
export interface Attribution {
  readonly key: SenderKey
  /** Always inferred: a name is the best explanation, never a proof. */
  readonly basis: 'dkim-domain' | 'dkim-selector' | 'envelope-domain' | 'ptr' | 'asn' | 'address' | 'none'
  /** The value it was read from, such as the d= or the PTR name. */
  readonly from: string | null
}

/**
 * True where a person may say that the sender is theirs: it is named by something proven, or is one address. A whole
 * network (`as:`) holds strangers too, and rows without an address have nothing in common.
 */
export function mayBeOwn(key: SenderKey): boolean {
  return !key.startsWith('as:') && key !== 'ip:unknown'
}

/** A key as it is written, or null for text that is none. */
export function parseSenderKey(text: string): SenderKey | null {
  const colon = text.indexOf(':')
  const basis = senderBases.find(one => one === text.slice(0, colon))
  const value = text.slice(colon + 1)
  return basis === undefined || value === '' ? null : `${basis}:${value}`
}
