import { expect, it } from 'vitest'
import { counted } from './counted.ts'

it('one thing is told in the singular', () => {
  expect(counted(1, 'row')).toBe('1 row')
  expect(counted(0, 'row')).toBe('0 rows')
  expect(counted(1200, 'policy', 'policies')).toBe('1,200 policies')
  expect(counted(1, 'policy', 'policies')).toBe('1 policy')
})
