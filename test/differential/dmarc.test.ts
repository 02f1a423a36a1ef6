import {
  type DmarcEvaluation,
  type DmarcReading,
  evaluateDmarc,
  type Identifier,
  resolverFrom,
} from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { registeredDomain } from '../../packages/letterlock/src/authentication/read-message.ts'
import { type DmarcCase, dmarcCase } from './dmarc-cases.ts'
import { type DmarcSeen, type DmarcTold, differencesOfMailauth, differencesOfPython } from './dmarc-differences.ts'
import { differentialTimeout, Findings } from './findings.ts'
import { mailauthPackage, resolverForMailauth } from './mailauth-peer.ts'
import { askPython, pythonPackages } from './python-peer.ts'

/*
 * DMARC beside two other implementations, one of RFC 7489 and one of RFC 9989, each held against our reading by the
 * same RFC.
 */
const cases = Array.from({ length: 4_000 }, (_, number) => dmarcCase(number))

async function ours({ zone, author, spf, dkim }: DmarcCase): Promise<DmarcEvaluation> {
  const identifiers: Identifier[] = []
  if (spf !== null) identifiers.push({ method: 'spf', domain: spf, result: 'pass' })
  if (dkim !== null) identifiers.push({ method: 'dkim', domain: dkim, result: 'pass' })
  const input = { authorDomain: author, identifiers }
  return evaluateDmarc(input, { resolver: resolverFrom(zone), registeredDomain })
}

const evaluations = Promise.all(cases.map(ours))

async function compare(
  findings: Findings<DmarcSeen>,
  told: readonly DmarcTold[],
  readingOf: (evaluation: DmarcEvaluation) => DmarcReading | null,
): Promise<void> {
  for (const [number, evaluation] of (await evaluations).entries()) {
    const [given, theirs, own] = [cases[number], told[number], readingOf(evaluation)]
    if (given === undefined || theirs === undefined || own === null) throw new RangeError('an answer is missing')
    // The policy matters where the message fails.
    const agrees = own.result === theirs.result && (own.result !== 'fail' || own.applied === theirs.policy)
    findings.add({ given, ours: own, theirs }, agrees, () => story(number, { given, ours: own, theirs }))
  }
  findings.expectAllExplained()
}

function story(number: number, { given, ours, theirs }: DmarcSeen): string {
  const { finding } = ours
  return [
    `case ${number}: ours ${ours.result} ${ours.applied} ${finding.kind}, theirs ${theirs.result} ${theirs.policy} (${theirs.text})`,
    JSON.stringify({ ...ours, finding: 'policyDomain' in finding ? finding.policyDomain : finding }),
    JSON.stringify(given, null, 1),
  ].join('\n')
}

test('the cases reach every result often', async () => {
  const results = (await evaluations).map(({ rfc9989 }) => rfc9989.result)
  for (const wanted of ['none', 'pass', 'fail', 'temperror', 'permerror'])
    expect(results.filter(result => result === wanted).length, wanted).toBeGreaterThan(cases.length / 80)
})

const python = pythonPackages()
describe.skipIf('missing' in python)('DCHG-001 beside authheaders (needs the Debian packages of Python)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfPython)
    const answers = await askPython(cases.map(given => ({ kind: 'dmarc', ...given })))
    const told = answers.map(answer => answer as DmarcTold)
    await compare(findings, told, ({ rfc7489 }) => rfc7489)
    findings.expectDocumented('DMARC beside authheaders', 'versions' in python ? python.versions.authheaders : '')
  })
})

const mailauth = mailauthPackage()
describe.skipIf('missing' in mailauth)('DMARC-054 beside mailauth (needs a Node that it runs on)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfMailauth)
    const { dmarc } = await import('mailauth/lib/dmarc/index.js')
    const told: DmarcTold[] = []
    for (const { zone, author, spf: mailFrom, dkim } of cases) {
      const found = await dmarc({
        headerFrom: [`user@${author}`],
        spfDomains: mailFrom === null ? [] : [mailFrom],
        dkimDomains: dkim === null ? [] : [{ domain: dkim }],
        resolver: resolverForMailauth(resolverFrom(zone)),
        strict: true,
      })
      if (found === false) told.push({ result: 'none', policy: null, text: 'no Author Domain' })
      else told.push({ result: found.status.result, policy: found.policy ?? null, text: found.error ?? '' })
    }
    await compare(findings, told, ({ rfc9989 }) => rfc9989)
    findings.expectDocumented('DMARC beside mailauth', 'versions' in mailauth ? mailauth.versions : '')
  })
})
