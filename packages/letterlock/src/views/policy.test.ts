import type { PolicyPublished } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { effectiveSteps, noPolicies, policyFreshDays, type SeenPolicy } from './policy.ts'

const published: PolicyPublished = {
  domain: 'example.org',
  p: 'reject',
  sp: null,
  np: null,
  adkim: 'r',
  aspf: 'r',
  pct: 100,
  fo: '0',
  testing: null,
  discoveryMethod: null,
  defaulted: [],
}

const seen = (form: 'rfc7489' | 'rfc9990', over: Partial<PolicyPublished>, day = 100): SeenPolicy => ({
  form,
  day,
  policy: { ...published, ...over },
})

describe('effective policy', () => {
  test('without a report it is unknown for both generations, never none', () => {
    for (const generation of ['rfc9989', 'rfc7489'] as const)
      expect(effectiveSteps(noPolicies, generation)).toMatchObject({ domain: { policy: 'unknown' }, level: 'unknown' })
  })

  test('RFC 9989 s4.7: t=y is one step lower, and only for its receivers', () => {
    for (const [p, lower] of [
      ['reject', 'quarantine'],
      ['quarantine', 'none'],
      ['none', 'none'],
    ] as const) {
      const newest = { rfc7489: null, rfc9990: seen('rfc9990', { p, testing: true }) }
      expect(effectiveSteps(newest, 'rfc9989').domain.policy).toBe(lower)
      expect(effectiveSteps(newest, 'rfc7489').domain.policy).toBe(p)
    }
  })

  test('pct lowers nothing for receivers of RFC 9989; RFC 7489 s6.6.4: pct=0 leaves the next lower step', () => {
    const newest = { rfc7489: seen('rfc7489', { pct: 0 }), rfc9990: null }
    expect(effectiveSteps(newest, 'rfc9989').domain.policy).toBe('reject')
    expect(effectiveSteps(newest, 'rfc7489').domain).toEqual({ policy: 'quarantine', because: 'p=reject, pct=0' })
  })

  test('np counts before sp before p, and only receivers of RFC 9989 know it', () => {
    const newest = { rfc7489: null, rfc9990: seen('rfc9990', { sp: 'quarantine', np: 'none', testing: false }) }
    const steps = effectiveSteps(newest, 'rfc9989')
    expect(steps.subdomains).toEqual({ policy: 'quarantine', because: 'sp=quarantine' })
    expect(steps.nonexistent).toEqual({ policy: 'none', because: 'np=none' })
    expect(effectiveSteps(newest, 'rfc7489').nonexistent.policy).toBe('quarantine')
  })

  test('a sp that is only a default is no sp', () => {
    const newest = { rfc7489: seen('rfc7489', { sp: 'none', defaulted: ['sp'] }), rfc9990: null }
    expect(effectiveSteps(newest, 'rfc7489').subdomains).toEqual({ policy: 'reject', because: 'no sp, p=reject' })
  })

  test('where only the older form reports, whether t=y is published is not known: inferred', () => {
    const older = seen('rfc7489', {}, 100)
    expect(effectiveSteps({ rfc7489: older, rfc9990: null }, 'rfc9989').level).toBe('inferred')
    const newer = (day: number) => ({ rfc7489: older, rfc9990: seen('rfc9990', { testing: true }, day) })
    expect(effectiveSteps(newer(100 - policyFreshDays), 'rfc9989')).toMatchObject({
      level: 'derived',
      domain: { policy: 'quarantine' },
    })
    expect(effectiveSteps(newer(100 - policyFreshDays - 1), 'rfc9989')).toMatchObject({
      level: 'inferred',
      domain: { policy: 'reject' },
    })
  })
})
