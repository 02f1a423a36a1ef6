import { reportMail } from '../test/made-reports.ts'
import { powerLaw, randomNumbers } from './report-steps.ts'

/*
 * Report mails of about 7 KB with 25 records, as a year of real mail brings them:
 *
 * - 200 domains and 40 reporters by a power law, about 1,100 reports a day (10 million records a year).
 * - Each domain sends by 10 of 40 services, the first of them most. A service has 50 addresses and one selector for each
 *   domain. The larger ones of 300 real reports (15 records and more) have each 4 sets of DKIM results, 2 of SPF results
 *   and 2 senders in the middle; these have more of all, not fewer.
 * - 15 % of the records come from forgers: from 200,000 addresses by a power law. In a year an address is met 50 times,
 *   so that 2 % of the records bring a new one; here it is 8 % and more, for a run is only some weeks of the year.
 */

const domains = 200
const reporters = 40
const forgers = 200_000
const services = 40
const servicesOfDomain = 10
const addressesOfService = 50
const reportsOfDay = 1_100
const firstSecond = 1_764_547_200

export const recordsOfMail = 25

/** Ever the same mail for the same number. */
export function numberedMail(number: number): Buffer {
  const random = randomNumbers(number)
  const domainAt = powerLaw(random, domains)
  const domain = `domain${domainAt}.example`
  const reporter = `receiver${powerLaw(random, reporters)}.example`
  const begin = firstSecond + Math.floor(number / reportsOfDay) * 86_400
  const records = Array.from({ length: recordsOfMail }, () => recordXml(random, domain, domainAt))
  return reportMail({ id: `bench-${number}`, domain, reporter, begin }, records)
}

function recordXml(random: () => number, domain: string, domainAt: number): string {
  const isForged = random() < 0.15
  const service = (domainAt * 7 + powerLaw(random, servicesOfDomain)) % services
  const count = 1 + Math.floor(random() * 40)
  return isForged
    ? forgedXml(powerLaw(random, forgers), count, domain)
    : sentXml({ random, count, domain, domainAt, service })
}

function forgedXml(forger: number, count: number, domain: string): string {
  const ip = `${11 + (forger >> 16)}.${(forger >> 8) & 255}.${forger & 255}.${(forger * 7) & 255}`
  return `  <record>
    <row>
      <source_ip>${ip}</source_ip><count>${count}</count>
      <policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated>
    </row>
    <identifiers><envelope_from>${domain}</envelope_from><header_from>${domain}</header_from></identifiers>
    <auth_results>
      <spf><domain>${domain}</domain><scope>mfrom</scope><result>softfail</result></spf>
    </auth_results>
  </record>
`
}

/** Mail of a service: the domain's own signature, now and then broken on the way, and a bounce address of either. */
function sentXml(of: {
  readonly random: () => number
  readonly count: number
  readonly domain: string
  readonly domainAt: number
  readonly service: number
}): string {
  const { random, count, domain, domainAt, service } = of
  const ip = `198.51.${service}.${Math.floor(random() * addressesOfService)}`
  const dkim = random() < 0.9 ? 'pass' : 'fail'
  // Whether a service returns bounces to the domain itself is a matter of set-up.
  const isOwnEnvelope = (domainAt + service) % 2 === 0
  const envelope = isOwnEnvelope ? domain : `bounce.esp${service}.example`
  return `  <record>
    <row>
      <source_ip>${ip}</source_ip><count>${count}</count>
      <policy_evaluated><disposition>none</disposition><dkim>${dkim}</dkim><spf>${isOwnEnvelope ? 'pass' : 'fail'}</spf></policy_evaluated>
    </row>
    <identifiers><envelope_from>${envelope}</envelope_from><header_from>${domain}</header_from></identifiers>
    <auth_results>
      <dkim><domain>${domain}</domain><selector>s${service}</selector><result>${dkim}</result></dkim>
      <dkim><domain>esp${service}.example</domain><selector>k${service % 3}</selector><result>pass</result></dkim>
      <spf><domain>${envelope}</domain><scope>mfrom</scope><result>pass</result></spf>
    </auth_results>
  </record>
`
}
