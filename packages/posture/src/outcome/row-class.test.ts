import type { DkimResult, SpfResult } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { classifyRow, type RowEvidence } from './row-class.ts'

/** The last two labels: enough of a suffix list for the names in these cases. */
const lastTwo = (name: string) => name.split('.').slice(-2).join('.')

const dkim = (domain: string, result: DkimResult['result']): DkimResult => ({
  domain,
  selector: 's',
  result,
  humanResult: null,
})
const spf = (domain: string, result: SpfResult['result'], scope: SpfResult['scope'] = 'mfrom'): SpfResult => ({
  domain,
  scope,
  result,
  humanResult: null,
})

function row(over: Partial<RowEvidence>): RowEvidence {
  return {
    headerFrom: 'example.org',
    disposition: 'none',
    dkim: 'fail',
    spf: 'fail',
    reasons: [],
    dkimResults: [],
    spfResults: [],
    ...over,
  }
}

const classOf = (over: Partial<RowEvidence>) => classifyRow(row(over), lastTwo)

describe('alignment path', () => {
  test('AGG-006 the aligned verdicts of the reporter give the path', () => {
    expect(classOf({ dkim: 'pass', spf: 'pass' }).alignment).toBe('dkim+spf')
    expect(classOf({ dkim: 'pass' }).alignment).toBe('dkim')
    expect(classOf({ spf: 'pass' }).alignment).toBe('spf')
    expect(classOf({}).alignment).toBe('none')
  })

  test('a missing verdict beside a fail is unknown, beside a pass the pass decides', () => {
    expect(classOf({ dkim: 'unknown' }).alignment).toBe('unknown')
    expect(classOf({ dkim: 'unknown', spf: 'pass' }).alignment).toBe('spf')
  })

  test('a reported pass without a passing result is never counted as pass', () => {
    const contradiction = classOf({ dkim: 'pass', dkimResults: [dkim('example.org', 'fail')] })
    expect(contradiction).toMatchObject({ alignment: 'unknown', authentication: 'unknown' })
  })

  test('a reported pass without any listed result is the word of the reporter', () => {
    expect(classOf({ dkim: 'pass', dkimResults: [] }).alignment).toBe('dkim')
  })

  test('a reported fail beside a strictly aligned pass contradicts itself', () => {
    expect(classOf({ dkimResults: [dkim('example.org', 'pass')] }).authentication).toBe('unknown')
    expect(classOf({ spfResults: [spf('example.org', 'pass')] }).authentication).toBe('unknown')
  })

  test('a HELO pass aligns with nothing and contradicts nothing', () => {
    expect(classOf({ spfResults: [spf('example.org', 'pass', 'helo')] }).alignment).toBe('none')
  })
})

describe('authentication class', () => {
  test('an override that names forwarding is a sign of forwarding', () => {
    for (const type of ['forwarded', 'trusted_forwarder', 'mailing_list'] as const)
      expect(classOf({ reasons: [{ type, comment: null, arc: false }] }).authentication).toBe('forwarding-signs')
    expect(classOf({ reasons: [{ type: 'local_policy', comment: null, arc: false }] }).authentication).toBe(
      'unauthenticated',
    )
  })

  test('an aligned signature that fails is a sign of forwarding, relaxed alignment included', () => {
    expect(classOf({ dkimResults: [dkim('mail.example.org', 'fail')] }).authentication).toBe('forwarding-signs')
  })

  test('a pass for another domain only is third party', () => {
    expect(classOf({ dkimResults: [dkim('esp.example', 'pass')] }).authentication).toBe('third-party')
    expect(classOf({ spfResults: [spf('bounce.esp.example', 'pass')] }).authentication).toBe('third-party')
  })

  test('nothing passes: unauthenticated', () => {
    expect(
      classOf({ dkimResults: [dkim('esp.example', 'fail')], spfResults: [spf('x.example', 'softfail')] })
        .authentication,
    ).toBe('unauthenticated')
  })
})

describe('disposition of the roll-up', () => {
  test('failed and let through with a reason is an override, not a pass and not none', () => {
    const reasons = [{ type: 'local_policy', comment: null, arc: false }] as const
    expect(classOf({ reasons }).disposition).toBe('override')
    expect(classOf({ reasons, dkim: 'pass' }).disposition).toBe('none')
    expect(classOf({ reasons, disposition: 'quarantine' }).disposition).toBe('quarantine')
    expect(classOf({}).disposition).toBe('none')
  })
})
