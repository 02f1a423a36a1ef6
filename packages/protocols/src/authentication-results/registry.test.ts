import { describe, expect, test } from 'vitest'
import { formatAuthenticationResults } from './format.ts'
import { parseAuthenticationResults } from './parse.ts'
import { registeredItems } from './registry.ts'

function relied(value: string): string[] {
  const read = parseAuthenticationResults(value)
  if (!read.ok) throw new Error(read.fault.text)
  return registeredItems(read.value).map(({ method, result }) => `${method}=${result}`)
}

describe('what may be relied upon', () => {
  test('AR-055 items of an unknown method, result or property type are ignored, those beside them are not', () => {
    expect(relied('x; new=pass; spf=pass smtp.mailfrom=example.org; toString=pass')).toEqual(['spf=pass'])
    expect(relied('x; spf=passed; spf=hardfail; dkim=pass header.d=example.org')).toEqual(['dkim=pass'])
    expect(relied('x; dkim=pass odd.d=example.org; dkim=fail policy.anything=1')).toEqual(['dkim=fail'])
    expect(relied('x; dmarc=softfail; arc=temperror; iprev=none; dmarc=permerror')).toEqual(['dmarc=permerror'])
  })

  test('AR-006 items of an unknown version of their method are ignored', () => {
    expect(relied('x; dkim/2=pass; dkim/1=fail; spf=none')).toEqual(['dkim=fail', 'spf=none'])
  })

  test('an empty field gives nothing', () => expect(relied('x; none')).toEqual([]))
})

describe('writing', () => {
  test('AR-042, AR-043 the field begins with the authserv-id that was given, quoted where it is no token', () => {
    expect(formatAuthenticationResults('mx.example.net', [])).toBe('mx.example.net; none')
    expect(formatAuthenticationResults('our host; spf=pass', [])).toBe('"our host; spf=pass"; none')
    expect(parseAuthenticationResults(formatAuthenticationResults('our host; spf=pass', []))).toMatchObject({
      ok: true,
      value: { authservId: 'our host; spf=pass', items: [] },
    })
  })
})
