import type { ResultItem } from '../authentication-results/parse.ts'
import type { DkimVerification } from '../dkim/verify.ts'
import { formatIpAddress, type IpAddress } from '../ip-address.ts'
import type { AuthenticationReport, DmarcSummary, SpfFinding } from './authentication.ts'

/** Characters of b= that tell signatures of one message apart (RFC 6008 s3). */
const signatureStart = 8

/** The items of Authentication-Results for a message: SPF, one for each signature, ARC where there is a chain, DMARC. */
export function resultItems(report: AuthenticationReport, ip: IpAddress): readonly ResultItem[] {
  const items = [report.spf, report.helo].flatMap(finding => (finding === null ? [] : [spfItem(finding)]))
  const dkim = report.dkim.filter(entry => entry.code !== 'dkim-not-tried').map(dkimItem)
  items.push(...(dkim.length > 0 ? dkim : [item('dkim', 'none')]))
  const { arc } = report
  if (arc.result !== 'none') {
    const oldest =
      arc.oldestPass === null ? [] : [{ type: 'header', name: 'oldest-pass', value: String(arc.oldestPass) }]
    items.push({
      ...item('arc', arc.result, arc.result === 'fail' ? arc.text : null),
      properties: [{ type: 'smtp', name: 'remote-ip', value: formatIpAddress(ip) }, ...oldest],
    })
  }
  items.push(...dmarcItems(report.dmarc))
  return items
}

function item(method: string, result: string, reason: string | null = null): ResultItem {
  return { method, methodVersion: 1, result, reason, properties: [] }
}

/** AR-011: the domain alone; AR-016: the identity that gave the result. */
function spfItem({ identity, domain, evaluation }: SpfFinding): ResultItem {
  const properties = domain === null ? [] : [{ type: 'smtp', name: identity, value: domain }]
  return { ...item('spf', evaluation.result, evaluation.problem?.text ?? null), properties }
}

function dkimItem({ result, text, signature, domain, selector }: DkimVerification): ResultItem {
  const properties = [
    ...(domain === null ? [] : [{ type: 'header', name: 'd', value: domain }]),
    ...(selector === null ? [] : [{ type: 'header', name: 's', value: selector }]),
    ...(signature === null
      ? []
      : [
          { type: 'header', name: 'a', value: signature.algorithm },
          { type: 'header', name: 'b', value: signature.signature.toString('base64').slice(0, signatureStart) },
        ]),
  ]
  return { ...item('dkim', result, result === 'pass' ? null : text), properties }
}

/** DMARC-058: header.from, and the policy asked for. */
function dmarcItems({ result, evaluations, problem }: DmarcSummary): readonly ResultItem[] {
  if (evaluations.length === 0) return [item('dmarc', result, problem)]
  return evaluations.map(({ authorDomain, rfc9989 }) => ({
    ...item('dmarc', rfc9989.result, rfc9989.problem),
    properties: [
      { type: 'header', name: 'from', value: authorDomain },
      ...(rfc9989.applied === null ? [] : [{ type: 'policy', name: 'dmarc', value: rfc9989.applied }]),
    ],
  }))
}
