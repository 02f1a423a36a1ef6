import './tls.css'
import type { TlsAnswer } from '@letterlock/contract'
import { useAnswer } from '../../api/answers.ts'
import { Claim } from '../../components/claim.tsx'
import { Empty, EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { Block, Head } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { policyTypeText, tlsText } from '../../messages/tls.ts'
import { DomainLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay, formatDays, formatShare, withDays } from '../../text/format.ts'
import { Matrix } from './matrix.tsx'

type Policy = TlsAnswer['data']['policies'][number]

/** What receivers of TLS reports would see: one row per MX, one column per result type. */
export function InboundTls() {
  const query = useAnswer<TlsAnswer>('/tls')
  return (
    <>
      <Head title={tlsText('title')}>{query.data && <p>{withDays(query.data.data.summary.text)}</p>}</Head>
      <Loaded query={query}>
        {answer =>
          answer.data.summary.reports === 0 ? (
            <EmptyScope>{tlsText('noReports')}</EmptyScope>
          ) : (
            <>
              <Summary answer={answer} />
              <Block
                title={tlsText('matrix')}
                aside={<Claim claim={answer.claim} />}
                actions={<TableExports path="/tls" />}
              >
                {answer.data.matrix.sessions === 0 && <Empty>{tlsText('noFailures')}</Empty>}
                {answer.data.matrix.rows.length > 0 && <Matrix matrix={answer.data.matrix} said={answer.claim.level} />}
                <p className="foot-note">{tlsText('footNote')}</p>
                <p className="foot-note">{tlsText('noLive')}</p>
              </Block>
              <Policies policies={answer.data.policies} />
            </>
          )
        }
      </Loaded>
    </>
  )
}

function Summary({ answer }: { readonly answer: TlsAnswer }) {
  const { summary, policies } = answer.data
  const sessions = (summary.successful ?? 0) + (summary.failed ?? 0)
  return (
    <Figures count={3}>
      <Figure
        label={tlsText('sessions')}
        value={formatCount(sessions)}
        to="/tls/results"
        sub={tlsText('sessionsSub', { reporters: summary.reporters, all: answer.coverage.reporters })}
      />
      <Figure
        label={tlsText('successful')}
        value={formatShare(summary.successful ?? 0, sessions)}
        unit="%"
        to="/tls/results"
        sub={
          <>
            {tlsText('successfulSub', { successful: summary.successful ?? 0, failed: summary.failed ?? 0 })}{' '}
            {summary.withoutSummary > 0 && tlsText('withoutSummary', { count: summary.withoutSummary })}
          </>
        }
      />
      <PolicyFigure policies={policies} />
    </Figures>
  )
}

function PolicyFigure({ policies }: { readonly policies: readonly Policy[] }) {
  const domains = new Set(policies.map(policy => policy.domain))
  if (domains.size > 1) return <PolicyCounts policies={policies} domains={domains} />
  const newest = [...policies].sort((one, two) => two.lastDay.localeCompare(one.lastDay))
  const applied = newest.find(policy => policy.mode !== null) ?? newest.find(policy => policy.type === 'tlsa')
  if (applied === undefined)
    return <Figure label={tlsText('policy')} value={tlsText('policyNone')} sub={tlsText('policyNoneSub')} isWord />
  const before = newest.find(
    policy => policy !== applied && policy.domain === applied.domain && policy.type === applied.type,
  )
  return (
    <Figure
      label={tlsText('policy')}
      value={policyWord(applied)}
      isWord
      sub={
        <>
          {tlsText('policySub', { days: formatDays(applied.firstDay, applied.lastDay) })}{' '}
          {before && tlsText('policyBefore', { policy: policyWord(before), day: formatDay(applied.firstDay) })}
        </>
      }
    />
  )
}

/** Of several domains: how many enforce, by the newest policy of each. */
function PolicyCounts({
  policies,
  domains,
}: {
  readonly policies: readonly Policy[]
  readonly domains: ReadonlySet<string>
}) {
  const words = [...domains].map(domain => {
    const [newest] = policies
      .filter(policy => policy.domain === domain && policy.type !== 'no-policy-found')
      .sort((one, two) => two.lastDay.localeCompare(one.lastDay))
    return newest === undefined ? tlsText('policy.no-policy-found') : policyWord(newest)
  })
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const parts = [...counts]
    .sort(([, one], [, two]) => two - one)
    .map(([policy, count]) => `${formatCount(count)} ${policy}`)
  return (
    <Figure
      label={tlsText('policies')}
      value={formatCount(domains.size)}
      unit={tlsText('domainsUnit')}
      isWord
      sub={tlsText('policyCounts', { parts: parts.join(', ') })}
    />
  )
}

function policyWord(policy: Policy): string {
  if (policy.mode !== null) return tlsText(`policy.${policy.mode}`)
  return policy.type === 'sts' ? tlsText('policy.sts') : policyTypeText(policy.type)
}

function Policies({ policies }: { readonly policies: readonly Policy[] }) {
  return (
    <Block title={tlsText('policies')}>
      <table className="table blocks">
        <caption className="vh">{tlsText('policies')}</caption>
        <TableHead
          columns={[
            tlsText('domain'),
            tlsText('type'),
            tlsText('lines'),
            numbers(tlsText('successful')),
            numbers(tlsText('failed')),
            numbers(tlsText('reporters')),
            numbers(tlsText('seen')),
          ]}
        />
        <tbody>
          {policies.map(policy => (
            <tr key={`${policy.domain} ${policy.type} ${policy.lines.join(' ')}`} className="line">
              <th scope="row">
                <DomainLink domain={policy.domain} />
              </th>
              <td data-label={tlsText('type')}>{policyWord(policy)}</td>
              <td data-label={tlsText('lines')}>
                {policy.lines.length > 0 && <code className="policy-lines">{policy.lines.join('\n')}</code>}
              </td>
              <td className="n" data-label={tlsText('successful')}>
                {policy.successful === null ? tlsText('noSummary') : formatCount(policy.successful)}
              </td>
              <td className="n" data-label={tlsText('failed')}>
                {policy.failed === null ? tlsText('noSummary') : formatCount(policy.failed)}
              </td>
              <td className="n" data-label={tlsText('reporters')}>
                {formatCount(policy.reporters.length)}
              </td>
              <td className="n" data-label={tlsText('seen')}>
                {formatDays(policy.firstDay, policy.lastDay)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  )
}
