import type { AuthResult, ReasonType } from '@letterlock/protocols'
import type { DaysBack } from './cast.ts'

export interface DemoDkim {
  readonly domain: string
  readonly selector: string
  readonly result: AuthResult
}

/** One way in which messages of a stream authenticate. */
export interface DemoWay {
  /** Its share of the stream. */
  readonly share: number
  readonly dkim: readonly DemoDkim[]
  readonly spf: { readonly domain: string; readonly result: AuthResult }
  /** An override that some receivers apply to it. */
  readonly override?: ReasonType
}

/** Mail of one origin under one domain. */
export interface DemoStream {
  /** Policy Domain. */
  readonly domain: string
  readonly headerFrom: string
  readonly perDay: number
  /** Factor for Saturday and Sunday. */
  readonly weekend: number
  /** First and last day; all days where absent. */
  readonly since?: DaysBack
  readonly until?: DaysBack
  /** Factors for single days. */
  readonly peaks?: Readonly<Record<DaysBack, number>>
  readonly sources: readonly (readonly [ip: string, weight: number])[]
  readonly ways: readonly DemoWay[]
}

const pass = (domain: string, selector: string): DemoDkim => ({ domain, selector, result: 'pass' })
const failing = (domain: string, selector: string): DemoDkim => ({ domain, selector, result: 'fail' })

const northmailSources: DemoStream['sources'] = [
  ['192.0.2.10', 4],
  ['192.0.2.11', 3],
  ['192.0.2.12', 2],
  ['2001:db8:10::1', 3],
]
const parcelwireSources: DemoStream['sources'] = [
  ['198.51.100.20', 3],
  ['198.51.100.21', 3],
  ['198.51.100.22', 1],
]
const tidingsSources: DemoStream['sources'] = [
  ['198.51.100.40', 1],
  ['198.51.100.41', 1],
]

/** Some dozen addresses of one range, the first ones busier. */
function range(prefix: string, first: number, count: number): DemoStream['sources'] {
  return Array.from({ length: count }, (_, index) => [`${prefix}${first + index}`, 1 / (1 + index / 6)] as const)
}

function northmail(domain: string, perDay: number): DemoStream {
  const both = [pass(domain, 'northmail'), pass('northmail.example', 'nm1')]
  return {
    domain,
    headerFrom: domain,
    perDay,
    weekend: 0.3,
    sources: northmailSources,
    ways: [
      { share: 0.975, dkim: both, spf: { domain, result: 'pass' } },
      { share: 0.018, dkim: both, spf: { domain, result: 'temperror' } },
      { share: 0.007, dkim: [pass('northmail.example', 'nm1')], spf: { domain: 'northmail.example', result: 'pass' } },
    ],
  }
}

function parcelwire(domain: string, perDay: number): DemoStream {
  return {
    domain,
    headerFrom: domain,
    perDay,
    weekend: 0.8,
    sources: parcelwireSources,
    ways: [
      {
        share: 0.995,
        dkim: [pass(domain, 'pw1'), pass('parcelwire.example', 'p2026')],
        spf: { domain: `bounce.${domain}`, result: 'pass' },
      },
      {
        share: 0.005,
        dkim: [pass(domain, 'pw2'), pass('parcelwire.example', 'p2026')],
        spf: { domain: `bounce.${domain}`, result: 'softfail' },
      },
    ],
  }
}

/** A newsletter goes out on few days: `peaks` over a quiet base. Its return path is the vendor's, so only DKIM aligns. */
function tidings(domain: string, headerFrom: string, peaks: Readonly<Record<DaysBack, number>>): DemoStream {
  return {
    domain,
    headerFrom,
    perDay: 60,
    weekend: 0.5,
    peaks,
    sources: tidingsSources,
    ways: [
      {
        share: 1,
        dkim: [pass(headerFrom, 'td2026'), pass('tidings.example', 'k1')],
        spf: { domain: 'bounce.tidings.example', result: 'pass' },
      },
    ],
  }
}

/** A list changes subject and body, so the signature of the author survives on a part of its mail only. */
function mailingList(domain: string, perDay: number): DemoStream {
  const spf = { domain: 'lists.uni.example', result: 'pass' } as const
  return {
    domain,
    headerFrom: domain,
    perDay,
    weekend: 0.4,
    sources: [['198.51.100.150', 1]],
    ways: [
      { share: 0.68, dkim: [pass(domain, 'northmail'), pass('lists.uni.example', 'l1')], spf },
      {
        share: 0.32,
        dkim: [failing(domain, 'northmail'), pass('lists.uni.example', 'l1')],
        spf,
        override: 'mailing_list',
      },
    ],
  }
}

function forwarder(domain: string, perDay: number): DemoStream {
  const spf = { domain: 'relay.alumni.example', result: 'pass' } as const
  return {
    domain,
    headerFrom: domain,
    perDay,
    weekend: 0.5,
    sources: [['198.51.100.160', 1]],
    ways: [
      { share: 0.86, dkim: [pass(domain, 's2025')], spf },
      { share: 0.14, dkim: [failing(domain, 's2025')], spf, override: 'forwarded' },
    ],
  }
}

function forger(stream: Omit<DemoStream, 'weekend' | 'headerFrom' | 'ways'>): DemoStream {
  return {
    ...stream,
    headerFrom: stream.domain,
    weekend: 1,
    ways: [
      {
        share: 0.85,
        dkim: [],
        spf: { domain: stream.domain, result: stream.domain === 'parked.example' ? 'fail' : 'softfail' },
      },
      { share: 0.15, dkim: [], spf: { domain: 'bulk.invalid', result: 'none' } },
    ],
  }
}

/** Everything that sends as the domains of the demonstration. */
export const demoStreams: readonly DemoStream[] = [
  // example.com: all in order, at reject.
  northmail('example.com', 1900),
  parcelwire('example.com', 1500),
  tidings('example.com', 'news.example.com', { 2: 55, 9: 60, 16: 58, 23: 62, 30: 56, 37: 60, 44: 54, 51: 59, 58: 57 }),
  {
    domain: 'example.com',
    headerFrom: 'example.com',
    perDay: 240,
    weekend: 0.9,
    sources: [
      ['192.0.2.25', 3],
      ['2001:db8:1::25', 2],
    ],
    ways: [
      { share: 0.99, dkim: [pass('example.com', 'mail2025')], spf: { domain: 'example.com', result: 'pass' } },
      { share: 0.01, dkim: [failing('example.com', 'mail2025')], spf: { domain: 'example.com', result: 'pass' } },
    ],
  },
  mailingList('example.com', 40),
  forger({ domain: 'example.com', perDay: 22, sources: range('203.0.113.', 200, 40) }),

  // example.org: the office is in order; an invoice service was forgotten, surveys nobody knows of, and a forger.
  northmail('example.org', 820),
  parcelwire('example.org', 310),
  {
    domain: 'example.org',
    headerFrom: 'example.org',
    perDay: 290,
    weekend: 0.35,
    since: 17,
    sources: [
      ['198.51.100.64', 5],
      ['198.51.100.65', 3],
      ['192.0.2.188', 1],
    ],
    ways: [
      {
        share: 0.88,
        dkim: [pass('ledgerly.example', 's2025a')],
        spf: { domain: 'bounce.ledgerly.example', result: 'pass' },
      },
      {
        share: 0.12,
        dkim: [pass('ledgerly.example', 's2025a')],
        spf: { domain: 'bounce.us.ledgerly.example', result: 'softfail' },
      },
    ],
  },
  {
    domain: 'example.org',
    headerFrom: 'example.org',
    perDay: 70,
    weekend: 0.4,
    since: 20,
    sources: [['192.0.2.96', 1]],
    ways: [{ share: 1, dkim: [], spf: { domain: 'send.surveyhut.example', result: 'pass' } }],
  },
  mailingList('example.org', 95),
  forwarder('example.org', 50),
  forger({
    domain: 'example.org',
    perDay: 55,
    peaks: { 10: 3, 11: 26, 12: 24, 13: 6 },
    sources: range('203.0.113.', 1, 60),
  }),

  // example.net: moved to quarantine; what arrives there meets the trouble of its second MX (see tls.ts).
  northmail('example.net', 480),
  tidings('example.net', 'example.net', { 4: 20, 18: 22, 32: 19, 46: 21 }),
  forger({ domain: 'example.net', perDay: 9, sources: range('203.0.113.', 220, 20) }),

  // shop.example: all mail of one service, still in testing.
  parcelwire('shop.example', 260),
  forwarder('shop.example', 4),

  // parked.example sends nothing: whatever comes is forged.
  forger({ domain: 'parked.example', perDay: 14, peaks: { 33: 12, 34: 9 }, sources: range('203.0.113.', 100, 40) }),
]
