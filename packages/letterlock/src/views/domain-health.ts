import type { Claim, DomainAnswer, DomainRow } from '@letterlock/contract'
import { sql } from 'kysely'
import { reportedBy } from './claim.ts'
import { reporterNames } from './dictionary.ts'
import type { KeptDomain } from './domain-rows.ts'
import type { ViewContext } from './envelope.ts'
import { type NewestPolicies, policyLiteral } from './policy.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'
import { reportedTls } from './tls-health.ts'

type Check = DomainAnswer['data']['health'][number]

const noLookUps: Claim = {
  level: 'unknown',
  text: 'unknown: live checks are not part of this version',
  from: [],
  rule: null,
}

/** A row that needs a look-up. It is no fault of the domain and no credit. */
function notTested(check: Check['check'], name: string): Check {
  return {
    check,
    name,
    verdict: 'not tested',
    severity: null,
    text: 'Not tested: live checks are not part of this version.',
    details: [],
    claim: noLookUps,
  }
}

/** The health list, from reports alone. */
export async function domainHealth(
  context: ViewContext,
  input: { readonly domain: KeptDomain; readonly policies: NewestPolicies; readonly row: DomainRow },
): Promise<Check[]> {
  const [tls, tlsReports] = await Promise.all([reportedTls(context), tlsReportsCheck(context, input.row)])
  return [
    dmarcCheck(input.policies),
    notTested('spf', 'SPF'),
    notTested('dkim', 'DKIM'),
    notTested('mx', 'MX'),
    tls.of('starttls', notTested('starttls', 'STARTTLS')),
    tls.of('certificates', notTested('certificates', 'Certificates')),
    tls.of('mta-sts', notTested('mta-sts', 'MTA-STS')),
    tlsReports,
    tls.of('dane', notTested('dane', 'DANE, DNSSEC')),
  ]
}

/** Reports show that reporters found a record; whether it is valid today needs a look-up. */
function dmarcCheck({ rfc7489, rfc9990 }: NewestPolicies): Check {
  const seen = rfc9990 ?? rfc7489
  if (seen === null) return { ...notTested('dmarc', 'DMARC'), text: 'No aggregate report shows a record.' }
  return {
    ...notTested('dmarc', 'DMARC'),
    text: `Reporters found a record on ${dayText(seen.day)}. Whether it is valid today is not tested.`,
    details: [policyLiteral(seen.policy, seen.form)],
  }
}

/** That TLS reports arrive proves the record; that none arrives proves nothing. */
async function tlsReportsCheck({ db, scope }: ViewContext, row: DomainRow): Promise<Check> {
  if (row.tls === null)
    return { ...notTested('tls-rpt', 'TLS-RPT'), text: 'No TLS report in the scope. The record itself is not tested.' }
  const found = await db
    .selectFrom('tls_policy as r')
    .select(['r.reporter', sql<number>`count(distinct r.report)`.as('reports'), sql<number>`max(r.day)`.as('newest')])
    .where(inScope(scope, 'r'))
    .groupBy('r.reporter')
    .execute()
  const reporters = found.length
  const newest = found.reduce((day, row) => Math.max(day, row.newest), scope.from)
  return {
    check: 'tls-rpt',
    name: 'TLS-RPT',
    verdict: 'pass',
    severity: null,
    text: `${reporters} ${reporters === 1 ? 'reporter sends' : 'reporters send'} TLS reports, newest day ${dayText(newest)}.`,
    details: [],
    claim: reportedBy(
      found.map(row => ({ reporter: row.reporter, count: row.reports })),
      {
        names: await reporterNames(
          db,
          found.map(row => row.reporter),
        ),
        unit: ['report', 'reports'],
        linkTo: reporter => ({ screen: 'reports', id: null, query: { reporter: [reporter], kind: ['tls'] } }),
      },
    ),
  }
}
