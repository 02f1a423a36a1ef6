import type { Decision, SenderKey } from '@letterlock/posture'
import type { DaysBack } from './cast.ts'

export interface DemoDecision {
  readonly domain: string
  readonly sender: SenderKey
  readonly decision: Decision
  readonly back: DaysBack
  readonly note: string | null
}

const decided = (domain: string, decision: Decision, senders: readonly SenderKey[]): DemoDecision[] =>
  senders.map(sender => ({ domain, sender, decision, back: 40, note: null }))

/** What the owner of the demonstration has decided; Surveyhut and the small sources are left open. */
export const demoDecisions: readonly DemoDecision[] = [
  ...decided('example.com', 'mine', [
    'service:local-northmail',
    'service:local-parcelwire',
    'service:local-tidings',
    'ptr:example.com',
  ]),
  ...decided('example.com', 'forwarding', ['dkim:uni.example']),
  ...decided('example.com', 'not-mine', ['as:64509']),
  ...decided('example.net', 'not-mine', ['as:64509']),
  ...decided('example.org', 'mine', ['service:local-northmail', 'service:local-parcelwire']),
  ...decided('example.org', 'forwarding', ['dkim:uni.example', 'envelope:alumni.example']),
  { domain: 'example.org', sender: 'as:64507', decision: 'not-mine', back: 9, note: 'Nobody of us sends from there' },
  {
    domain: 'example.org',
    sender: 'service:local-ledgerly',
    decision: 'mine',
    back: 6,
    note: 'Accounting sends invoices with it',
  },
  ...decided('example.net', 'mine', ['service:local-northmail', 'service:local-tidings']),
  ...decided('shop.example', 'mine', ['service:local-parcelwire']),
  ...decided('parked.example', 'not-mine', ['as:64508']),
]
