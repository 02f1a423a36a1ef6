import type { Disposition, ReasonType } from '@letterlock/protocols'
import { aggregateXml, type DemoRecord, type DemoReport } from './aggregate-xml.ts'
import { type DaysBack, type DemoDomain, type DemoReporter, demoDomains, demoReporters } from './cast.ts'
import { contained, mailOf } from './mail.ts'
import { failureMails, unreadableMail } from './other-mails.ts'
import { drawCount, type Random, randomOf, split } from './random.ts'
import { type DemoStream, type DemoWay, demoStreams } from './streams.ts'
import { tlsDomains, tlsJson } from './tls-json.ts'

const daySeconds = 86400

/** Days of the demonstration: a period of 30 days and half of the one before, to compare with. */
export const demoDays = 45

/** One mail as it came in. */
export interface DemoMail {
  readonly name: string
  /** Seconds since 1970, UTC. */
  readonly receivedAt: number
  readonly bytes: Buffer
}

/**
 * All report mails of the demonstration, oldest first; the last reported day is `lastDay` (days since 1970, UTC).
 * The same day gives the same bytes.
 */
export function* demoMails(lastDay: number): Generator<DemoMail> {
  for (let back = demoDays - 1; back >= 0; back -= 1) {
    const begin = (lastDay - back) * daySeconds
    for (const domain of demoDomains) yield* aggregateMails(domain, back, begin)
    yield* tlsMails(back, begin)
    yield* failureMails(back, begin)
    if (back === 5) yield unreadableMail(begin)
  }
}

function* aggregateMails(domain: DemoDomain, back: DaysBack, begin: number): Generator<DemoMail> {
  const perReporter = recordsOfDay(domain, back, (begin / daySeconds + 4) % 7)
  for (const [place, reporter] of demoReporters.entries()) {
    const records = perReporter[place] ?? []
    if (records.length === 0 || (reporter.silentSince !== undefined && back < reporter.silentSince)) continue
    const report: DemoReport = {
      organization: reporter.organization,
      reporterDomain: reporter.domain,
      reportId: String(Math.floor(randomOf('id', domain.name, reporter.domain, begin)() * 1e16)),
      begin,
      // One reporter covers a little more than a day, as many do.
      end: begin + daySeconds - 1 + (reporter.style.isSloppy === true ? 1200 : 0),
      domain: domain.name,
      policy: policyOn(domain, back),
      records,
    }
    yield aggregateMail(report, reporter)
  }
}

function policyOn(domain: DemoDomain, back: DaysBack): DemoReport['policy'] {
  return domain.policies.findLast(policy => policy.since >= back) ?? { p: 'none', isTesting: false }
}

function aggregateMail(report: DemoReport, reporter: DemoReporter): DemoMail {
  const { style } = reporter
  const name = `${reporter.domain}!${report.domain}!${report.begin}!${report.end}.xml`
  const attachment = contained(name, aggregateXml(report, style), style.container)
  const receivedAt = report.end + 1800 + Math.floor(randomOf('sent', name)() * 7200)
  const bytes = mailOf({
    from: `dmarc-reports@${reporter.domain}`,
    to: 'dmarc@reports.example.com',
    subject: `Report Domain: ${report.domain} Submitter: ${reporter.domain} Report-ID: ${report.reportId}`,
    sentAt: receivedAt,
    id: `${report.reportId}@${reporter.domain}`,
    attachment,
    isBare: style.isBareMail === true,
  })
  return { name: attachment.name, receivedAt, bytes }
}

/** The records of one domain and day, by place of the reporter. */
function recordsOfDay(domain: DemoDomain, back: DaysBack, weekday: number): DemoRecord[][] {
  const perReporter: DemoRecord[][] = demoReporters.map(() => [])
  for (const [number, stream] of demoStreams.entries()) {
    if (stream.domain !== domain.name) continue
    if (back > (stream.since ?? demoDays) || back < (stream.until ?? 0)) continue
    const random = randomOf('stream', number, back)
    const shares = split(
      messagesOf(stream, back, weekday, random),
      demoReporters.map(reporter => reporter.share * (0.85 + 0.3 * random())),
      random,
    )
    for (const [place, reporter] of demoReporters.entries())
      perReporter[place]?.push(...recordsOf({ stream, domain, reporter, back, messages: shares[place] ?? 0, random }))
  }
  return perReporter
}

function messagesOf(stream: DemoStream, back: DaysBack, weekday: number, random: Random): number {
  const isWeekend = weekday === 0 || weekday === 6
  const factor = (isWeekend ? stream.weekend : 1) * (stream.peaks?.[back] ?? 1)
  return drawCount(stream.perDay * factor * (0.85 + 0.3 * random()), random)
}

function recordsOf(from: {
  readonly stream: DemoStream
  readonly domain: DemoDomain
  readonly reporter: DemoReporter
  readonly back: DaysBack
  readonly messages: number
  readonly random: Random
}): DemoRecord[] {
  const { stream, random } = from
  const perWay = split(
    from.messages,
    stream.ways.map(way => way.share),
    random,
  )
  return stream.ways.flatMap((way, wayPlace) => {
    const perSource = split(
      perWay[wayPlace] ?? 0,
      stream.sources.map(([, weight]) => weight),
      random,
    )
    return stream.sources.flatMap(([sourceIp], place) => {
      const count = perSource[place] ?? 0
      return count === 0 ? [] : [recordOf({ ...from, way, sourceIp, count })]
    })
  })
}

function recordOf(from: {
  readonly stream: DemoStream
  readonly domain: DemoDomain
  readonly reporter: DemoReporter
  readonly back: DaysBack
  readonly way: DemoWay
  readonly sourceIp: string
  readonly count: number
  readonly random: Random
}): DemoRecord {
  const { stream, way, reporter, domain, back, random } = from
  const isOwn = (name: string) => name === domain.name || name.endsWith(`.${domain.name}`)
  const isDkimAligned = way.dkim.some(entry => entry.result === 'pass' && isOwn(entry.domain))
  const isSpfAligned = way.spf.result === 'pass' && isOwn(way.spf.domain)
  const isAligned = isDkimAligned || isSpfAligned
  const { disposition, override } = treatment({ policy: policyOn(domain, back), reporter, way, isAligned, random })
  return {
    sourceIp: from.sourceIp,
    count: from.count,
    headerFrom: stream.headerFrom,
    disposition,
    override,
    isDkimAligned,
    isSpfAligned,
    hasVerdict: !(reporter.style.isSloppy === true && !isAligned && random() < 0.3),
    way,
  }
}

/** What the receiver did, and why where that is not what the policy asks for. */
function treatment(from: {
  readonly policy: DemoReport['policy']
  readonly reporter: DemoReporter
  readonly way: DemoWay
  readonly isAligned: boolean
  readonly random: Random
}): { readonly disposition: Disposition; readonly override: ReasonType | null } {
  const { policy, way } = from
  const isNew = from.reporter.style.form === 'rfc9990'
  if (from.isAligned) return { disposition: isNew ? 'pass' : 'none', override: null }
  if (policy.p === 'none') return { disposition: 'none', override: null }
  if (way.override !== undefined && from.random() < 0.7) return { disposition: 'none', override: way.override }
  // Receivers of RFC 9990 know the testing flag and act one step lower (RFC 9989 s4.7).
  if (policy.isTesting && isNew) return { disposition: 'quarantine', override: 'policy_test_mode' }
  // RFC 9989 s7.4: some quarantine what asks for reject.
  if (policy.p === 'reject' && from.random() < 0.25) return { disposition: 'quarantine', override: 'local_policy' }
  return { disposition: policy.p === 'reject' ? 'reject' : 'quarantine', override: null }
}

function* tlsMails(back: DaysBack, begin: number): Generator<DemoMail> {
  for (const domain of tlsDomains) {
    for (const reporter of demoReporters.filter(entry => entry.sendsTls).slice(0, domain.reporters)) {
      const reportId = `${begin}-${domain.domain}-${reporter.domain}`
      const name = `${reporter.domain}!${domain.domain}!${begin}!${begin + daySeconds - 1}.json`
      const attachment = contained(name, tlsJson({ domain, reporter, back, begin, reportId }), 'gz')
      const receivedAt = begin + daySeconds + 900
      const bytes = mailOf({
        from: `tls-reports@${reporter.domain}`,
        to: 'tls@reports.example.com',
        subject: `Report Domain: ${domain.domain} Submitter: ${reporter.domain} Report-ID: <${reportId}>`,
        sentAt: receivedAt,
        id: `${reportId}.tls@${reporter.domain}`,
        attachment: { ...attachment, type: 'application/tlsrpt+gzip' },
        multipart: 'report; report-type=tlsrpt',
      })
      yield { name: attachment.name, receivedAt, bytes }
    }
  }
}
