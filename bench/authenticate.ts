import { Buffer } from 'node:buffer'
import { createPublicKey, sign, verify } from 'node:crypto'
import {
  authenticate,
  DkimSigner,
  generateDkimKey,
  KeyCache,
  parseIpAddress,
  resolverFrom,
} from '@letterlock/protocols'

/*
 * CPU time of SPF, DKIM (RSA-2048) and DMARC over one message with the resolver in memory, beside `crypto.verify` with
 * the same key in the same process: the ratio decides, milliseconds are for orientation. Run: npx tsx bench/authenticate.ts
 */

const now = 1_700_000_000
const pair = generateDkimKey('rsa')
const publicKey = createPublicKey(pair.privateKey)
const resolver = resolverFrom({
  txt: {
    'example.org': 'v=spf1 ip4:192.0.2.0/24 -all',
    's._domainkey.example.org': pair.record,
    '_dmarc.example.org': 'v=DMARC1; p=reject; rua=mailto:d@example.org',
  },
})
const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')
const session = { ip, helo: 'mx.example.org', mailFrom: 'a@example.org' }
const registeredDomain = (name: string) => name.split('.').slice(-2).join('.')

/** A message of about so many octets, as a mailbox provider sends it. */
function messageOf(octets: number): Buffer {
  const fields = [
    ...Array.from(
      { length: 4 },
      (_, index) =>
        `Received: from hop${index}.example.org (hop${index}.example.org [192.0.2.${index}])\r\n\tby mx.example.net with ESMTPS id ${index}abcdef; Tue, 14 Nov 2023 22:13:20 +0000`,
    ),
    'From: A Person <a@example.org>',
    'To: B Person <b@example.net>',
    'Subject: A subject of usual length',
    'Date: Tue, 14 Nov 2023 22:13:20 +0000',
    'Message-ID: <1234567890@example.org>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  const line = 'The quick brown fox jumps over the lazy dog, and does so again tomorrow.\r\n'
  const body = Buffer.from(line.repeat(Math.ceil(octets / line.length)).slice(0, Math.max(0, octets - 1500)))
  const raw = fields.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const signer = new DkimSigner(raw, { domain: 'example.org', selector: 's', key: pair.privateKey, now })
  signer.body(body)
  return Buffer.concat([Buffer.from([signer.end(), ...fields, '', ''].join('\r\n')), body])
}

/** Milliseconds of CPU for one call: the median of several rounds. */
async function cost(rounds: number, calls: number, run: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call += 1) await run()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000 / calls)
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN
}

const data = Buffer.alloc(1500, 'x')
const signature = sign('sha256', data, pair.privateKey)
const keys = new KeyCache()

for (const [octets, limit] of [
  [5_000, 7],
  [100_000, 20],
] as const) {
  const message = messageOf(octets)
  const options = { resolver, now, keys, registeredDomain }
  const { dmarc } = await authenticate(message, session, options)
  if (dmarc.result !== 'pass') throw new Error(`the message does not pass: ${dmarc.result}`)
  await cost(2, 3000, () => authenticate(message, session, options))
  const ours = await cost(9, 1000, () => authenticate(message, session, options))
  const floor = await cost(9, 2000, () => verify('sha256', data, publicKey, signature))
  console.log(
    `${message.length} octets: authenticate ${ours.toFixed(3)} ms, crypto.verify ${floor.toFixed(3)} ms, ratio ${(ours / floor).toFixed(1)} (at most ${limit})`,
  )
}
