import type { DomainAnswer } from '@letterlock/contract'
import { counted, numberText } from './claim.ts'
import { reporterNames } from './dictionary.ts'
import type { ViewContext } from './envelope.ts'
import { dayText } from './time.ts'
import { seenPolicies } from './tls.ts'
import { type HostFailures, hostFailures, hostsClaim, tlsQuietDays } from './tls-matrix.ts'
import { resultWords } from './tls-words.ts'

type Check = DomainAnswer['data']['health'][number]

/** Checks that TLS reports say something about, with the result types that speak of each (RFC 8460 s4.3). */
export const reportedChecks = {
  starttls: ['starttls-not-supported'],
  certificates: ['certificate-host-mismatch', 'certificate-expired', 'certificate-not-trusted'],
  'mta-sts': ['sts-policy-fetch-error', 'sts-policy-invalid', 'sts-webpki-invalid'],
  dane: ['tlsa-invalid', 'dnssec-invalid', 'dane-required'],
} as const satisfies Partial<Record<Check['check'], readonly string[]>>

/** Lines of details: the hosts that fail most. */
const detailsLimit = 5

/** What TLS reports of the domain say about a check. Their silence is no pass: nothing was looked up. */
export interface ReportedTls {
  readonly of: (check: keyof typeof reportedChecks, untested: Check) => Check
}

/** TLS reports of one domain, read once for all checks. */
export async function reportedTls(context: ViewContext): Promise<ReportedTls> {
  const [hosts, policies] = await Promise.all([hostFailures(context), seenPolicies(context)])
  const names = await reporterNames(
    context.db,
    new Set(hosts.flatMap(host => host.cells.flatMap(cell => cell.by.map(({ reporter }) => reporter)))),
  )
  const newest = policies.reduce((day, policy) => Math.max(day, policy.last), 0)
  const isEnforced = policies.some(policy => policy.mode === 'enforce' || policy.type === 'tlsa')
  const applied = policies
    .filter(policy => policy.mode !== null)
    .sort((a, b) => b.last - a.last)
    .at(0)
  return {
    of: (check, untested) => {
      const types: readonly string[] = reportedChecks[check]
      const failing = hosts.flatMap(host => withCells(host, types))
      const policy =
        check === 'mta-sts' && applied !== undefined
          ? `Reporters applied the mode ${applied.mode}, newest ${dayText(applied.last)}. `
          : ''
      if (failing.length === 0) return { ...untested, text: `${policy}${untested.text}` }
      const last = Math.max(...failing.map(host => host.last))
      const sessions = failing.reduce((sum, host) => sum + host.sessions, 0)
      const said = `${counted(sessions, 'failed session', 'failed sessions')} reported`
      const details = detailsOf(failing)
      const claim = hostsClaim(failing, names, types)
      if (newest - last >= tlsQuietDays)
        return {
          ...untested,
          text: `${policy}${said} until ${dayText(last)}, none since. ${untested.text}`,
          details,
          claim,
        }
      return {
        ...untested,
        verdict: 'fail',
        severity: isEnforced ? 'high' : 'medium',
        text: `${policy}${said}, newest ${dayText(last)}.`,
        details,
        claim,
      }
    },
  }
}

/** A host with the cells of some result types alone; nothing where it has none. */
function withCells(host: HostFailures, types: readonly string[]): readonly HostFailures[] {
  const cells = host.cells.filter(cell => types.includes(cell.type))
  if (cells.length === 0) return []
  const sessions = cells.reduce((sum, cell) => sum + cell.sessions, 0)
  return [{ ...host, cells, sessions, last: Math.max(...cells.map(cell => cell.last)) }]
}

function detailsOf(hosts: readonly HostFailures[]): string[] {
  const lines = hosts
    .flatMap(host => host.cells.map(cell => ({ name: host.mx ?? host.domain, cell })))
    .sort((a, b) => b.cell.sessions - a.cell.sessions)
  const shown = lines
    .slice(0, detailsLimit)
    .map(({ name, cell }) => `${name} ${resultWords(cell.type).what}: ${numberText(cell.sessions)}`)
  const rest = lines.length - shown.length
  return rest === 0 ? shown : [...shown, `${counted(rest, 'other', 'others')}: see Inbound TLS`]
}
