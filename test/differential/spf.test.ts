import { checkHost, parseIpAddress, resolverFrom, type SpfEvaluation } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { differentialTimeout, Findings } from './findings.ts'
import { mailauthPackage, resolverForMailauth } from './mailauth-peer.ts'
import { askPython, pythonPackages } from './python-peer.ts'
import { type SpfCase, spfCase } from './spf-cases.ts'
import { differencesOfMailauth, differencesOfPython, type SpfSeen, type SpfTold } from './spf-differences.ts'

/*
 * SPF beside two other implementations of RFC 7208, on generated zones that are the same each time.
 */
const cases = Array.from({ length: 4_000 }, (_, number) => spfCase(number))
const now = 1_700_000_000
const receiver = 'mx.receiver.example'

async function ours(given: SpfCase): Promise<SpfEvaluation> {
  const ip = parseIpAddress(given.ip)
  if (ip === null) throw new TypeError(`${given.ip} is no address`)
  const sender = given.sender === '' ? `postmaster@${given.helo}` : given.sender
  const domain = sender.slice(sender.lastIndexOf('@') + 1)
  return checkHost({ ip, domain, sender, helo: given.helo, receiver, now }, { resolver: resolverFrom(given.zone) })
}

const evaluations = Promise.all(cases.map(ours))

async function compare(findings: Findings<SpfSeen>, told: readonly SpfTold[]): Promise<void> {
  for (const [number, own] of (await evaluations).entries()) {
    const [given, theirs] = [cases[number], told[number]]
    if (given === undefined || theirs === undefined) throw new RangeError('an answer is missing')
    const agrees = own.result === theirs.result && (own.result !== 'fail' || own.explanation === theirs.explanation)
    findings.add({ given, ours: own, theirs }, agrees, () => story(number, given, own, theirs))
  }
  findings.expectAllExplained()
}

function story(number: number, given: SpfCase, own: SpfEvaluation, theirs: SpfTold): string {
  const { lookups, ...rest } = own
  return [
    `case ${number}: ours ${own.result}, theirs ${theirs.result} (${theirs.text})`,
    JSON.stringify({ explanations: [own.explanation, theirs.explanation], ...rest }),
    ...lookups.map(entry => `  ${entry.term}: ${entry.type} ${entry.name} ${entry.answer.outcome.kind}`),
    JSON.stringify(given, null, 1),
  ].join('\n')
}

test('the cases reach every result often', async () => {
  const results = (await evaluations).map(({ result }) => result)
  for (const wanted of ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror'])
    expect(results.filter(result => result === wanted).length, wanted).toBeGreaterThan(cases.length / 80)
})

const python = pythonPackages()
describe.skipIf('missing' in python)('SPF-020 beside pyspf (needs the Debian packages of Python)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfPython)
    const answers = await askPython(cases.map(given => ({ kind: 'spf', ...given, now, receiver })))
    await compare(findings, answers.map(asTold))
    findings.expectDocumented('SPF beside pyspf', 'versions' in python ? python.versions.pyspf : '')
  })
})

function asTold(answer: unknown): SpfTold {
  const isTold = typeof answer === 'object' && answer !== null && 'result' in answer && 'explanation' in answer
  expect(isTold).toBe(true)
  return answer as SpfTold
}

const mailauth = mailauthPackage()
describe.skipIf('missing' in mailauth)('SPF-020 beside mailauth (needs a Node that it runs on)', () => {
  test('every disagreement is explained by an entry', { timeout: differentialTimeout }, async () => {
    const findings = new Findings(differencesOfMailauth)
    const { spf } = await import('mailauth/lib/spf/index.js')
    const told: SpfTold[] = []
    for (const given of cases) {
      const resolver = resolverForMailauth(resolverFrom(given.zone))
      const { status, explanation } = await spf({ ...given, mta: receiver, resolver, strict: true })
      told.push({ result: status.result, text: status.comment ?? '', explanation: explanation ?? null })
    }
    await compare(findings, told)
    findings.expectDocumented('SPF beside mailauth', 'versions' in mailauth ? mailauth.versions : '')
  })
})
