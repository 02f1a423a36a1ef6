import { describe, expect, test } from 'vitest'
import { checkRecord } from './check.sample.ts'

/** The name that an `exists` with this domain-spec asks for. */
async function expanded(spec: string, over: Parameters<typeof checkRecord>[1] = {}): Promise<string> {
  const found = await checkRecord('', {
    domain: 'email.example.com',
    sender: 'strong-bad@email.example.com',
    ip: '192.0.2.3',
    ...over,
    dns: { ...over.dns, txt: { ...over.dns?.txt, [over.domain ?? 'email.example.com']: `v=spf1 exists:${spec}` } },
  })
  return found.lookups.find(lookup => lookup.term === `exists:${spec}` && lookup.type === 'A')?.name ?? ''
}

describe('expansion', () => {
  // RFC 7208 s7.4.
  const examples: readonly (readonly [spec: string, name: string])[] = [
    ['%{o}', 'email.example.com'],
    ['%{d}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}.x.y', 'strong-bad.x.y'],
    ['%{l-}.x.y', 'strong.bad.x.y'],
    ['%{lr}.x.y', 'strong-bad.x.y'],
    ['%{lr-}.x.y', 'bad.strong.x.y'],
    ['%{l1r-}.x.y', 'strong.x.y'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}', '3.2.0.192.in-addr.strong.lp._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
    ['%{s}.x', 'strong-bad@email.example.com.x'],
    ['%{h}.x', 'mail.example.org.x'],
  ]
  for (const [spec, name] of examples)
    test(`SPF-080, SPF-082 ${spec}`, async () => expect(await expanded(spec)).toBe(name))

  test('SPF-081 an IPv6 address is 32 nibbles between dots', async () => {
    expect(await expanded('%{ir}.%{v}._spf.%{d2}', { ip: '2001:db8::cb01' })).toBe(
      '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com',
    )
    expect(await expanded('%{i}.x.y', { ip: '192.0.2.3' })).toBe('192.0.2.3.x.y')
  })

  test('SPF-080 through include and redirect the sender stays and the current domain changes', async () => {
    const inner = 'v=spf1 exists:%{o}.o.%{d}.d.example -all'
    const dns = { txt: { 'inner.example.net': inner } }
    for (const record of ['v=spf1 include:inner.example.net', 'v=spf1 redirect=inner.example.net'])
      expect((await checkRecord(record, { dns })).asked).toContain('A example.org.o.inner.example.net.d.example')
  })

  test('SPF-082 delimiters at the ends and side by side make empty parts', async () => {
    const sender = { sender: '-a--b@example.org', domain: 'example.org' }
    // "-a--b" at hyphens: "", "a", "", "b".
    expect(await expanded('x%{l2r-}.y.z', sender)).toBe('')
    expect(await expanded('x%{l1-}.y.z', sender)).toBe('xb.y.z')
    expect(await expanded('x%{l3r-}.y.z', { ...sender, sender: 'a+b-c@example.org' })).toBe('xc.a+b.y.z')
    expect(await expanded('x%{lr+-}.y.z', { ...sender, sender: 'a+b-c@example.org' })).toBe('xc.b.a.y.z')
  })

  test('SPF-083 upper-case letters encode all but the unreserved characters', async () => {
    const dns = { txt: { 'e.example.org': 'see http://example.org/why?s=%{S};l=%{L}' } }
    const found = await checkRecord('v=spf1 -all exp=e.example.org', {
      dns,
      sender: "jack&jill=up!*'()-._~ x@example.org",
    })
    expect(found.explanation).toBe(
      'see http://example.org/why?s=jack%26jill%3Dup%21%2A%27%28%29-._~%20x%40example.org;l=jack%26jill%3Dup%21%2A%27%28%29-._~%20x',
    )
  })

  test('SPF-084 a name over 253 characters loses labels from the left', async () => {
    const label = 'a'.repeat(49)
    // Five labels of 50 characters with their dots, and 11 for "example.org".
    const sender = { domain: 'example.org', sender: `${[label, label, label, label].join('.')}@example.org` }
    const exact = 253 - (4 * 50 + 'example.org'.length + 1)
    expect(await expanded(`${'b'.repeat(exact)}.%{l}.%{d}`, sender)).toHaveLength(253)
    expect(await expanded(`${'b'.repeat(exact + 1)}.%{l}.%{d}`, sender)).toBe(
      `${[label, label, label, label].join('.')}.example.org`,
    )
  })

  test('SPF-087 the name of the last HELO is what h stands for, as it was given', async () => {
    expect(await expanded('%{h}.x', { helo: 'Relay.Example.NET' })).toBe('Relay.Example.NET.x')
  })

  test('SPF-085 the validated name: the domain itself, one below it, any, and unknown', async () => {
    const dns = (names: readonly string[]) => ({
      ptr: { '3.2.0.192.in-addr.arpa': names },
      a: Object.fromEntries(names.filter(name => !name.startsWith('lie.')).map(name => [name, '192.0.2.3'])),
    })
    const name = async (names: readonly string[]) => expanded('%{p}.x.y', { dns: dns(names) })
    expect(await name(['other.example', 'mx.email.example.com', 'email.example.com'])).toBe('email.example.com.x.y')
    expect(await name(['other.example', 'mx.email.example.com'])).toBe('mx.email.example.com.x.y')
    expect(await name(['lie.email.example.com', 'other.example'])).toBe('other.example.x.y')
    expect(await name(['lie.email.example.com'])).toBe('unknown.x.y')
    expect(await expanded('%{p}.x.y', { dns: { fail: ['ptr 3.2.0.192.in-addr.arpa'] } })).toBe('unknown.x.y')
  })

  test('SPF-028 a U-label of the sender is an A-label in look-ups and in macros', async () => {
    const over = { domain: 'b\u00fccher.example', sender: 'a@b\u00fccher.example' }
    const { asked } = await checkRecord('', {
      ...over,
      dns: { txt: { 'xn--bcher-kva.example': 'v=spf1 exists:%{o}.o.%{d}.d.example' } },
    })
    expect(asked).toEqual(['TXT xn--bcher-kva.example', 'A xn--bcher-kva.example.o.xn--bcher-kva.example.d.example'])
  })
})
