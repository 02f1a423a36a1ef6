import { type ArcVerification, ArcVerifier, rawFieldsOf, readHeaderBlock, resolverFrom } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { type ArcCase, arcCase, now } from './arc-cases.ts'
import { type ArcSeen, type ArcTold, differencesOfMailauth, differencesOfPython } from './arc-differences.ts'
import { differentialTimeout, Findings } from './findings.ts'
import { mailauthPackage, resolverForMailauth } from './mailauth-peer.ts'
import { askPython, pythonPackages } from './python-peer.ts'

/*
 * ARC beside two other validators, on generated chains that are the same each time but for the keys.
 */
const cases = Array.from({ length: 3_000 }, (_, number) => arcCase(number))

async function ours({ message, zone }: ArcCase): Promise<ArcVerification> {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  const verifier = new ArcVerifier(rawFieldsOf(bytes, block), { resolver: resolverFrom(zone), now })
  verifier.body(bytes.subarray(block.bodyAt))
  return verifier.end()
}

const verifications = Promise.all(cases.map(ours))

async function compare(findings: Findings<ArcSeen>, told: readonly ArcTold[]): Promise<void> {
  for (const [number, own] of (await verifications).entries()) {
    const [given, theirs] = [cases[number], told[number]]
    if (given === undefined || theirs === undefined) throw new RangeError('an answer is missing')
    findings.add({ given, ours: own, theirs }, own.result === theirs.result, () =>
      [
        `case ${number}: ours ${own.result} ${own.code}, theirs ${theirs.result} (${theirs.text})`,
        given.notes.join(', '),
        own.text,
        given.message,
        JSON.stringify(given.zone),
      ].join('\n'),
    )
  }
  findings.expectAllExplained()
}

test('the chains pass and fail often, and reach most codes', async () => {
  const found = await verifications
  expect(found.filter(({ result }) => result === 'pass').length).toBeGreaterThan(cases.length / 4)
  expect(found.filter(({ result }) => result === 'fail').length).toBeGreaterThan(cases.length / 4)
  expect(new Set(found.map(({ code }) => code)).size).toBeGreaterThan(12)
})

const python = pythonPackages()
describe.skipIf('missing' in python)('ARC-010 beside dkimpy (needs the Debian packages of Python)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfPython)
    const answers = await askPython(cases.map(({ message, zone }) => ({ kind: 'arc', message, zone, now })))
    await compare(
      findings,
      answers.map(answer => answer as ArcTold),
    )
    findings.expectDocumented('ARC beside dkimpy', 'versions' in python ? python.versions.dkimpy : '')
  })
})

const mailauth = mailauthPackage()
describe.skipIf('missing' in mailauth)('ARC-010 beside mailauth (needs a Node that it runs on)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfMailauth)
    const { arc } = await import('mailauth/lib/arc/index.js')
    const { dkimVerify } = await import('mailauth/lib/dkim/verify.js')
    const told: ArcTold[] = []
    for (const { message, zone } of cases) {
      const resolver = resolverForMailauth(resolverFrom(zone))
      const options = { resolver, strict: true, curTime: new Date(now * 1000), minBitLength: 1024 }
      const verified = await dkimVerify(Buffer.from(message, 'latin1'), options)
      const { status } = await arc(verified.arc as Parameters<typeof arc>[0], options)
      told.push({ result: status.result, text: String(status.comment) })
    }
    await compare(findings, told)
    findings.expectDocumented('ARC beside mailauth', 'versions' in mailauth ? mailauth.versions : '')
  })
})
