import { messageBytesLimit as contractLimit } from '@letterlock/contract'
import { expect, test } from 'vitest'
import { messageBytesLimit } from './explain.ts'

test('the size that the form refuses is the size that the server refuses', () => {
  expect(messageBytesLimit).toBe(contractLimit)
})
