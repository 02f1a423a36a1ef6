import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { checkHost, mxHostsLimit } from './evaluate.ts'
import { ptrNamesLimit, termsLimit } from './lookups.ts'
import { parseSpfRecord } from './record.ts'

const seeds = [
  'v=spf1 a mx/24 a:mail.example.net//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:x.example.net ~all',
  'v=spf1 exists:%{ir}.%{l1r-}.%{d2}.example.net ptr:example.org ?all exp=e.example.net',
  'v=spf1 redirect=example.org x-new=%{s}%%%_%- moo=',
  'v=spf1 include:example.org include:x.example.net -all',
  'v=spf1 mx:many.example.net ptr -all',
].map(text => Buffer.from(text))

const words = [
  ' ',
  'v=spf1 ',
  'include:example.org ',
  'include:x.example.net ',
  'redirect=x.example.net ',
  'exists:',
  'exp=e.example.net ',
  'a:',
  'mx:many.example.net ',
  'ptr ',
  'ip4:',
  'ip6:::/0 ',
  '%{',
  '%{p}',
  '%{s3r.-+}',
  '}',
  '/',
  '//',
  '33',
  '=',
  ':',
  '-all',
  '+all ',
  '\0',
  '\xff',
]

const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')

const many = Array.from({ length: 30 }, (_, index) => `h${index}.example.net`)

/** Each term may ask for its records and then for so many hosts; forgiven voids and the explanation come on top. */
const lookupsLimit = (termsLimit + 1) * (2 + Math.max(mxHostsLimit, ptrNamesLimit)) + 20

it('fuzz: any record is evaluated, within the limits of look-ups', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds,
    words,
    target: async input => {
      const text = input.toString('latin1')
      const read = parseSpfRecord(text)
      if (!read.ok) expect(read.fault.at).toBeLessThanOrEqual(text.length)
      else for (const term of read.value.mechanisms) expect(text.startsWith(term.text, term.at)).toBe(true)
      const resolver = resolverFrom({
        txt: { 'example.org': text, 'x.example.net': text, 'e.example.net': text.slice(0, 1000) },
        mx: { 'many.example.net': many.map(host => `10 ${host}`) },
        a: { '*.example.net': '198.51.100.1', 'example.org': '192.0.2.1' },
        ptr: { '1.2.0.192.in-addr.arpa': many },
        fail: ['a fail.example.net'],
      })
      const found = await checkHost(
        { ip, domain: 'example.org', sender: text.slice(-40), helo: text.slice(0, 40), now: 0 },
        { resolver },
      )
      expect(found.lookups.length).toBeLessThanOrEqual(lookupsLimit)
      // A result that speaks for the sender rests on a term; nothing else gives it.
      if (found.result === 'pass')
        expect(found.matched?.term.startsWith('+') || !/^[-~?]/.test(found.matched?.term ?? '-')).toBe(true)
      if (!read.ok && /^v=spf1(?: |$)/i.test(text)) expect(found.result).toBe('permerror')
    },
  })
})
