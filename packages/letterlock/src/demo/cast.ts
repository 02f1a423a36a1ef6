import type { RequestedPolicy } from '@letterlock/protocols'

/** Days are counted backwards from the last reported day, which is 0. */
export type DaysBack = number

export interface DemoDomain {
  readonly name: string
  readonly type: 'sending' | 'parked'
  readonly tags: readonly string[]
  /** Requested policy from a day on; the first entry holds from the beginning. */
  readonly policies: readonly { readonly since: DaysBack; readonly p: RequestedPolicy; readonly isTesting: boolean }[]
}

/** How a reporter departs from the plain form. Each is met in real reports. */
export interface ReporterStyle {
  readonly form: 'rfc7489' | 'rfc9990'
  readonly container: 'gz' | 'zip' | 'xml'
  /** The whole mail is the archive, without parts. */
  readonly isBareMail?: boolean
  readonly hasDeclaration?: boolean
  readonly hasWindowsLines?: boolean
  readonly hasEnvelopes?: boolean
  /** Leaves adkim, aspf and sp out. */
  readonly hasShortPolicy?: boolean
  /** Writes `Pass` and `hardfail`, and at times no verdict. */
  readonly isSloppy?: boolean
  /** Writes the report id as a message id. */
  readonly hasBracketedId?: boolean
}

export interface DemoReporter {
  readonly organization: string
  readonly domain: string
  /** Its share of all mail. */
  readonly share: number
  readonly sendsTls: boolean
  readonly style: ReporterStyle
  /** The day since which nothing has come from it. */
  readonly silentSince?: DaysBack
}

export const demoDomains: readonly DemoDomain[] = [
  {
    name: 'example.com',
    type: 'sending',
    tags: ['main'],
    policies: [{ since: 999, p: 'reject', isTesting: false }],
  },
  {
    name: 'example.org',
    type: 'sending',
    tags: ['main'],
    policies: [{ since: 999, p: 'none', isTesting: false }],
  },
  {
    name: 'example.net',
    type: 'sending',
    tags: ['support'],
    policies: [
      { since: 999, p: 'none', isTesting: false },
      { since: 24, p: 'quarantine', isTesting: false },
    ],
  },
  {
    name: 'shop.example',
    type: 'sending',
    tags: ['shop'],
    policies: [{ since: 999, p: 'reject', isTesting: true }],
  },
  {
    name: 'parked.example',
    type: 'parked',
    tags: [],
    policies: [{ since: 999, p: 'reject', isTesting: false }],
  },
]

export const demoReporters: readonly DemoReporter[] = [
  {
    organization: 'lumenmail.example',
    domain: 'lumenmail.example',
    share: 0.4,
    sendsTls: true,
    style: { form: 'rfc7489', container: 'zip', isBareMail: true },
  },
  {
    organization: 'Skypost Corporation',
    domain: 'skypost.example',
    share: 0.24,
    sendsTls: true,
    style: { form: 'rfc7489', container: 'gz', hasEnvelopes: true },
  },
  {
    organization: 'Yonder',
    domain: 'yonder.example',
    share: 0.1,
    sendsTls: false,
    style: { form: 'rfc7489', container: 'gz' },
    silentSince: 3,
  },
  {
    organization: 'Inboxa',
    domain: 'inboxa.example',
    share: 0.08,
    sendsTls: true,
    style: { form: 'rfc9990', container: 'gz', hasEnvelopes: true },
  },
  {
    organization: 'postfach.example',
    domain: 'postfach.example',
    share: 0.07,
    sendsTls: true,
    style: { form: 'rfc7489', container: 'gz', hasDeclaration: false, hasWindowsLines: true },
  },
  {
    organization: 'Cablenet',
    domain: 'cablenet.example',
    share: 0.05,
    sendsTls: true,
    style: { form: 'rfc7489', container: 'gz', hasBracketedId: true },
  },
  {
    organization: 'Fastletter Pty Ltd',
    domain: 'fastletter.example',
    share: 0.03,
    sendsTls: false,
    style: { form: 'rfc7489', container: 'zip', hasShortPolicy: true },
  },
  {
    organization: 'University of Example',
    domain: 'uni.example',
    share: 0.02,
    sendsTls: false,
    style: { form: 'rfc9990', container: 'xml', hasEnvelopes: true },
  },
  {
    organization: 'hosteria.example',
    domain: 'hosteria.example',
    share: 0.01,
    sendsTls: false,
    style: { form: 'rfc7489', container: 'gz', isSloppy: true },
  },
]

/** What reverse names and an address database would tell about the sources; ranges are reserved (RFC 5737, RFC 3849). */
export interface DemoNetwork {
  readonly matches: RegExp
  readonly ptr: ((ip: string) => string) | null
  readonly asn: number
  readonly asName: string
  readonly country: string
}

const lastPart = (ip: string) => ip.replace(/^.*[.:]/, '')

export const demoNetworks: readonly DemoNetwork[] = [
  network(/^192\.0\.2\.1[0-3]$|^2001:db8:10:/, 'out#.northmail.example', 64500, 'NORTHMAIL', 'DE'),
  network(/^198\.51\.100\.2\d$/, 'mta#.parcelwire.example', 64501, 'PARCELWIRE', 'US'),
  network(/^198\.51\.100\.4\d$/, 'n#.tidings.example', 64502, 'TIDINGS', 'IE'),
  network(/^198\.51\.100\.6\d$/, 'out#.ledgerly.example', 64511, 'LEDGERLY', 'DE'),
  network(/^192\.0\.2\.188$/, 'us#.ledgerly.example', 64496, 'EXAMPLE-CLOUD', 'US'),
  network(/^192\.0\.2\.9\d$/, 'send#.surveyhut.example', 64503, 'SURVEYHUT', 'NL'),
  network(/^192\.0\.2\.25$|^2001:db8:1:/, 'mail.example.com', 64504, 'EXAMPLE-NET', 'DE'),
  network(/^198\.51\.100\.150$/, 'lists.uni.example', 64505, 'EXAMPLE-UNI', 'CH'),
  network(/^198\.51\.100\.160$/, 'relay.alumni.example', 64506, 'EXAMPLE-ALUMNI', 'CH'),
  network(/^203\.0\.113\.\d{1,2}$/, null, 64507, 'EXAMPLE-HOSTING', 'PA'),
  network(/^203\.0\.113\.1\d\d$/, null, 64508, 'EXAMPLE-ACCESS', 'BR'),
  network(/^203\.0\.113\.2\d\d$/, null, 64509, 'EXAMPLE-MOBILE', 'ID'),
]

/** `#` in the reverse name stands for the last part of the address. */
function network(
  matches: RegExp,
  ptr: string | null,
  ...[asn, asName, country]: readonly [number, string, string]
): DemoNetwork {
  return { matches, ptr: ptr === null ? null : ip => ptr.replace('#', lastPart(ip)), asn, asName, country }
}
