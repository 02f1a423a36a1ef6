import {
  Authentication,
  type AuthenticationReport,
  checkHost,
  decodeEncodedWords,
  evaluateDmarc,
  type HeaderBlock,
  headerBlockLimit,
  headerFieldsLimit,
  normaliseDomain,
  type RawField,
  rawFieldsOf,
  readHeaderBlock,
  type SpfFinding,
} from '@letterlock/protocols'
import { getDomain } from 'tldts'
import { RecordedLookups } from './recorded-lookups.ts'
import { type GivenSession, type KnownSession, knownSession } from './session.ts'
import { sessionOfHeaders } from './session-of-headers.ts'

/** Header fields that a person knows a message by; shown, never judged. */
export interface MessageHead {
  readonly from: readonly string[]
  readonly subject: string | null
  readonly date: string | null
  readonly messageId: string | null
  /** ARC-Authentication-Results, unfolded, from the top. */
  readonly forwarderResults: readonly string[]
}

/** Everything that was found out about one message. */
export interface AuthenticatedMessage {
  readonly name: string
  readonly number: number | null
  readonly bytes: number
  readonly head: MessageHead
  readonly session: KnownSession
  readonly report: AuthenticationReport
  /**
   * Whether DMARC's `fail` stands: false where SPF was not tested and could still make it pass. `fail` is proven all the
   * same where the bounce address is known and its domain could never align.
   */
  readonly isFailProven: boolean
  readonly lookups: RecordedLookups
}

export interface MessageOptions {
  readonly name: string
  /** Place in an mbox, from 1 on. */
  readonly number?: number
  readonly given: GivenSession
  /** Takes what is not given from Received and Return-Path. */
  readonly usesHeaders: boolean
  readonly resolver: ConstructorParameters<typeof RecordedLookups>[0]
  /** Seconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal
}

/** Why a text was not taken for a message; `at` is an offset in octets. */
export interface MessageFault {
  readonly code: 'no-message' | 'header-long' | 'message-long'
  readonly at: number
  readonly text: string
}

export type ReadMessage =
  | { readonly ok: true; readonly message: AuthenticatedMessage }
  | { readonly ok: false; readonly fault: MessageFault }

/** Seconds for all questions of one message (SPF-074 asks for 20 at least); what is open then is undetermined. */
export const messageSeconds = 60

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Authenticates one message while its octets come in: it holds the header, and of the body one piece at a time. A
 * message whose header lines end with bare line feeds is brought into the form that travels, with CRLF.
 */
export class MessageReader {
  readonly #options: MessageOptions
  readonly #lookups: RecordedLookups
  #start: Buffer[] = []
  #startSize = 0
  #bytes = 0
  #begun: Begun | null = null
  #fault: MessageFault | null = null
  #hasReturn = false
  readonly #signal: AbortSignal

  constructor(options: MessageOptions) {
    this.#options = options
    this.#lookups = new RecordedLookups(options.resolver)
    const limit = AbortSignal.timeout(messageSeconds * 1000)
    this.#signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit])
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#fault !== null) return
    if (this.#begun !== null) {
      this.#body(this.#begun, chunk)
      return
    }
    this.#start.push(Buffer.from(chunk))
    this.#startSize += chunk.length
    const start = Buffer.concat(this.#start)
    this.#start = [start]
    if (hasWholeHeader(start) || this.#startSize > headerBlockLimit) this.#begin(start)
  }

  async end(): Promise<ReadMessage> {
    if (this.#begun === null && this.#fault === null) this.#begin(Buffer.concat(this.#start))
    const begun = this.#begun
    if (begun === null)
      return { ok: false, fault: this.#fault ?? { code: 'no-message', at: 0, text: 'it is no message' } }
    const { authentication, session, head } = begun
    const report = await this.#completed(await authentication.end(), session)
    const { name, number = null } = this.#options
    const isFailProven = report.spf !== null || (await this.#failsAnyway(report, session))
    return {
      ok: true,
      message: { name, number, bytes: this.#bytes, head, session, report, isFailProven, lookups: this.#lookups },
    }
  }

  #begin(start: Buffer): void {
    const block = readHeaderBlock(start)
    this.#fault = headerFault(start, block)
    if (this.#fault !== null) return
    const { given, usesHeaders, now } = this.#options
    const session = knownSession(given, usesHeaders ? sessionOfHeaders(block, given.ip) : null, now)
    const fields = rawFieldsOf(start, block)
    const authentication = new Authentication(fields, wholeSession(session), {
      resolver: this.#lookups,
      now: session.arrivedAt,
      checksHelo: true,
      registeredDomain,
      signal: this.#signal,
    })
    const first = start.indexOf(lineFeed)
    const isBare = first !== -1 && start[first - 1] !== carriageReturn
    this.#begun = { authentication, session, head: headOf(block, fields), isBare }
    this.#start = []
    this.#body(this.#begun, start.subarray(block.bodyAt))
  }

  #body({ authentication, isBare }: Begun, chunk: Uint8Array): void {
    if (chunk.length === 0) return
    authentication.body(isBare ? this.#withCrlf(chunk) : chunk)
    this.#hasReturn = chunk[chunk.length - 1] === carriageReturn
  }

  #withCrlf(chunk: Uint8Array): Buffer {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
    // A CR at the end of the piece before belongs to the line feed that begins this one.
    const rest = this.#hasReturn && text.startsWith('\n') ? text.slice(1) : null
    const crlf = (rest ?? text).replace(/\r?\n/g, '\r\n')
    return Buffer.from(rest === null ? crlf : `\n${crlf}`, 'latin1')
  }

  /** Where MAIL FROM is not known, the HELO name may be tested by itself; it never counts for DMARC. */
  async #completed(report: AuthenticationReport, session: KnownSession): Promise<AuthenticationReport> {
    const { ip, helo, mailFrom } = session
    if (report.spf !== null || ip === null || helo === null || mailFrom !== null) return report
    const domain = normaliseDomain(helo)
    const evaluation = await checkHost(
      { ip, domain: domain ?? helo, sender: `postmaster@${helo}`, helo, now: session.arrivedAt },
      { resolver: this.#lookups, signal: this.#signal },
    )
    const found: SpfFinding = { identity: 'helo', domain, evaluation }
    return { ...report, helo: found }
  }

  /** SPF stands in as undetermined: where DMARC fails all the same, no SPF result could have changed it. */
  async #failsAnyway(report: AuthenticationReport, { mailFrom, helo }: KnownSession): Promise<boolean> {
    const written = mailFrom === '' ? helo : mailFrom === null ? null : mailFrom.slice(mailFrom.lastIndexOf('@') + 1)
    if (report.dmarc.result !== 'fail' || written === null || report.author.kind !== 'domains') return false
    const domain = normaliseDomain(written)
    if (domain === null) return false
    const identifiers = [
      ...(report.dmarc.evaluations[0]?.rfc9989.alignments.map(({ identifier }) => identifier) ?? []),
      { method: 'spf', domain, result: 'temperror' } as const,
    ]
    const again = await Promise.all(
      report.author.domains.map(authorDomain =>
        evaluateDmarc({ authorDomain, identifiers }, { resolver: this.#lookups, registeredDomain }),
      ),
    )
    return again.some(({ rfc9989 }) => rfc9989.result === 'fail')
  }
}

interface Begun {
  readonly authentication: Authentication
  readonly session: KnownSession
  readonly head: MessageHead
  readonly isBare: boolean
}

/** DCHG-001: the registered name by the ICANN part of the public suffix list. */
export function registeredDomain(name: string): string | null {
  return getDomain(name, { allowPrivateDomains: false, validateHostname: false })
}

/** SPF needs the address and the bounce address; HELO stands in for a null path. */
function wholeSession({ ip, helo, mailFrom }: KnownSession) {
  if (ip === null || mailFrom === null || (mailFrom === '' && helo === null)) return null
  return { ip, helo: helo ?? 'unknown', mailFrom }
}

function hasWholeHeader(start: Buffer): boolean {
  return (
    start.includes('\n\n') || start.includes('\n\r\n') || start[0] === lineFeed || start.subarray(0, 2).equals(crlf)
  )
}

const crlf = Buffer.from('\r\n')

function headerFault(start: Buffer, block: HeaderBlock): MessageFault | null {
  if (start.length === 0) return { code: 'no-message', at: 0, text: 'it is empty' }
  if (block.fields.length === 0)
    return {
      code: 'no-message',
      at: 0,
      text: 'it does not begin with a header field such as "From: a@example.org", so it is no message',
    }
  // A second From field may stand behind what is read, so nothing may be said of such a message.
  if (block.isCut)
    return {
      code: 'header-long',
      at: Math.min(start.length, headerBlockLimit),
      text: `its header has more than ${headerBlockLimit} octets or ${headerFieldsLimit} fields; it is not judged by a part of it`,
    }
  return null
}

function headOf(block: HeaderBlock, fields: readonly RawField[]): MessageHead {
  const shown = (name: string) => {
    const value = block.get(name)
    return value === null ? null : decodeEncodedWords(value)
  }
  return {
    from: block.all('from').map(decodeEncodedWords),
    subject: shown('subject'),
    date: shown('date'),
    messageId: block.get('message-id'),
    forwarderResults: fields
      .filter(field => field.name === 'arc-authentication-results')
      .map(field =>
        field.text
          .slice(field.text.indexOf(':') + 1)
          .replace(/\r\n/g, '')
          .trim(),
      ),
  }
}
