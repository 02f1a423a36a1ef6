import { expect, test } from 'vitest'
import { mayBeOwn, parseSenderKey } from './sender.ts'

test('a key is a basis and a value; a value may hold colons', () => {
  expect(parseSenderKey('ip:2001:db8::1')).toBe('ip:2001:db8::1')
  expect(parseSenderKey('service:mailchimp')).toBe('service:mailchimp')
  for (const text of ['', 'mailchimp', 'service:', ':x', 'host:x', 'SERVICE:x']) expect(parseSenderKey(text)).toBeNull()
})

test("a network and rows without an address are nobody's own", () => {
  expect(mayBeOwn('as:64511')).toBe(false)
  expect(mayBeOwn('ip:unknown')).toBe(false)
  for (const key of [
    'ip:192.0.2.1',
    'ptr:owner.test',
    'dkim:owner.test',
    'envelope:owner.test',
    'service:mailchimp',
  ] as const)
    expect(mayBeOwn(key)).toBe(true)
})
