import { expect, test } from 'vitest'
import type { RawField } from '../dkim/canonical-header.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { ArcSealer, type SealingOptions } from './seal.ts'
import { ArcVerifier } from './verify.ts'

const pair = generateDkimKey('ed25519')
const now = 1_700_000_000
const body = Buffer.from('Hello\r\n')
const message = ['From: a@example.org', 'To: b@example.org'].map(field)

function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

function sealed(fields: readonly RawField[], over: Partial<SealingOptions>): RawField[] {
  const options = { domain: 'example.org', selector: 'arc', key: pair.privateKey, now, results: 'x; none' }
  const sealer = new ArcSealer(fields, { ...options, status: 'none', ...over })
  sealer.body(body)
  const set = sealer.end()
  return set === null ? [] : [field(set.seal), field(set.message), field(set.results), ...fields]
}

async function verify(fields: readonly RawField[]) {
  const resolver = resolverFrom({ txt: { 'arc._domainkey.example.org': pair.record } })
  const verifier = new ArcVerifier(fields, { resolver, now })
  verifier.body(body)
  return verifier.end()
}

test('ARC-012 an older message signature that keeps no rule never changes the status', async () => {
  const unreadable = sealed(message, { fields: ['to'] })
  expect(await verify(unreadable)).toMatchObject({ result: 'fail', code: 'arc-message-signature' })
  expect(await verify(sealed(unreadable, { status: 'pass' }))).toMatchObject({ result: 'pass', oldestPass: 2 })
})

test('ARC-019 one that covers a seal does, wherever it stands', async () => {
  const first = sealed(message, {})
  const covering = sealed(first, { status: 'pass', fields: ['from', 'arc-seal'] })
  expect(await verify(sealed(covering, { status: 'pass' }))).toMatchObject({ code: 'arc-message-signature' })
})

test('ARC-017 the time of a seal is a number', async () => {
  const timeless = sealed(message, { now: Number.NaN })
  expect(await verify(sealed(timeless, { status: 'pass' }))).toMatchObject({ result: 'fail', code: 'arc-seal-tags' })
})
