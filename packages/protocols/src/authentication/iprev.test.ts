import { describe, expect, test } from 'vitest'
import { formatAuthenticationResults } from '../authentication-results/format.ts'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { checkIprev, iprevItem, iprevNamesLimit } from './iprev.ts'

function address(text: string) {
  const ip = parseIpAddress(text)
  if (ip === null) throw new Error(`${text} is no address`)
  return ip
}

const reverse = '1.2.0.192.in-addr.arpa'
const check = async (dns: DnsLiteral, ip = '192.0.2.1') => checkIprev(address(ip), { resolver: resolverFrom(dns) })

describe('AR-060 the name of an address', () => {
  test('pass where one of its names leads back, in either family', async () => {
    const dns = { ptr: { [reverse]: ['x.example', 'mx.example'] }, a: { 'mx.example': ['192.0.2.9', '192.0.2.1'] } }
    expect(await check(dns)).toEqual({ result: 'pass', name: 'mx.example' })
    const nibbles = `1${'.0'.repeat(23)}.8.b.d.0.1.0.0.2.ip6.arpa`
    const six = { ptr: { [nibbles]: 'mx.example' }, aaaa: { 'mx.example': '2001:db8::1' } }
    expect((await check(six, '2001:db8::1')).result).toBe('pass')
  })

  test('fail where it has names and none leads back, those that are empty or not there included', async () => {
    const dns = {
      ptr: { [reverse]: ['absent.example', 'empty.example', 'mx.example'] },
      a: { 'mx.example': '192.0.2.9' },
    }
    expect(await check({ ...dns, empty: ['empty.example'] })).toEqual({ result: 'fail', name: null })
  })

  test('permerror without a name, temperror where a look-up failed and nothing passes', async () => {
    expect((await check({})).result).toBe('permerror')
    expect((await check({ fail: [`ptr ${reverse}`] })).result).toBe('temperror')
    const two = { ptr: { [reverse]: ['broken.example', 'mx.example'] }, fail: ['a broken.example'] }
    expect((await check({ ...two, a: { 'mx.example': '192.0.2.9' } })).result).toBe('temperror')
    expect((await check({ ...two, a: { 'mx.example': '192.0.2.1' } })).result).toBe('pass')
  })

  test('as many names as are tried, and one more', async () => {
    const dns = (others: number) => ({
      ptr: { [reverse]: [...Array.from({ length: others }, (_, i) => `x${i}.example`), 'mx.example'] },
      a: { 'mx.example': '192.0.2.1' },
    })
    expect((await check(dns(iprevNamesLimit - 1))).result).toBe('pass')
    expect((await check(dns(iprevNamesLimit))).result).toBe('fail')
  })

  test('the item names the address', () => {
    expect(formatAuthenticationResults('mx', [iprevItem({ result: 'fail', name: null }, address('2001:db8::1'))])).toBe(
      'mx;\r\n\tiprev=fail policy.iprev="2001:db8::1"',
    )
  })
})
