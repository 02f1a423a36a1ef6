import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { formatAuthenticationResults, reasonLimit } from './format.ts'
import { parseAuthenticationResults, resultsItemsLimit, resultsOctetsLimit } from './parse.ts'
import { forgedResults } from './strip.ts'

const seeds = [
  'example.com;\r\n dkim=pass reason="good \\"signature" header.i=@mail-router.example.net;\r\n spf=fail smtp.mailfrom="a b"@example.org',
  'foo.example.net (foobar) 1 (baz); dkim (because) / 1 (one) = (wait) fail policy (a dot) . (that) expired (x) = (y) 1362471462',
  'example.org 1; none',
  'mx.example.org; dmarc=pass header.from=example.org policy.dmarc=reject; arc=pass smtp.remote-ip="2001:db8::1"',
].map(text => Buffer.from(text))

const words = [
  ';',
  '=',
  '.',
  '/',
  '@',
  '(',
  ')',
  '"',
  '\\',
  ' ',
  '\r\n\t',
  'spf=pass',
  'reason=',
  'smtp.mailfrom=',
  'header.b=',
  'mx.example.org',
  '1',
  'none',
  '\0',
  '\xff',
]

it('fuzz: any field is read or refused, and what is read comes back from what is written', {
  timeout: 3_700_000,
}, async () => {
  await fuzz({
    seeds,
    words,
    target: input => {
      const value = input.toString('latin1')
      const read = parseAuthenticationResults(value)
      if (!read.ok) {
        expect(read.fault.at).toBeLessThanOrEqual(value.length)
        return
      }
      const { authservId, items } = read.value
      expect(items.length).toBeLessThanOrEqual(resultsItemsLimit)
      const field = [{ name: 'authentication-results', text: `Authentication-Results:${value}` }]
      // A field that reads as ours is found, however it is written.
      expect(forgedResults(field, [authservId])).toEqual([0])
      const printable = (text: string | null) => text === null || /^[ -~]*$/.test(text)
      const isPlain =
        printable(authservId) &&
        items.every(
          item =>
            item.methodVersion === 1 &&
            printable(item.reason) &&
            (item.reason?.length ?? 0) <= reasonLimit &&
            item.properties.every(({ value: text }) => printable(text)),
        )
      if (!isPlain) return
      const written = formatAuthenticationResults(authservId, items)
      expect(written.split('\r\n').every(line => !/[\r\n]/.test(line))).toBe(true)
      // Quoting may double a field that is near the limit.
      if (written.length > resultsOctetsLimit) return
      const again = parseAuthenticationResults(written)
      expect(again.ok && again.value.items).toEqual(items)
    },
  })
})
