import { describe, expect, test } from 'vitest'
import type { RawField } from '../dkim/canonical-header.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { ArcSealer } from './seal.ts'
import { trustedChain } from './trusted-chain.ts'
import { ArcVerifier } from './verify.ts'

const key = generateDkimKey('ed25519')
const now = 1_700_000_000
const body = Buffer.from('Hello\r\n')

function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

function sealed(fields: readonly RawField[], domain: string, results: string, status: 'none' | 'pass'): RawField[] {
  const sealer = new ArcSealer(fields, { domain, selector: 's', key: key.privateKey, now, results, status })
  sealer.body(body)
  const set = sealer.end()
  return set === null ? [...fields] : [field(set.seal), field(set.message), field(set.results), ...fields]
}

async function chain(results: string) {
  const first = sealed([field('From: a@example.org')], 'lists.example', results, 'none')
  const fields = sealed(
    first,
    'forward.example',
    'forward.example; arc=pass; dmarc=fail header.from=example.org',
    'pass',
  )
  const txt = { 's._domainkey.lists.example': key.record, 's._domainkey.forward.example': key.record }
  const verifier = new ArcVerifier(fields, { resolver: resolverFrom({ txt }), now })
  verifier.body(body)
  return verifier.end()
}

const passed = 'lists.example; dmarc=pass header.from=Example.ORG; arc=none smtp.remote-ip=192.0.2.7'
const both = ['forward.example', 'LISTS.example.']

describe('a chain that speaks for a message', () => {
  test('ARC-015 its comment names the status, the sealers from the newest on, and the first client', async () => {
    expect(trustedChain(await chain(passed), 'example.org', both)).toEqual({
      comment: 'arc=pass as[2].d=forward.example as[2].s=s as[1].d=lists.example as[1].s=s remote-ip[1]=192.0.2.7',
    })
  })

  test('ARC-016 without trusted sealers it says nothing, and every one of them must be trusted', async () => {
    const arc = await chain(passed)
    for (const sealers of [[], ['forward.example'], ['lists.example'], ['example']])
      expect(trustedChain(arc, 'example.org', sealers)).toBeNull()
  })

  test('ARC-013 a failed chain is as no chain', async () => {
    const arc = await chain(passed)
    expect(trustedChain({ ...arc, result: 'fail' }, 'example.org', both)).toBeNull()
    expect(trustedChain({ ...arc, result: 'none', sets: [] }, 'example.org', both)).toBeNull()
  })

  test('it speaks only for the domain that passed before the first sealer', async () => {
    expect(trustedChain(await chain(passed), 'example.net', both)).toBeNull()
    for (const results of [
      'lists.example; dmarc=fail header.from=example.org',
      'lists.example; dmarc=pass',
      'lists.example; spf=pass smtp.mailfrom=example.org',
      'lists.example; none',
    ])
      expect(trustedChain(await chain(results), 'example.org', both)).toBeNull()
  })

  test('ARC-018 odd results do not hurt the chain, and say nothing', async () => {
    const arc = await chain('"; dmarc=pass header.from=example.org')
    expect(arc.result).toBe('pass')
    expect(trustedChain(arc, 'example.org', both)).toBeNull()
  })
})
