import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { authorDomainsLimit, readAuthor } from './author-domain.ts'
import { evaluateDmarc } from './evaluate.ts'
import { isDmarcRecord, parseDmarcRecord } from './record.ts'

const records = [
  'v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; psd=n; t=y; fo=1:d:s',
  'v=DMARC1;p=none;rua=mailto:a@example.org!10m,https://example.org/x?y;ruf=mailto:b%2Cc@example.org;pct=20;rf=afrf;ri=1',
  'v = DMARC1 ; rua = mailto:d@example.org ;; p = quarantine ',
].map(text => Buffer.from(text))

const recordWords = [
  ';',
  '; ',
  '=',
  'v=DMARC1;',
  'p=reject;',
  'p=none',
  'sp=none;',
  'np=reject;',
  'psd=y;',
  't=y;',
  'rua=',
  'mailto:',
  ',',
  '!',
  '!10m',
  '%',
  '%00',
  '@',
  ':',
  '\t',
  '\0',
  '\xff',
]

it('fuzz: any record is read, and never as a policy that is not written there', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: records,
    words: recordWords,
    target: async input => {
      const text = input.toString('latin1')
      const record = parseDmarcRecord(text)
      expect(record !== null).toBe(isDmarcRecord(text))
      if (record === null) return
      for (const policy of [record.p, record.sp, record.np])
        if (policy !== null && policy !== 'invalid') expect(text.toLowerCase()).toContain(policy)
      for (const { at } of record.deviations) expect(at).toBeLessThanOrEqual(text.length)
      for (const uri of [...record.rua, ...record.ruf])
        if (uri.address !== null) expect(uri.address).toMatch(/^[^@\s]+@[a-z0-9.-]+$/i)
      const { rfc9989 } = await evaluateDmarc(
        { authorDomain: 'x.example.org', identifiers: [{ method: 'dkim', domain: 'evil.example', result: 'pass' }] },
        { resolver: resolverFrom({ txt: { '_dmarc.example.org': text } }) },
      )
      expect(rfc9989.result).not.toBe('pass')
    },
  })
})

const fromSeeds = [
  'A Name <a@example.org>',
  '"Name, Other <x@evil.example>" <a@example.org> (a (nested) comment)',
  'Group: a@example.org, "b b"@example.net; , c@example.com',
  '=?utf-8?q?x=40evil=2Eexample?= <a@b\xc3\xbccher.example>',
  'a@[192.0.2.1]',
].map(text => Buffer.from(text, 'latin1'))

const fromWords = [
  '<',
  '>',
  '@',
  ',',
  ';',
  ':',
  '"',
  '(',
  ')',
  '[',
  ']',
  '\\',
  '.',
  '..',
  ' ',
  '\t',
  '\r\n ',
  '\r',
  '\n',
  '\0',
  '\x7f',
  '\xe2\x80\xa8',
  '=?utf-8?b?',
  '?=',
  'victim.example',
  '@victim.example:',
  '<a@victim.example>',
  'xn--',
]

it('fuzz: any From field is read or malformed, and each domain of it stands behind an @ there', {
  timeout: 3_700_000,
}, async () => {
  await fuzz({
    seeds: fromSeeds,
    words: fromWords,
    target: input => {
      const value = input.toString('latin1')
      const author = readAuthor([{ name: 'from', text: `From: ${value}` }])
      if (author.kind !== 'domains') return
      expect(author.domains.length).toBeLessThanOrEqual(authorDomainsLimit)
      const flat = value.toLowerCase().replace(/[\s\r\n]/g, '')
      for (const domain of author.domains)
        if (!domain.includes('xn--') && !/[^\0-\x7f]/.test(value) && !value.includes('('))
          expect(flat).toContain(`@${domain}`)
    },
  })
})
