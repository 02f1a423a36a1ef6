import { expect, test } from 'vitest'
import { field, rsa, sign, verify } from '../dkim/signed.sample.ts'
import { DmarcLookups } from '../dmarc/tree-walk.ts'
import { checkRecord } from '../spf/check.sample.ts'
import { resolverFrom } from './literal-resolver.ts'

test('DNS-015 several records of one kind at a name: SPF permerror, DMARC none there, DKIM each in turn', async () => {
  const spf = await checkRecord('', { dns: { txt: { 'example.org': ['v=spf1 +all', 'v=spf1 -all'] } } })
  expect(spf.result).toBe('permerror')
  const dmarc = resolverFrom({ txt: { '_dmarc.example.org': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] } })
  expect((await new DmarcLookups(dmarc).recordAt('example.org')).record).toBeNull()
  const fields = [field('From: a@example.org')]
  const records = { 's._domainkey.example.org': ['v=DKIM1; p=', rsa.record] }
  expect(await verify([sign(fields, ''), ...fields], '', { records })).toMatchObject([{ result: 'pass' }])
})
