import { type DkimVerification, DkimVerifier, rawFieldsOf, readHeaderBlock, resolverFrom } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { type DkimCase, dkimCase, now } from './dkim-cases.ts'
import { type DkimSeen, type DkimTold, differencesOfMailauth, differencesOfPython } from './dkim-differences.ts'
import { differentialTimeout, Findings } from './findings.ts'
import { mailauthPackage, resolverForMailauth } from './mailauth-peer.ts'
import { askPython, pythonPackages } from './python-peer.ts'

/*
 * DKIM beside two other verifiers, on generated messages that are the same each time but for the keys.
 */
const cases = Array.from({ length: 4_000 }, (_, number) => dkimCase(number))

async function ours({ message, zone }: DkimCase): Promise<readonly DkimVerification[]> {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  const verifier = new DkimVerifier(rawFieldsOf(bytes, block), { resolver: resolverFrom(zone), now })
  verifier.body(bytes.subarray(block.bodyAt))
  return verifier.end()
}

const verifications = Promise.all(cases.map(ours))

/** A pass is a pass, and what may pass later is told apart; why a signature does not count is put in many ways. */
function kindOf(result: string): DkimTold['result'] {
  return result === 'pass' || result === 'temperror' ? result : 'no pass'
}

async function compare(findings: Findings<DkimSeen>, told: readonly (readonly DkimTold[])[]): Promise<void> {
  for (const [number, own] of (await verifications).entries()) {
    const [given, answers] = [cases[number], told[number]]
    if (given === undefined || answers === undefined) throw new RangeError('an answer is missing')
    expect([0, own.length], `case ${number}`).toContain(answers.length)
    for (const [at, verification] of own.entries()) {
      const theirs = answers[at] ?? { result: 'no pass', text: 'the message is refused' }
      const seen = { given, ours: verification, theirs }
      findings.add(seen, kindOf(verification.result) === theirs.result, () => story(number, seen))
    }
  }
  findings.expectAllExplained()
}

function story(number: number, { given, ours, theirs }: DkimSeen): string {
  return [
    `case ${number}.${ours.index}: ours ${ours.result} ${ours.code}, theirs ${theirs.result} (${theirs.text})`,
    given.notes.join(', '),
    given.message,
    JSON.stringify(given.zone),
  ].join('\n')
}

test('the cases pass and fail often, and reach most codes', async () => {
  const found = (await verifications).flat()
  expect(found.filter(({ result }) => result === 'pass').length).toBeGreaterThan(cases.length / 4)
  expect(found.filter(({ result }) => result !== 'pass').length).toBeGreaterThan(cases.length / 4)
  expect(new Set(found.map(({ code }) => code)).size).toBeGreaterThan(25)
})

const python = pythonPackages()
describe.skipIf('missing' in python)('DKIM-070 beside dkimpy (needs the Debian packages of Python)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfPython)
    const answers = await askPython(cases.map(({ message, zone }) => ({ kind: 'dkim', message, zone, now })))
    await compare(findings, answers.map(asTold))
    findings.expectDocumented('DKIM beside dkimpy', 'versions' in python ? python.versions.dkimpy : '')
  })
})

function asTold(answer: unknown): DkimTold[] {
  const { results } = answer as { readonly results: readonly { readonly passes: boolean; readonly text: string }[] }
  return results.map(({ passes, text }) => ({ result: passes ? 'pass' : 'no pass', text }))
}

const mailauth = mailauthPackage()
describe.skipIf('missing' in mailauth)('DKIM-070 beside mailauth (needs a Node that it runs on)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfMailauth)
    const { dkimVerify } = await import('mailauth/lib/dkim/verify.js')
    const told: DkimTold[][] = []
    for (const { message, zone } of cases) {
      const resolver = resolverForMailauth(resolverFrom(zone))
      const options = { resolver, strict: true, curTime: new Date(now * 1000), minBitLength: 1024 }
      const { results } = await dkimVerify(Buffer.from(message, 'latin1'), options)
      told.push(
        results.map(({ status }) => ({ result: kindOf(status.result), text: `${status.result} ${status.comment}` })),
      )
    }
    await compare(findings, told)
    findings.expectDocumented('DKIM beside mailauth', 'versions' in mailauth ? mailauth.versions : '')
  })
})
