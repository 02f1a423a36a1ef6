import { describe, expect, test } from 'vitest'
import type { RawField } from '../dkim/canonical-header.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { ArcSealer } from './seal.ts'
import { arcSetsLimit, type ChainStatus, readArcSets } from './set.ts'
import { ArcVerifier } from './verify.ts'

const pairs = { rsa: generateDkimKey('rsa'), ed25519: generateDkimKey('ed25519') }
const now = 1_700_000_000
const body = Buffer.from('Hello\r\n')
const message = ['From: a@example.org', 'Subject: x'].map(field)

function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

function sealed(fields: readonly RawField[], status: ChainStatus, kind: keyof typeof pairs = 'rsa'): RawField[] {
  const sealer = new ArcSealer(fields, {
    domain: `${kind}.example`,
    selector: 'arc',
    key: pairs[kind].privateKey,
    now,
    results: 'lists.example; spf=pass smtp.mailfrom=example.org',
    status,
  })
  sealer.body(body)
  const set = sealer.end()
  return set === null ? [...fields] : [field(set.seal), field(set.message), field(set.results), ...fields]
}

async function verify(fields: readonly RawField[], text = body) {
  const txt = Object.fromEntries(
    Object.entries(pairs).map(([kind, pair]) => [`arc._domainkey.${kind}.example`, pair.record]),
  )
  const verifier = new ArcVerifier(fields, { resolver: resolverFrom({ txt }), now })
  verifier.body(text)
  return verifier.end()
}

describe('sealing', () => {
  test('ARC-005 cv is none for the first set and pass for later ones, and each chain verifies', async () => {
    const first = sealed(message, 'none')
    expect(await verify(first)).toMatchObject({ result: 'pass', oldestPass: 0 })
    const second = sealed(first, 'pass', 'ed25519')
    const found = await verify(second)
    expect(found).toMatchObject({ result: 'pass', oldestPass: 0 })
    expect(found.sets.map(set => set.seal.seal.status)).toEqual(['none', 'pass'])
  })

  test('ARC-012 after a change of the message the oldest signature that holds is named', async () => {
    const changed = [
      ...sealed(message, 'none').map(entry => (entry.name === 'subject' ? field('Subject: [list] x') : entry)),
    ]
    expect((await verify(changed)).result).toBe('fail')
    expect(await verify(sealed(changed, 'pass'))).toMatchObject({ result: 'pass', oldestPass: 2 })
  })

  test('ARC-006 a broken chain gets one set that says so, and nothing after it', async () => {
    const broken = sealed(sealed(message, 'none'), 'fail')
    expect(await verify(broken)).toMatchObject({ result: 'fail', code: 'arc-chain-failed' })
    expect(sealed(broken, 'fail')).toEqual(broken)
  })

  test('ARC-003 the message signature covers no ARC field and no Authentication-Results', () => {
    const [, signature] = sealed([field('Authentication-Results: x; none'), ...sealed(message, 'none')], 'pass')
    expect(signature?.text).not.toMatch(/h=[^;]*(?:arc-|authentication-results)/)
  })
})

describe('verifying', () => {
  test('ARC-011 a changed body, a changed seal, a changed result', async () => {
    const fields = sealed(message, 'none')
    expect(await verify(fields, Buffer.from('Other\r\n'))).toMatchObject({ code: 'arc-body-hash' })
    const results = fields.map(entry =>
      entry.name === 'arc-authentication-results' ? field(entry.text.replace('pass', 'fail')) : entry,
    )
    expect(await verify(results)).toMatchObject({ code: 'arc-seal' })
  })

  test('ARC-010 gaps, repeats and missing fields', async () => {
    const fields = sealed(message, 'none')
    expect(await verify(fields.slice(1))).toMatchObject({ result: 'fail', code: 'arc-set-incomplete' })
    expect(await verify([...fields.slice(0, 1), ...fields])).toMatchObject({ code: 'arc-set-repeated' })
    expect(await verify(sealed(fields, 'pass').filter(entry => !/i=1;/.test(entry.text)))).toMatchObject({
      code: 'arc-set-incomplete',
    })
    expect(await verify(message)).toMatchObject({ result: 'none' })
  })

  test('ARC-010 instances up to the limit are read, none above', () => {
    const set = (instance: number) => field(`ARC-Authentication-Results: i=${instance}; x; none`)
    expect(readArcSets([set(arcSetsLimit)])).toMatchObject({ fault: { code: 'arc-set-incomplete' } })
    for (const instance of [0, arcSetsLimit + 1, 100])
      expect(readArcSets([set(instance)])).toMatchObject({ fault: { code: 'arc-instance' } })
  })

  test('ARC-013 a key that could not be had is fail', async () => {
    const verifier = new ArcVerifier(sealed(message, 'none'), {
      resolver: resolverFrom({ fail: ['txt arc._domainkey.rsa.example'] }),
      now,
    })
    verifier.body(body)
    expect(await verifier.end()).toMatchObject({ result: 'fail', code: 'arc-key' })
  })

  test('ARC-021 where the newest signature fails, no key of older sets is asked for', async () => {
    const asked: string[] = []
    const fields = sealed(sealed(message, 'none', 'ed25519'), 'pass', 'rsa')
    const inner = resolverFrom({ txt: { 'arc._domainkey.rsa.example': pairs.rsa.record } })
    const verifier = new ArcVerifier(fields, {
      resolver: {
        query: question => {
          asked.push(question.name)
          return inner.query(question)
        },
      },
      now,
    })
    verifier.body(Buffer.from('Other\r\n'))
    await verifier.end()
    expect(asked).toEqual(['arc._domainkey.rsa.example'])
  })
})
