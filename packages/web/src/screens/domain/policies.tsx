import type { DomainAnswer } from '@letterlock/contract'
import { Claim } from '../../components/claim.tsx'
import { Block } from '../../components/head.tsx'
import { Literal } from '../../components/literal.tsx'
import { Policy } from '../../components/policy.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { domainText } from '../../messages/domain.ts'
import { formatCount, formatDay, formatDays } from '../../text/format.ts'

type Generation = DomainAnswer['data']['policy']['generations'][number]

const targets = ['domain', 'subdomains', 'nonexistent'] as const

/** The policy as a receiver computes it, for both generations of receivers. */
export function EffectivePolicyPanel({ answer }: { readonly answer: DomainAnswer }) {
  const { newest, generations } = answer.data.policy
  const [first] = generations
  return (
    <section className="policy-panel panel">
      <div>
        <div className="panel-head">
          <h2>{domainText('policy')}</h2>
          {first && <Claim claim={first.claim} />}
        </div>
        {newest === null ? (
          <p className="sentence">{domainText('noRecord')}</p>
        ) : (
          <>
            <Literal text={newest.literal} />
            <p className="sentence">
              {domainText('newest', { reporters: newest.reporters.length, day: formatDay(newest.lastDay) })}{' '}
              {newest.testing === true && domainText.rich('testing', {})}
            </p>
          </>
        )}
      </div>
      <GenerationTable name={answer.data.domain.name} generations={generations} />
    </section>
  )
}

function GenerationTable({
  name,
  generations,
}: {
  readonly name: string
  readonly generations: readonly Generation[]
}) {
  return (
    <table className="table generations">
      <caption className="vh">{domainText('generations')}</caption>
      <thead>
        <tr>
          <td />
          {generations.map(generation => (
            <th key={generation.generation} scope="col">
              {domainText(generation.generation)}
              <span className="small">
                {generation.reporters === 0
                  ? domainText('generationNone')
                  : domainText('generationSub', { reporters: generation.reporters, messages: generation.messages })}
              </span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {targets.map(target => (
          <tr key={target} className={target === 'domain' ? 'main' : undefined}>
            <th scope="row">{target === 'domain' ? name : domainText(target)}</th>
            {generations.map(generation => {
              const step = generation.steps.find(entry => entry.target === target)
              return (
                <td key={generation.generation}>
                  {step ? <Policy policy={step.policy} /> : domainText('notKnown')}
                  <span className="small">{step?.because}</span>
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Every record that reports of the scope show, oldest first; nothing while there is one only. */
export function PublishedPolicies({ answer }: { readonly answer: DomainAnswer }) {
  const { published } = answer.data.policy
  if (published.length < 2) return null
  return (
    <Block title={domainText('published')}>
      <table className="table blocks">
        <caption className="vh">{domainText('publishedCaption')}</caption>
        <TableHead
          columns={[
            domainText('record'),
            numbers(domainText('reports')),
            numbers(domainText('reporters')),
            numbers(domainText('seen')),
          ]}
        />
        <tbody>
          {published.map(policy => (
            <tr key={`${policy.literal} ${policy.firstDay}`} className="line">
              <th scope="row">
                <code>{policy.literal}</code>
              </th>
              <td className="n" data-label={domainText('reports')}>
                {formatCount(policy.reports)}
              </td>
              <td className="n" data-label={domainText('reporters')}>
                {formatCount(policy.reporters.length)}
              </td>
              <td className="n" data-label={domainText('seen')}>
                {formatDays(policy.firstDay, policy.lastDay)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  )
}
