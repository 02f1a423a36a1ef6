import fc from 'fast-check'
import { expect, test } from 'vitest'
import { breakableParts } from './breakable.tsx'

test('names break before their dots, addresses before their colons', () => {
  expect(breakableParts('bounce.us.ledgerly.example')).toEqual(['bounce', '.us', '.ledgerly', '.example'])
  expect(breakableParts('2001:db8::25')).toEqual(['2001', ':db8', ':', ':25'])
})

test('no part is longer than 14 characters, and together they are the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
      const parts = breakableParts(text)
      expect(parts.join('')).toBe(text)
      for (const part of parts) expect([...part].length).toBeLessThanOrEqual(14)
    }),
  )
})
