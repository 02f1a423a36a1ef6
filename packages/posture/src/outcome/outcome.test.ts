import { describe, expect, test } from 'vitest'
import { decisions, outcomeOf } from './outcome.ts'

describe('outcome: the first that applies', () => {
  test('unknown and aligned do not depend on the decision', () => {
    for (const decision of decisions) {
      expect(outcomeOf('unknown', decision)).toBe('unknown')
      expect(outcomeOf('aligned', decision)).toBe('aligned')
    }
  })

  test('mail of a sender that is mine is broken, whatever else it shows', () => {
    for (const authentication of ['forwarding-signs', 'third-party', 'unauthenticated'] as const)
      expect(outcomeOf(authentication, 'mine')).toBe('broken')
  })

  test('expected forwarding and signs of forwarding are forwarded (likely)', () => {
    expect(outcomeOf('unauthenticated', 'forwarding')).toBe('forwarded')
    expect(outcomeOf('forwarding-signs', 'undecided')).toBe('forwarded')
    expect(outcomeOf('forwarding-signs', 'not-mine')).toBe('forwarded')
  })

  test('the rest is third party where something passes, else unauthenticated', () => {
    expect(outcomeOf('third-party', 'not-mine')).toBe('third-party')
    expect(outcomeOf('unauthenticated', 'undecided')).toBe('unauthenticated')
  })
})
