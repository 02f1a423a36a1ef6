import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatStsPolicy, parseStsPolicy, stsMaxAgeLimit, stsPolicyBytesLimit } from './policy.ts'

const example = `version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n`

function read(text: string | Uint8Array) {
  return parseStsPolicy(typeof text === 'string' ? Buffer.from(text, 'utf8') : text)
}

function faultOf(text: string | Uint8Array): string | null {
  const parsed = read(text)
  return parsed.ok ? null : parsed.fault.code
}

function deviationsOf(text: string): readonly string[] {
  const parsed = read(text)
  if (!parsed.ok) throw new Error(parsed.fault.text)
  return parsed.value.deviations.map(deviation => deviation.code)
}

describe('the policy file of MTA-STS', () => {
  test('STS-022 the example of RFC 8461 s3.2 is read', () => {
    expect(read(example)).toMatchObject({
      ok: true,
      value: {
        mode: 'enforce',
        maxAge: 604_800,
        mx: ['mail.example.com', '*.example.net', 'backupmx.example.com'],
        deviations: [],
      },
    })
  })

  test('STS-021 LF is a line end, blanks after the colon and at the line end are fine, the last line end is optional', () => {
    const parsed = read('version:STSv1\nmode: \ttesting \t\nmx:a.example\nmax_age:  86400')
    expect(parsed).toMatchObject({
      ok: true,
      value: { mode: 'testing', maxAge: 86_400, mx: ['a.example'], deviations: [] },
    })
  })

  test('STS-024 the order of lines is free', () => {
    expect(faultOf('max_age: 1\nmx: a.example\nmode: enforce\nversion: STSv1\n')).toBe(null)
  })

  test('STS-025 STS-017 extension lines of UTF-8 text are accepted', () => {
    expect(faultOf(`${example}note.1_x-y: grüße an alle\r\n`)).toBe(null)
  })

  test('STS-030 of a repeated key other than mx the first counts', () => {
    const parsed = read(`${example}mode: none\r\nmax_age: 5\r\n`)
    expect(parsed).toMatchObject({ ok: true, value: { mode: 'enforce', maxAge: 604_800 } })
    expect(deviationsOf(`${example}mode: none\r\n`)).toEqual(['sts-policy-key-repeated'])
    expect(faultOf('version: STSv1\nmode: maybe\nmode: enforce\nmx: a.example\nmax_age: 1\n')).toBe('sts-policy-mode')
  })

  test('STS-031 each fault that makes a policy invalid is told as such, with its place', () => {
    const policy = (lines: readonly string[]) => lines.map(line => `${line}\r\n`).join('')
    const good = ['version: STSv1', 'mode: enforce', 'mx: a.example', 'max_age: 86400']
    const replaced = (index: number, line: string) => policy(good.map((text, at) => (at === index ? line : text)))
    expect(faultOf(policy(good))).toBe(null)
    expect(faultOf(replaced(0, 'x: 1'))).toBe('sts-policy-version')
    expect(faultOf(replaced(0, 'version: stsv1'))).toBe('sts-policy-version')
    expect(faultOf(replaced(0, 'Version: STSv1'))).toBe('sts-policy-version')
    expect(faultOf(replaced(1, 'x: 1'))).toBe('sts-policy-mode')
    expect(faultOf(replaced(1, 'mode: Enforce'))).toBe('sts-policy-mode')
    expect(faultOf(replaced(3, 'x: 1'))).toBe('sts-policy-max-age')
    expect(faultOf(replaced(3, 'max_age: 12345678901'))).toBe('sts-policy-max-age')
    expect(faultOf(replaced(3, 'max_age: -1'))).toBe('sts-policy-max-age')
    expect(faultOf(replaced(3, 'max_age:'))).toBe('sts-policy-max-age')
    expect(faultOf(replaced(2, 'x: 1'))).toBe('sts-policy-no-mx')
    expect(faultOf(replaced(2, 'nothing'))).toBe('sts-policy-line')
    expect(faultOf(replaced(2, 'x:'))).toBe('sts-policy-extension')
    expect(faultOf(replaced(2, 'x: a\u0001b'))).toBe('sts-policy-extension')
    expect(faultOf(replaced(2, `${'x'.repeat(33)}: 1`))).toBe('sts-policy-extension')
    expect(faultOf(Buffer.concat([Buffer.from(policy(good)), Buffer.from([0x78, 0x3a, 0xff])]))).toBe(
      'sts-policy-charset',
    )
    expect(faultOf('')).toBe('sts-policy-empty')
    const parsed = read(replaced(2, 'mx: bad name'))
    expect(parsed).toMatchObject({ ok: false, fault: { at: 'version: STSv1\r\nmode: enforce\r\nmx:'.length } })
  })

  test.each([
    ['a U-label', 'mx: bücher.example'],
    ['nothing', 'mx:'],
    ['a blank inside', 'mx: a.example b.example'],
    ['an address literal', 'mx: [192.0.2.1]'],
    ['an asterisk elsewhere', 'mx: a.*.example'],
    ['an asterisk within a label', 'mx: m*.example'],
    ['an asterisk alone', 'mx: *'],
    ['a port', 'mx: a.example:25'],
    ['an empty label', 'mx: a..example'],
    ['a label of 64 characters', `mx: ${'a'.repeat(64)}.example`],
    ['a leading dot', 'mx: .example'],
  ])('STS-023 STS-031 a pattern that is %s makes the policy invalid', (_, line) => {
    expect(faultOf(`version: STSv1\nmode: enforce\n${line}\nmx: b.example\nmax_age: 1\n`)).toBe('sts-policy-mx')
  })

  test('STS-032 max_age above a year is cut to it, and 0 is legal', () => {
    const withAge = (age: string) => `version: STSv1\nmode: none\nmax_age: ${age}\n`
    expect(stsMaxAgeLimit).toBe(31_557_600)
    expect(read(withAge('31557600'))).toMatchObject({ ok: true, value: { maxAge: 31_557_600, deviations: [] } })
    expect(read(withAge('31557601'))).toMatchObject({ ok: true, value: { maxAge: 31_557_600 } })
    expect(deviationsOf(withAge('9999999999'))).toEqual(['sts-policy-max-age-limit'])
    expect(read(withAge('0'))).toMatchObject({ ok: true, value: { maxAge: 0 } })
  })

  test('STS-033 empty lines, CR alone, a blank before the colon, a byte order mark and MX forms are tolerated and told', () => {
    const parsed = read('\ufeffversion: STSv1\r\rmode : enforce\rmx: MAIL.Example.COM.\rmax_age: 1\r')
    expect(parsed).toMatchObject({ ok: true, value: { mode: 'enforce', mx: ['mail.example.com'] } })
    expect(
      new Set(deviationsOf('\ufeffversion: STSv1\r\rmode : enforce\rmx: MAIL.Example.COM.\rmax_age: 1\r')),
    ).toEqual(
      new Set([
        'sts-policy-byte-order-mark',
        'sts-policy-carriage-return',
        'sts-policy-empty-line',
        'sts-policy-blank-before-colon',
        'sts-policy-mx-form',
      ]),
    )
    expect(deviationsOf('version: STSv1\r\nmode: none\nmax_age: 1\n')).toEqual(['sts-policy-line-ends-mixed'])
  })

  test('STS-033 TLSRPT-033 the lines are kept exactly as served', () => {
    const parsed = read('version: STSv1 \r\nmode: enforce\r\nmx: A.example.\r\n\r\nmax_age: 5\r\n')
    expect(parsed.ok && parsed.value.lines).toEqual([
      'version: STSv1 ',
      'mode: enforce',
      'mx: A.example.',
      '',
      'max_age: 5',
    ])
  })

  test('STS-034 mode none needs no mx line and may have some; of several versions the first counts', () => {
    expect(faultOf('version: STSv1\nmode: none\nmax_age: 1\n')).toBe(null)
    expect(faultOf('version: STSv1\nversion: STSv2\nmode: none\nmx: a.example\nmax_age: 1\n')).toBe(null)
    expect(faultOf('version: STSv2\nversion: STSv1\nmode: none\nmax_age: 1\n')).toBe('sts-policy-version')
  })

  test('STS-035 an mx in the form of an IPv4 address leaves the policy valid and is told', () => {
    const text = 'version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 1\n'
    expect(read(text)).toMatchObject({ ok: true, value: { mx: ['192.0.2.1'] } })
    expect(deviationsOf(text)).toEqual(['sts-policy-mx-address'])
  })

  test('STS-043 a file at the limit of size is read, one above is a fault and not a cut one', () => {
    const padded = (length: number) => `${example}x: ${'y'.repeat(length - example.length - 3)}`
    expect(faultOf(padded(stsPolicyBytesLimit))).toBe(null)
    expect(faultOf(padded(stsPolicyBytesLimit + 1))).toBe('sts-policy-size')
  })

  test('STS-029 a file that is written has version, mode, mx, max_age in this order, with CRLF, and is read back', () => {
    const text = formatStsPolicy({ mode: 'testing', maxAge: 86_400, mx: ['mx1.example.org', '*.example.org'] })
    expect(text).toBe(
      'version: STSv1\r\nmode: testing\r\nmx: mx1.example.org\r\nmx: *.example.org\r\nmax_age: 86400\r\n',
    )
    expect(read(text)).toMatchObject({ ok: true, value: { mode: 'testing', maxAge: 86_400, deviations: [] } })
  })

  test('no bytes make the reader throw, and a policy that is read can be enforced', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'version',
        'mode',
        'max_age',
        'mx',
        ':',
        ' ',
        '\r',
        '\n',
        '\r\n',
        'STSv1',
        'enforce',
        'none',
        '*.',
        'a.example',
        '1',
      ),
      fc.string({ maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (parts, isPrefixed) => {
        const bytes = Buffer.from(`${isPrefixed ? example : ''}${parts.join('')}`, 'latin1')
        const parsed = parseStsPolicy(bytes)
        if (!parsed.ok) expect(parsed.fault.at).toBeLessThanOrEqual(bytes.length)
        else expect(parsed.value.mode === 'none' || parsed.value.mx.length > 0).toBe(true)
      }),
    )
  })
})
