import './domain.css'
import type { DomainAnswer } from '@letterlock/contract'
import { useParams } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useAnswer, useReadOnly } from '../../api/answers.ts'
import { Head } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { domainText } from '../../messages/domain.ts'
import { domainsText } from '../../messages/domains.ts'
import { partText } from '../../messages/parts.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatShare } from '../../text/format.ts'
import { EditDomain } from '../domains/domain-forms.tsx'
import { AuthorDomains } from './author-domains.tsx'
import { Health } from './health.tsx'
import { EffectivePolicyPanel, PublishedPolicies } from './policies.tsx'
import { Selectors } from './selectors.tsx'

const VolumeChart = lazy(() => import('../../chart/volume-chart.tsx').then(module => ({ default: module.VolumeChart })))

/** One domain: what receivers do with mail that fails, health, volume. */
export function Domain() {
  const { domain } = useParams({ from: '/domains/$domain' })
  const query = useAnswer<DomainAnswer>(`/domains/${encodeURIComponent(domain)}`)
  return (
    <>
      <Head title={domain} actions={query.data && <Edit answer={query.data} />}>
        {query.data && <Lede answer={query.data} />}
      </Head>
      <Loaded query={query} lines={12}>
        {answer => (
          <>
            <EffectivePolicyPanel answer={answer} />
            <Health checks={answer.data.health} />
          </>
        )}
      </Loaded>
      <Suspense fallback={<div className="block chart-room" />}>
        <VolumeChart />
      </Suspense>
      {query.data && <PublishedPolicies answer={query.data} />}
      {query.data && <AuthorDomains answer={query.data} />}
      <Selectors domain={domain} />
    </>
  )
}

function Edit({ answer }: { readonly answer: DomainAnswer }) {
  const [isOpen, setOpen] = useState(false)
  const isReadOnly = useReadOnly()
  return (
    <>
      <button
        type="button"
        className="btn"
        disabled={isReadOnly}
        title={isReadOnly ? partText('readOnly') : undefined}
        onClick={() => setOpen(true)}
      >
        {domainsText('edit')}
      </button>
      {isOpen && <EditDomain domain={answer.data.domain} onClose={() => setOpen(false)} />}
    </>
  )
}

function Lede({ answer }: { readonly answer: DomainAnswer }) {
  const row = answer.data.domain
  return (
    <p>
      <span className="tag">{domainsText(row.isTracked ? row.type : 'mentioned')}</span>
      {row.tags.map(tag => (
        <span key={tag} className="tag">
          {tag}
        </span>
      ))}
      {row.messages === 0
        ? domainText('ledeNone')
        : domainText('lede', { messages: row.messages, share: formatShare(row.outcome.aligned, row.messages) })}{' '}
      <ScopeLink to="/senders" className="link">
        {domainText('senders')}
      </ScopeLink>{' '}
      <ScopeLink to="/tls" className="link">
        {domainText('tls')}
      </ScopeLink>
    </p>
  )
}
