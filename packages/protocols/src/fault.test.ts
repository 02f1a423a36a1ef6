import { expect, test } from 'vitest'
import { excerpt, excerptLimit } from './fault.ts'

test('text of the input at the limit is quoted whole, one above is cut', () => {
  const text = (length: number) => 'x'.repeat(length)
  expect(excerpt(text(excerptLimit))).toBe(text(excerptLimit))
  expect(excerpt(text(excerptLimit + 1))).toBe(`${text(excerptLimit - 3)}...`)
})
