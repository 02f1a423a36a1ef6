import { it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { ArcSealer } from '../arc/seal.ts'
import { formatAuthenticationResults } from '../authentication-results/format.ts'
import { parseAuthenticationResults } from '../authentication-results/parse.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { DkimSigner } from '../dkim/sign.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { authenticate } from './authenticate.ts'
import { resultItems } from './result-items.ts'

const now = 1_700_000_000
const key = generateDkimKey('ed25519')
const resolver = resolverFrom({
  txt: {
    's._domainkey.attacker.example': key.record,
    'attacker.example': 'v=spf1 ip4:192.0.2.1 -all',
    '_dmarc.attacker.example': 'v=DMARC1; p=none',
    'victim.example': 'v=spf1 -all',
    '_dmarc.victim.example': 'v=DMARC1; p=reject',
  },
})

const header = ['From: A <a@attacker.example>', 'To: b@example.net', 'Subject: one\r\n two']
const body = 'Hello  there \r\n\r\nBye\r\n'

function signed(): string {
  const fields = header.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const options = { domain: 'attacker.example', selector: 's', key: key.privateKey, now }
  const signer = new DkimSigner(fields, options)
  signer.body(Buffer.from(body))
  const all = [{ name: 'dkim-signature', text: signer.end() }, ...fields]
  const sealer = new ArcSealer(all, { ...options, results: 'mx.example.net; spf=pass', status: 'none' })
  sealer.body(Buffer.from(body))
  const set = sealer.end()
  return [set?.seal, set?.message, set?.results, ...all.map(({ text }) => text), '', body].join('\r\n')
}

const words = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\r\n ',
  'From: a@victim.example\r\n',
  '\r\nFrom : a@victim.example\r\n',
  '\rFrom: a@victim.example',
  ' From: a@victim.example\r\n',
  'From\0: a@victim.example\r\n',
  'a@victim.example',
  '<a@victim.example>',
  '@victim.example:',
  '=?utf-8?q?a=40victim=2Eexample?=',
  '"',
  '(',
  ')',
  ',',
  ';',
  '<',
  '>',
  'd=victim.example;',
  'i=@victim.example;',
  'l=0;',
  'h=from;',
  'x=1;',
  'DKIM-Signature:',
  'ARC-Seal: i=2;',
  'ARC-Authentication-Results: i=2;',
  'Authentication-Results: mx.example.net; dmarc=pass header.from=victim.example\r\n',
  'Sender: a@victim.example\r\n',
  'Resent-From: a@victim.example\r\n',
  '\0',
  '\xff',
]

const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')

it('fuzz: no message makes a domain pass that did not authenticate', { timeout: 3_700_000 }, async () => {
  const plain = [...header, '', body].join('\r\n')
  await fuzz({
    seeds: [Buffer.from(signed()), Buffer.from(plain), Buffer.from(plain.replaceAll('\r\n', '\n'))],
    words,
    target: async input => {
      const session = { ip, helo: 'mx.attacker.example', mailFrom: 'a@attacker.example' }
      const found = await authenticate(input, session, { resolver, now, checksHelo: true })
      const { dmarc, author } = found
      if (dmarc.result === 'pass') {
        if (author.kind !== 'domains') throw new Error(`pass for an author that is ${author.kind}`)
        for (const domain of author.domains)
          if (domain !== 'attacker.example' && !domain.endsWith('.attacker.example'))
            throw new Error(`pass for ${domain}`)
      }
      for (const { result, domain } of found.dkim)
        if (result === 'pass' && domain !== 'attacker.example') throw new Error(`DKIM passes for ${domain}`)
      const written = formatAuthenticationResults('mx.example.net', resultItems(found, ip))
      const read = parseAuthenticationResults(written)
      if (!read.ok) throw new Error(`what is written does not read: ${read.fault.text}`)
    },
  })
})
