import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { generateDkimKey } from './key-generation.ts'
import { isKeyRecord, KeyCache, parseKeyRecord, rsaBitsLimit, rsaBitsMinimum } from './key-record.ts'
import { DkimSigner } from './sign.ts'
import { parseSignature, signedNamesLimit } from './signature.ts'
import { parseTagList, tagListTagsLimit } from './tag-list.ts'
import { DkimVerifier } from './verify.ts'

const now = 1_700_000_000
const pairs = [generateDkimKey('rsa'), generateDkimKey('ed25519')]
const fields = [
  { name: 'from', text: 'From: a@example.org' },
  { name: 'subject', text: 'Subject: x' },
]

const signatures = pairs.map(pair => {
  const signer = new DkimSigner(fields, { domain: 'example.org', selector: 's', key: pair.privateKey, now })
  signer.body(Buffer.from('Hello\r\n'))
  return signer.end()
})

const words = [
  ';',
  '; ',
  '=',
  ' = ',
  '\r\n\t',
  ':',
  '/',
  '@',
  'v=1;',
  'v=DKIM1;',
  'a=rsa-sha256;',
  'a=ed25519-sha256;',
  'b=',
  'bh=',
  'c=simple;',
  'd=example.org;',
  'h=from;',
  'i=@',
  'l=0;',
  'l=99999999999999999999;',
  'q=dns/txt;',
  't=1;',
  'x=2;',
  'z=From:a=40b|',
  'k=ed25519;',
  'k=rsa;',
  'p=',
  't=y:s;',
  's=email;',
  'MIIB',
  '\0',
  '\xff',
]

it('fuzz: any tag list is read or refused, each tag where it stands', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: signatures.map(text => Buffer.from(text.slice(text.indexOf(':') + 1), 'latin1')),
    words,
    target: input => {
      const text = input.toString('latin1')
      const list = parseTagList(text)
      if (!list.ok) expect(list.fault.at).toBeLessThanOrEqual(text.length)
      else {
        expect(list.value.size).toBeLessThanOrEqual(tagListTagsLimit)
        for (const tag of list.value.values()) {
          expect(text.startsWith(tag.name, tag.at)).toBe(true)
          expect(text.slice(tag.valueAt, tag.end)).toContain(tag.value)
        }
      }
      for (const kind of ['dkim', 'arc'] as const) {
        const read = parseSignature(text, kind)
        if (read.ok) {
          expect(read.value.signedNames).toContain('from')
          expect(read.value.signedNames.length).toBeLessThanOrEqual(signedNamesLimit)
        }
      }
    },
  })
})

it('fuzz: any key record is read or refused, and a key that is imported has a size that may count', {
  timeout: 3_700_000,
}, async () => {
  const cache = new KeyCache(10)
  await fuzz({
    seeds: pairs.map(pair => Buffer.from(pair.record)),
    words,
    target: input => {
      const text = input.toString('latin1')
      isKeyRecord(text)
      const read = parseKeyRecord(text)
      if (!read.ok) return
      expect(cache.of(text).parsed.ok).toBe(true)
      if (cache.of(text).key === null) return
      if (read.value.keyType === 'ed25519') expect(read.value.bits).toBe(256)
      else expect(read.value.bits >= rsaBitsMinimum && read.value.bits <= rsaBitsLimit).toBe(true)
    },
  })
})

it('fuzz: a changed signature passes only where it covers the same and its value is the same', {
  timeout: 3_700_000,
}, async () => {
  const resolver = resolverFrom({ txt: { 's._domainkey.example.org': pairs.map(pair => pair.record) } })
  const originals = signatures.map(text => parseSignature(text.slice(text.indexOf(':') + 1), 'dkim'))
  const values = originals.map(read => (read.ok ? read.value.signature.toString('hex') : ''))
  await fuzz({
    seeds: signatures.map(text => Buffer.from(text, 'latin1')),
    words,
    target: async input => {
      const text = input.toString('latin1')
      const verifier = new DkimVerifier([{ name: 'dkim-signature', text }, ...fields], { resolver, now })
      verifier.body(Buffer.from('Hello\r\n'))
      const [found] = await verifier.end()
      if (found?.result !== 'pass') return
      expect(values).toContain(found.signature?.signature.toString('hex'))
      expect(found.signature?.signedNames).toContain('from')
      expect(found.domain).toBe('example.org')
    },
  })
})
