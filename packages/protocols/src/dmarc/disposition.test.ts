import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import {
  adviseDisposition,
  type DispositionOptions,
  type EnforcementMode,
  type ReceiverKnowledge,
} from './disposition.ts'
import { type DmarcEvaluation, evaluateDmarc, type Identifier } from './evaluate.ts'

const modes: readonly EnforcementMode[] = ['monitor', 'standard', 'strict']
const registeredDomain = (name: string) => (name.includes('.') ? name.split('.').slice(-2).join('.') : null)

async function evaluate(record: string, identifiers: readonly Identifier[] = [], dns: DnsLiteral = {}) {
  const resolver = resolverFrom({ txt: { '_dmarc.example.org': record }, ...dns })
  return evaluateDmarc({ authorDomain: 'example.org', identifiers }, { resolver, registeredDomain })
}

const passing: readonly Identifier[] = [{ method: 'dkim', domain: 'example.org', result: 'pass' }]

async function advise(
  record: string,
  options: Partial<DispositionOptions> & { identifiers?: readonly Identifier[] } = {},
) {
  const { identifiers = [], ...over } = options
  const evaluation = await evaluate(record, identifiers)
  return adviseDisposition(found(evaluation), { mode: 'standard', ...over })
}

function found(...evaluations: readonly DmarcEvaluation[]) {
  return { result: evaluations[0]?.rfc9989.result ?? 'permerror', evaluations }
}

describe('the policy', () => {
  test('DMARC-060 p=none changes nothing in any mode', async () => {
    for (const mode of modes)
      expect(await advise('v=DMARC1; p=none', { mode, knowledge: { against: ['a block list'] } })).toMatchObject({
        action: 'accept',
        disposition: 'none',
        reasons: [],
      })
  })

  test('DMARC-061, DMARC-065 reject alone is handled as quarantine, and the report says so', async () => {
    expect(await advise('v=DMARC1; p=reject')).toMatchObject({
      action: 'quarantine',
      disposition: 'quarantine',
      reasons: [{ type: 'local_policy' }],
      isConforming: true,
    })
  })

  test('DMARC-065 standard rejects where another signal agrees and nothing speaks for the message', async () => {
    const against = ['a content filter']
    expect(await advise('v=DMARC1; p=reject', { knowledge: { against } })).toMatchObject({
      action: 'reject',
      disposition: 'reject',
      reasons: [],
      isConforming: true,
    })
    const broken: Identifier = { method: 'dkim', domain: 'mail.example.org', result: 'fail' }
    for (const speaking of [
      { knowledge: { against, hasListId: true } },
      { knowledge: { against }, identifiers: [broken] },
    ])
      expect(await advise('v=DMARC1; p=reject', speaking)).toMatchObject({
        action: 'quarantine',
        reasons: [{ type: 'local_policy' }],
      })
    // A broken signature of another domain says nothing for it, and neither does an SPF fail.
    const foreign: readonly Identifier[] = [
      { ...broken, domain: 'example.net' },
      { method: 'spf', domain: 'example.org', result: 'fail' },
    ]
    expect((await advise('v=DMARC1; p=reject', { knowledge: { against }, identifiers: foreign })).action).toBe('reject')
    // That nothing speaks for it is no signal against it.
    expect((await advise('v=DMARC1; p=reject', { knowledge: { against: [] } })).action).toBe('quarantine')
  })

  test('DMARC-065 quarantine acts in standard and strict, with no reason, and monitor never acts', async () => {
    for (const mode of ['standard', 'strict'] as const)
      expect(await advise('v=DMARC1; p=quarantine', { mode, knowledge: { against: ['a block list'] } })).toMatchObject({
        action: 'quarantine',
        disposition: 'quarantine',
        reasons: [],
      })
    for (const policy of ['quarantine', 'reject'])
      expect(
        await advise(`v=DMARC1; p=${policy}`, { mode: 'monitor', knowledge: { against: ['a block list'] } }),
      ).toMatchObject({ action: 'accept', disposition: 'none', reasons: [{ type: 'local_policy' }] })
  })

  test('DMARC-065 strict rejects by the policy alone, and is told as not conforming', async () => {
    expect(await advise('v=DMARC1; p=reject', { mode: 'strict' })).toMatchObject({
      action: 'reject',
      isConforming: false,
    })
    expect(
      await advise('v=DMARC1; p=reject', { mode: 'strict', knowledge: { against: ['a block list'] } }),
    ).toMatchObject({ action: 'reject', isConforming: true })
  })

  test('DMARC-011 the test mode lowers by one step, and the report says so', async () => {
    expect(await advise('v=DMARC1; p=reject; t=y', { knowledge: { against: ['a block list'] } })).toMatchObject({
      action: 'quarantine',
      disposition: 'quarantine',
      reasons: [{ type: 'policy_test_mode' }],
    })
    expect(await advise('v=DMARC1; p=quarantine; t=y')).toMatchObject({
      action: 'accept',
      disposition: 'none',
      reasons: [{ type: 'policy_test_mode' }],
    })
    expect((await advise('v=DMARC1; p=none; t=y')).reasons).toEqual([])
  })

  test('a pass is told as such only under an enforcing policy, before the test mode', async () => {
    const disposition = async (record: string) => (await advise(record, { identifiers: passing })).disposition
    expect(await disposition('v=DMARC1; p=reject')).toBe('pass')
    expect(await disposition('v=DMARC1; p=quarantine; t=y')).toBe('pass')
    expect(await disposition('v=DMARC1; p=none')).toBe('none')
  })
})

describe('overrides', () => {
  const all: ReceiverKnowledge = {
    allowList: 'partners',
    trustedForwarder: 'forward.example',
    trustedArc: 'arc=pass as[1].d=lists.example as[1].s=s',
    mailingList: 'dev.lists.example',
    localPolicy: { action: 'accept', comment: 'asked for' },
  }

  test('DMARC-066 the first that applies is reported: lists, ARC, mailing list, local policy', async () => {
    const order: readonly (readonly [keyof ReceiverKnowledge, string, string])[] = [
      ['allowList', 'local_policy', 'partners'],
      ['trustedForwarder', 'trusted_forwarder', 'forward.example'],
      ['trustedArc', 'local_policy', 'arc=pass as[1].d=lists.example as[1].s=s'],
      ['mailingList', 'mailing_list', 'dev.lists.example'],
      ['localPolicy', 'local_policy', 'asked for'],
    ]
    for (const [index, [, type, comment]] of order.entries()) {
      const knowledge = Object.fromEntries(order.slice(index).map(([name]) => [name, all[name]]))
      const found = await advise('v=DMARC1; p=reject', { mode: 'strict', knowledge })
      expect(found).toMatchObject({ action: 'accept', disposition: 'none', isConforming: true })
      expect(found.reasons).toEqual([{ type, comment, arc: comment.startsWith('arc=pass') }])
    }
  })

  test('DMARC-063 no reason where the override does what the policy asks for', async () => {
    expect((await advise('v=DMARC1; p=none', { knowledge: all })).reasons).toEqual([])
    const localPolicy = { action: 'quarantine', comment: 'a rule' } as const
    for (const mode of modes)
      expect(await advise('v=DMARC1; p=quarantine', { mode, knowledge: { localPolicy } })).toMatchObject({
        action: 'quarantine',
        reasons: [],
      })
  })

  test('DMARC-062 the final say is local, for passing mail too', async () => {
    const localPolicy = { action: 'reject', comment: 'a virus' } as const
    expect(await advise('v=DMARC1; p=reject', { identifiers: passing, knowledge: { localPolicy } })).toMatchObject({
      action: 'reject',
      disposition: 'reject',
      reasons: [{ type: 'local_policy', comment: 'a virus' }],
    })
  })

  test('DMARC-094 nothing of it makes the message pass', async () => {
    const evaluation = await evaluate('v=DMARC1; p=reject')
    adviseDisposition(found(evaluation), { mode: 'standard', knowledge: all })
    expect(evaluation.rfc9989.result).toBe('fail')
    expect((await advise('v=DMARC1; p=reject', { knowledge: all })).disposition).toBe('none')
  })
})

describe('where no policy is applied', () => {
  test('DMARC-045, DMARC-055 a policy that could not be determined is not applied; deferring is a setting', async () => {
    const evaluation = await evaluate('v=DMARC1; p=reject', [], { fail: ['txt _dmarc.example.org'] })
    const knowledge = { against: ['a block list'] }
    expect(adviseDisposition(found(evaluation), { mode: 'strict', knowledge })).toMatchObject({
      action: 'accept',
      disposition: 'none',
    })
    expect(adviseDisposition(found(evaluation), { mode: 'strict', onTemporaryError: 'defer' }).action).toBe('defer')
  })

  test('DMARC-044, DMARC-059 none and an unusable record', async () => {
    for (const record of ['nothing', 'v=DMARC1; p=rejct'])
      expect(await advise(record, { mode: 'strict' })).toMatchObject({ action: 'accept', disposition: 'none' })
  })

  test('SPF-091, SPF-095 what SPF found never acts by itself', async () => {
    for (const result of ['fail', 'temperror', 'permerror'] as const)
      for (const record of ['nothing', 'v=DMARC1; p=none'])
        expect(
          await advise(record, { mode: 'strict', identifiers: [{ method: 'spf', domain: 'example.org', result }] }),
        ).toMatchObject({ action: 'accept', disposition: 'none', reasons: [] })
  })

  test('DMARC-023 a From that cannot be evaluated is quarantined, or what the receiver set', () => {
    const malformed = { result: 'permerror', evaluations: [] } as const
    expect(adviseDisposition(malformed, { mode: 'standard' }).action).toBe('quarantine')
    for (const onUnusableFrom of ['accept', 'reject'] as const)
      expect(adviseDisposition(malformed, { mode: 'standard', onUnusableFrom }).action).toBe(onUnusableFrom)
    expect(adviseDisposition({ result: 'none', evaluations: [] }, { mode: 'standard' }).action).toBe('accept')
  })
})

test('DMARC-022 of several Author Domains the strictest policy among those that fail decides', async () => {
  const [quarantine, reject, pass] = await Promise.all([
    evaluate('v=DMARC1; p=quarantine'),
    evaluate('v=DMARC1; p=reject'),
    evaluate('v=DMARC1; p=reject', passing),
  ])
  const knowledge = { against: ['a block list'] }
  for (const evaluations of [
    [quarantine, reject, pass],
    [pass, reject, quarantine],
  ])
    expect(adviseDisposition({ result: 'fail', evaluations }, { mode: 'standard', knowledge }).action).toBe('reject')
  const both = { result: 'fail', evaluations: [pass, quarantine] } as const
  expect(adviseDisposition(both, { mode: 'standard', knowledge }).action).toBe('quarantine')
})

test('DCHG-001 by RFC 7489 mail outside of pct gets the policy one step lower, and the test mode is not known', async () => {
  const by7489 = async (record: string, draw: number) =>
    advise(record, { rfc7489: { draw }, knowledge: { against: ['a block list'] } })
  expect((await by7489('v=DMARC1; p=reject; pct=20', 19.9)).action).toBe('reject')
  expect(await by7489('v=DMARC1; p=reject; pct=20', 20)).toMatchObject({
    action: 'quarantine',
    reasons: [{ type: 'sampled_out', comment: 'pct=20' }],
  })
  expect(await by7489('v=DMARC1; p=quarantine; pct=0', 0)).toMatchObject({
    action: 'accept',
    disposition: 'none',
    reasons: [{ type: 'sampled_out' }],
  })
  expect((await by7489('v=DMARC1; p=none; pct=0', 0)).reasons).toEqual([])
  expect((await by7489('v=DMARC1; p=reject; t=y', 0)).action).toBe('reject')
})
