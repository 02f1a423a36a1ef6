import { describe, expect, test } from 'vitest'
import { checkRecord } from './check.sample.ts'
import { isSpfRecord, parseSpfRecord } from './record.ts'

const fault = (text: string) => {
  const read = parseSpfRecord(text)
  return read.ok ? null : read.fault
}

describe('grammar', () => {
  test('SPF-034 the version is matched without regard to case, and nothing stands before it', () => {
    for (const text of ['v=spf1', 'V=SPF1 -all', 'v=Spf1  a']) expect(isSpfRecord(text)).toBe(true)
    for (const text of [' v=spf1', '\tv=spf1', 'v=spf1\t-all', 'v=spf1-all', 'v =spf1'])
      expect(isSpfRecord(text)).toBe(false)
  })

  test('SPF-040 an unknown mechanism is an error; an unknown modifier is not, but its value must be a macro-string', async () => {
    expect(fault('v=spf1 foo:example.net')).toMatchObject({ code: 'spf-mechanism-unknown', at: 7 })
    expect((await checkRecord('v=spf1 moo=%{d} moo=x moo= x-new=%{i} +all moo=')).result).toBe('pass')
    expect(fault('v=spf1 moo=%x -all')).toMatchObject({ code: 'spf-macro-syntax', at: 11 })
    expect((await checkRecord('v=spf1 -all moo=%x')).result).toBe('permerror')
  })

  test('SPF-041 redirect and exp stand once at the most', () => {
    expect(fault('v=spf1 redirect=a.example redirect=a.example')).toMatchObject({ code: 'spf-modifier-repeated' })
    expect(fault('v=spf1 exp=a.example -all EXP=b.example')).toMatchObject({ code: 'spf-modifier-repeated', at: 26 })
    expect(fault('v=spf1 redirect=a.example exp=b.example')).toBeNull()
  })

  test('SPF-042 behind a percent sign stands a brace, a percent sign, an underscore or a hyphen', () => {
    for (const text of [
      'a:%.example.org',
      'a:x%',
      'exists:%(d).example.org',
      'a:%{d.example.org',
      'exists:%d.example.org',
    ])
      expect([text, fault(`v=spf1 ${text}`)?.code]).toEqual([text, 'spf-macro-syntax'])
    expect(fault('v=spf1 exists:%%%_%-%{d}.example.org')).toBeNull()
  })

  test('SPF-043 the letters c, r and t are for explanations alone', async () => {
    for (const letter of 'crtCRT')
      expect(fault(`v=spf1 exists:%{${letter}}.example.org`)).toMatchObject({ code: 'spf-macro-letter' })
    const dns = { txt: { 'e.example.org': '%{c} %{r} %{t}' } }
    const found = await checkRecord('v=spf1 -all exp=e.example.org', { dns, receiver: 'mx.example.net' })
    expect(found.explanation).toBe('192.0.2.1 mx.example.net 1700000000')
  })

  test('SPF-044 a digit transformer of zero is an error, one of 127 and above is not', async () => {
    expect(fault('v=spf1 exists:%{d0}.example.net')).toMatchObject({ code: 'spf-macro-zero' })
    expect(fault('v=spf1 exists:%{d00}.example.net')).toMatchObject({ code: 'spf-macro-zero' })
    for (const digits of ['127', '128', '99999999999999999999999']) {
      const { asked } = await checkRecord(`v=spf1 exists:%{d${digits}}.example.net`)
      expect(asked).toContain('A example.org.example.net')
    }
  })

  test('SPF-045 a dot at the end of a domain is accepted', async () => {
    const dns = { a: { 'host.example.net': '192.0.2.1' }, txt: { 'x.example.net': 'v=spf1 +all' } }
    expect((await checkRecord('v=spf1 a:host.example.net. -all', { dns })).result).toBe('pass')
    expect((await checkRecord('v=spf1 include:x.example.net. -all', { dns })).result).toBe('pass')
    expect((await checkRecord('v=spf1 redirect=x.example.net.', { dns })).result).toBe('pass')
  })

  test('domain-spec and prefixes as the grammar has them', () => {
    const wrong = [
      'a:com',
      'a:example.123',
      'a:example.-x',
      'a:',
      'include',
      'include:',
      'exists',
      'all:x',
      'all/8',
      'ptr/8',
      'a/33',
      'a/032',
      'a//129',
      'ip4:192.0.2',
      'ip4:192.0.2.01',
      'ip4:192.0.2.1/33',
      'ip4',
      'ip6:192.0.2.1',
      'ip6:2001:db8::1/129',
      'redirect=',
      'redirect',
      '++all',
    ]
    for (const term of wrong) expect([term, fault(`v=spf1 ${term}`) === null]).toEqual([term, false])
    for (const term of ['a/0//0', 'mx//64', 'a:%{d}/8', 'ip4:0.0.0.0/0', 'ip6:::/0', 'a:x_y.example', 'MX', 'ALL'])
      expect([term, fault(`v=spf1 ${term}`)]).toEqual([term, null])
  })
})
