import type { FailureReportAnswer } from '@letterlock/contract'
import { Fragment } from 'react'
import { useResource } from '../../api/answers.ts'
import { Block } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { failureText } from '../../messages/failure-reports.ts'

/** The incident of a failure report; what is personal is not there while redacted. */
export function FailureDetail({ report }: { readonly report: number }) {
  const query = useResource<FailureReportAnswer>(`/failure-reports/${report}`)
  return (
    <Block title={failureText('incident')}>
      <Loaded query={query} lines={4}>
        {answer => <Content answer={answer} />}
      </Loaded>
    </Block>
  )
}

function Content({ answer }: { readonly answer: FailureReportAnswer }) {
  const { report, addresses, message } = answer
  const lines = [
    [failureText('type'), [report.feedbackType, report.authFailure].filter(part => part !== null).join(', ')],
    [failureText('source'), [report.source.ip, report.source.ptr].filter(part => part !== null).join(', ')],
    [failureText('from'), report.headerFrom],
    [failureText('envelope'), report.envelopeFrom],
    [failureText('delivery'), report.deliveryResult],
    [failureText('mta'), answer.reportingMta],
    [failureText('identityAlignment'), answer.identityAlignment?.join(', ') ?? null],
    ...answer.methods.map(
      method => [failureText('method', { name: method.method }), `${method.result} ${method.domain ?? ''}`] as const,
    ),
    ...answer.dkim.map(key => [failureText('dkim'), `d=${key.domain ?? '?'} s=${key.selector ?? '?'}`] as const),
    ...answer.spfDns.map(record => [failureText('spfDns'), record] as const),
    [failureText('mailFrom'), addresses?.mailFrom ?? null],
    [failureText('rcptTo'), addresses === null ? null : addresses.rcptTo.join(', ')],
    [failureText('subject'), message?.subject ?? null],
  ] as const
  return (
    <>
      {report.isRedacted && <p className="sentence">{failureText('redacted')}</p>}
      <dl className="detail-list">
        {lines.map(
          ([name, value], index) =>
            value !== null &&
            value !== '' && (
              // biome-ignore lint/suspicious/noArrayIndexKey: the lines keep their order
              <Fragment key={index}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </Fragment>
            ),
        )}
      </dl>
      {message !== null && <pre className="document">{message.headers}</pre>}
    </>
  )
}
