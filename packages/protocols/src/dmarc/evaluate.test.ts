import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { evaluateDmarc, type Identifier } from './evaluate.ts'
import { walkNames, walkQueriesLimit } from './tree-walk.ts'

const dkim = (domain: string, result: Identifier['result'] = 'pass'): Identifier => ({ method: 'dkim', domain, result })
const spf = (domain: string, result: Identifier['result'] = 'pass'): Identifier => ({ method: 'spf', domain, result })

/** The last two labels, as a suffix list would say for the names here. */
const registeredDomain = (name: string) => (name.includes('.') ? name.split('.').slice(-2).join('.') : null)

async function evaluate(dns: DnsLiteral, authorDomain: string, identifiers: readonly Identifier[] = []) {
  return evaluateDmarc({ authorDomain, identifiers }, { resolver: resolverFrom(dns), registeredDomain })
}

const org = (text: string): DnsLiteral => ({ txt: { '_dmarc.example.org': text }, empty: ['www.example.org'] })

describe('walk', () => {
  test('DMARC-033 at most eight names are asked, however long the name', () => {
    expect(walkNames('a.b.c.d.e.f.g.h.i.j.k.example.org')).toHaveLength(walkQueriesLimit)
    expect(walkNames('org')).toEqual(['org'])
  })

  test('DMARC-035 the root is never asked', async () => {
    const { asked } = await evaluate({}, 'example.org')
    expect(asked).toEqual(['example.org', 'org'])
  })

  test('DMARC-024 localhost and names below it are never asked', async () => {
    const found = await evaluate({}, 'mail.localhost')
    expect(found.rfc9989.result).toBe('none')
    expect(found.asked).toEqual([])
  })
})

describe('policy', () => {
  test('DMARC-044 no record: DMARC does not apply', async () => {
    expect((await evaluate({}, 'example.org', [dkim('example.org')])).rfc9989.result).toBe('none')
  })

  test('DMARC-045 a failed look-up is temperror, not none', async () => {
    expect((await evaluate({ fail: ['txt _dmarc.example.org'] }, 'www.example.org')).rfc9989).toMatchObject({
      result: 'temperror',
      applied: null,
    })
    expect((await evaluate({ bogus: ['txt _dmarc.example.org'] }, 'example.org')).rfc9989.result).toBe('temperror')
  })

  test('DMARC-048 existence decides between sp and np only where they differ, and an unanswered query leaves it open', async () => {
    const differing = org('v=DMARC1; p=none; np=reject')
    expect((await evaluate(differing, 'www.example.org')).rfc9989.applied).toBe('none')
    expect((await evaluate(differing, 'nosuch.example.org')).rfc9989.applied).toBe('reject')
    expect((await evaluate({ ...differing, fail: ['a www.example.org'] }, 'www.example.org')).rfc9989).toMatchObject({
      result: 'temperror',
    })
    const same = { ...org('v=DMARC1; p=reject; np=reject'), fail: ['a www.example.org'] }
    expect((await evaluate(same, 'www.example.org')).rfc9989.applied).toBe('reject')
  })

  test('DMARC-048 an alias whose target is missing exists', async () => {
    const dns = { ...org('v=DMARC1; p=none; np=reject'), cname: { 'alias.example.org': 'gone.example.net' } }
    expect((await evaluate(dns, 'alias.example.org')).rfc9989.applied).toBe('none')
  })
})

describe('alignment and result', () => {
  const reject = org('v=DMARC1; p=reject')

  test('DMARC-051 one aligned signature suffices', async () => {
    expect(
      (await evaluate(reject, 'example.org', [dkim('esp.example'), dkim('mail.example.org')])).rfc9989.result,
    ).toBe('pass')
  })

  test('DMARC-052 strict needs equal names', async () => {
    const strict = org('v=DMARC1; p=reject; aspf=s')
    expect((await evaluate(strict, 'example.org', [spf('mail.example.org')])).rfc9989.result).toBe('fail')
    expect((await evaluate(strict, 'example.org', [spf('EXAMPLE.org.')])).rfc9989.result).toBe('pass')
  })

  test('DMARC-054 nothing aligned is fail', async () => {
    expect((await evaluate(reject, 'example.org', [dkim('evil.example'), spf('evil.example')])).rfc9989.result).toBe(
      'fail',
    )
    expect((await evaluate(reject, 'example.org', [dkim('example.org', 'fail')])).rfc9989.result).toBe('fail')
  })

  test('DMARC-056 errors count only where the identifier would align', async () => {
    expect((await evaluate(reject, 'example.org', [dkim('example.org', 'temperror')])).rfc9989.result).toBe('temperror')
    expect((await evaluate(reject, 'example.org', [dkim('example.org', 'permerror')])).rfc9989.result).toBe('permerror')
    expect((await evaluate(reject, 'example.org', [spf('evil.example', 'temperror')])).rfc9989.result).toBe('fail')
    expect(
      (await evaluate(reject, 'example.org', [spf('evil.example', 'temperror'), dkim('example.org')])).rfc9989.result,
    ).toBe('pass')
  })

  test('DMARC-055 where the record could not be had nothing passes: DMARC may not apply, or want strict names', async () => {
    const dns = { fail: ['txt _dmarc.example.org'] }
    const { rfc9989, rfc7489 } = await evaluate(dns, 'example.org', [dkim('example.org'), dkim('mail.example.org')])
    expect([rfc9989.result, rfc7489?.result]).toEqual(['temperror', 'temperror'])
  })

  test('DMARC-048 where only the existence is unknown the record still says which names align', async () => {
    const dns = { ...org('v=DMARC1; p=reject; sp=none; adkim=s'), fail: ['a x.example.org'] }
    const unsure = { ...dns, ...org('v=DMARC1; p=reject; sp=none; np=reject; adkim=s') }
    expect((await evaluate(unsure, 'x.example.org', [dkim('y.example.org')])).rfc9989.result).toBe('temperror')
    expect((await evaluate(unsure, 'x.example.org', [dkim('x.example.org')])).rfc9989.result).toBe('pass')
    expect((await evaluate(dns, 'x.example.org', [dkim('y.example.org')])).rfc9989.result).toBe('fail')
  })

  test('DMARC-092 a name beside the organisation is not walked, so its DNS cannot switch the policy off', async () => {
    const dns = { ...reject, fail: ['txt _dmarc.evil.example', 'txt _dmarc.example'] }
    const found = await evaluate(dns, 'example.org', [dkim('evil.example')])
    expect(found.rfc9989.result).toBe('fail')
    expect(found.asked).not.toContain('evil.example')
  })

  test('DMARC-059 an unusable record is permerror', async () => {
    expect((await evaluate(org('v=DMARC1; p=rejct'), 'example.org')).rfc9989.result).toBe('permerror')
  })
})

describe('DCHG-002 both readings', () => {
  test('the same record and no difference', async () => {
    expect((await evaluate(org('v=DMARC1; p=reject'), 'example.org', [dkim('example.org')])).differences).toEqual([])
  })

  test('DCHG-001 the test mode is unknown to RFC 7489', async () => {
    const { rfc9989, rfc7489, differences } = await evaluate(org('v=DMARC1; p=reject; t=y'), 'example.org')
    expect([rfc9989.applied, rfc7489?.applied]).toEqual(['quarantine', 'reject'])
    expect(differences).toEqual(['policy: quarantine by RFC 9989, reject by RFC 7489'])
  })

  test('several records end the search of RFC 7489, the walk goes on', async () => {
    const dns = {
      txt: {
        '_dmarc.x.example.org': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'],
        '_dmarc.example.org': 'v=DMARC1; p=quarantine',
      },
      empty: ['x.example.org'],
    }
    const found = await evaluate(dns, 'x.example.org')
    expect([found.rfc9989.applied, found.rfc7489?.result]).toEqual(['quarantine', 'none'])
  })

  test('psd=n cuts a department off for RFC 9989 only', async () => {
    const dns = {
      txt: { '_dmarc.hr.example.org': 'v=DMARC1; p=reject; psd=n', '_dmarc.example.org': 'v=DMARC1; p=none' },
    }
    const found = await evaluate(dns, 'hr.example.org', [dkim('example.org')])
    expect([found.rfc9989.result, found.rfc7489?.result]).toEqual(['fail', 'pass'])
    expect(found.differences).toContain('alignment of dkim example.org: not aligned by RFC 9989, aligned by RFC 7489')
  })
})
