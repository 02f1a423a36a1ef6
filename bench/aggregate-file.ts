import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Random numbers that are the same on every machine (xorshift, 32 bits). */
export class Seeded {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 to `below - 1`. */
  next(below: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % below
  }
}

/**
 * Writes one aggregate report as a large reporter would: mail of the owner by a few services with many addresses,
 * forwarders that break SPF, and forgers with domains of their own. About 720 bytes a record.
 */
export function writeAggregateFile(file: string, records: number): void {
  mkdirSync(dirname(file), { recursive: true })
  const random = new Seeded(20_261_124)
  const out = openSync(file, 'w')
  let text = head
  for (let index = 0; index < records; index += 1) {
    text += record(random)
    if (text.length > 1_000_000) {
      writeSync(out, text)
      text = ''
    }
  }
  writeSync(out, `${text}</feedback>\n`)
  closeSync(out)
}

const head = `<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <report_metadata>
    <org_name>big-receiver.example</org_name>
    <email>noreply-dmarc@big-receiver.example</email>
    <report_id>15926735461209834751</report_id>
    <date_range>
      <begin>1795305600</begin>
      <end>1795391999</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>shop.example</domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>quarantine</p>
    <sp>reject</sp>
    <pct>100</pct>
  </policy_published>
`

function record(random: Seeded): string {
  const kind = random.next(100)
  const service = random.next(12)
  const ip = address(random, service)
  const count = random.next(10) < 7 ? 1 + random.next(4) : 1 + random.next(900)
  if (kind < 62) return entry({ ip, count, verdict: ['none', 'pass', 'pass'], from: 'shop.example', service })
  if (kind < 75) return entry({ ip, count, verdict: ['none', 'pass', 'fail'], from: 'news.shop.example', service })
  if (kind < 85)
    return entry({
      ip,
      count,
      verdict: ['none', 'pass', 'fail'],
      from: 'shop.example',
      service,
      hop: random.next(3_000),
    })
  return entry({
    ip,
    count,
    verdict: ['quarantine', 'fail', 'fail'],
    from: 'shop.example',
    service,
    forger: random.next(20_000),
  })
}

/** Half of the mail comes from the few thousand addresses of services, the rest from all over. */
function address(random: Seeded, service: number): string {
  const few = random.next(2) === 0
  return `${50 + service}.${random.next(few ? 4 : 64)}.${random.next(few ? 4 : 64)}.${1 + random.next(few ? 32 : 4)}`
}

interface Entry {
  readonly ip: string
  readonly count: number
  readonly verdict: readonly [string, string, string]
  readonly from: string
  readonly service: number
  readonly hop?: number
  readonly forger?: number
}

function entry({ ip, count, verdict, from, service, hop, forger }: Entry): string {
  const envelope =
    forger !== undefined
      ? `mail${forger}.forger.example`
      : hop !== undefined
        ? `list${hop}.example`
        : `bounce.service${service}.example`
  const signer =
    forger !== undefined
      ? `mail${forger}.forger.example`
      : verdict[1] === 'pass'
        ? 'shop.example'
        : `service${service}.example`
  return `  <record>
    <row>
      <source_ip>${ip}</source_ip>
      <count>${count}</count>
      <policy_evaluated>
        <disposition>${verdict[0]}</disposition>
        <dkim>${verdict[1]}</dkim>
        <spf>${verdict[2]}</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_from>${envelope}</envelope_from>
      <header_from>${from}</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>${signer}</domain>
        <selector>s${forger === undefined ? service : forger % 12}-2026</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>${envelope}</domain>
        <scope>mfrom</scope>
        <result>${forger === undefined ? 'pass' : 'none'}</result>
      </spf>
    </auth_results>
  </record>
`
}
