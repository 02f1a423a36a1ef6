import { generateKeyPairSync } from 'node:crypto'
import {
  type Canonicalization,
  DkimSigner,
  DkimVerifier,
  keyRecordOf,
  rawFieldsOf,
  readHeaderBlock,
  resolverFrom,
  type SignatureAlgorithm,
} from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { mailauthPackage, resolverForMailauth } from '../differential/mailauth-peer.ts'
import { askPython, pythonPackages } from '../differential/python-peer.ts'
import { opendkimMissing, signByOpendkim, verifyByOpendkim } from './opendkim.ts'
import { sampleMessages } from './sample-messages.ts'

/*
 * What we sign, others verify; what others sign, we verify: both algorithms, all four canonicalizations.
 */
const domain = 'example.org'
const now = Math.floor(Date.now() / 1000)
const keys = {
  'rsa-sha256': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'ed25519-sha256': generateKeyPairSync('ed25519'),
} as const
const algorithms = ['rsa-sha256', 'ed25519-sha256'] as const satisfies readonly SignatureAlgorithm[]
const forms = ['simple', 'relaxed'] as const satisfies readonly Canonicalization[]
const messages = Object.values(sampleMessages)

/** One way to sign, with its own selector. */
const ways = algorithms.flatMap(algorithm =>
  forms.flatMap(header =>
    forms.map(body => ({ algorithm, header, body, selector: `${algorithm.slice(0, 3)}-${header}-${body}` })),
  ),
)

const records = Object.fromEntries(
  ways.map(({ algorithm, selector }) => [`${selector}._domainkey.${domain}`, keyRecordOf(keys[algorithm].publicKey)]),
)
const resolver = resolverFrom({ txt: records })

function sign(message: string, { algorithm, header, body, selector }: (typeof ways)[number]): string {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  const signer = new DkimSigner(rawFieldsOf(bytes, block), {
    domain,
    selector,
    key: keys[algorithm].privateKey,
    now,
    headerCanonicalization: header,
    bodyCanonicalization: body,
  })
  signer.body(bytes.subarray(block.bodyAt))
  return `${signer.end()}\r\n${message}`
}

/** `pass`, or what we say instead. */
async function verify(message: string): Promise<readonly string[]> {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  const verifier = new DkimVerifier(rawFieldsOf(bytes, block), { resolver, now })
  verifier.body(bytes.subarray(block.bodyAt))
  return (await verifier.end()).map(({ result, text }) => (result === 'pass' ? result : `${result}: ${text}`))
}

/** A letter of the body, or of the subject where there is no body, is another one. */
function changed(message: string): string {
  return message.endsWith('\r\n\r\n')
    ? message.replace(/Subject: ./, 'Subject: Z')
    : message.replace(/[^\r\n](?=[\r\n]*$)/, '#')
}

interface Sample {
  readonly name: string
  readonly way: (typeof ways)[number]
  readonly message: string
  readonly isChanged: boolean
}

const good = ways.flatMap(way =>
  Object.entries(sampleMessages).map(
    ([name, message]): Sample => ({ name, way, message: sign(message, way), isChanged: false }),
  ),
)
const samples = [...good, ...good.map(sample => ({ ...sample, message: changed(sample.message), isChanged: true }))]
const expected = samples.map(({ isChanged }) => !isChanged)

/**
 * The test mode of OpenDKIM gets fields as a mail filter does, without the blanks behind the colon, which a simple
 * header keeps; and a body that came by SMTP ends with a line end.
 */
function reachesOpendkim(name: string, header: Canonicalization): boolean {
  return name !== 'no line end' && (name !== 'blanks and folds' || header === 'relaxed')
}

test('DKIM-042 both algorithms and all canonicalizations are in the samples, and we verify them ourselves', async () => {
  expect(ways).toHaveLength(8)
  expect(good).toHaveLength(8 * messages.length)
  const found = await Promise.all(samples.map(({ message }) => verify(message)))
  expect(found.map(([result]) => result === 'pass')).toEqual(expected)
})

describe.skipIf(opendkimMissing !== null)('OpenDKIM (needs the Debian package opendkim)', () => {
  test('DKIM-050, DKIM-051 verifies what we sign', async () => {
    const reaching = samples.filter(({ name, way }) => reachesOpendkim(name, way.header))
    expect(reaching.length).toBeGreaterThan(100)
    const found = await verifyByOpendkim(
      reaching.map(({ message }) => message),
      records,
    )
    expect(found).toEqual(reaching.map(({ isChanged }) => !isChanged))
  })

  // With ed25519-sha256 relaxed headers alone: there the signer and the verifier of the version in Debian 12 agree.
  const signing = ways.filter(({ algorithm, header }) => algorithm === 'rsa-sha256' || header === 'relaxed')
  for (const { algorithm, header, body, selector } of signing)
    test(`DKIM-078 what it signs with ${algorithm}, ${header}/${body}, we verify`, async () => {
      const key = keys[algorithm].privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      const reaching = Object.entries(sampleMessages).filter(([name]) => reachesOpendkim(name, header))
      const listed = reaching.map(([, message]) => message)
      const fields = await signByOpendkim(listed, { domain, selector, key, algorithm, forms: `${header}/${body}` })
      expect(fields).toHaveLength(listed.length)
      const found = await Promise.all(listed.map((message, at) => verify(`${fields[at]}\r\n${message}`)))
      expect(found).toEqual(listed.map(() => ['pass']))
    })
})

const python = pythonPackages()
describe.skipIf('missing' in python)('dkimpy (needs the Debian packages of Python)', () => {
  test('DKIM-050, DKIM-051 verifies what we sign', async () => {
    const zone = { txt: records }
    const answers = await askPython(samples.map(({ message }) => ({ kind: 'dkim', message, zone, now })))
    const passes = answers.map(answer => (answer as { results: { passes: boolean }[] }).results[0]?.passes)
    expect(passes).toEqual(expected)
  })

  test('DKIM-078 what it signs, we verify', async () => {
    const questions = ways.flatMap(({ algorithm, header, body, selector }) =>
      messages.map(message => ({
        kind: 'dkim-sign' as const,
        zone: {},
        message,
        domain,
        selector,
        algorithm,
        forms: [header, body],
        key: keyForPython(algorithm),
        now,
      })),
    )
    const answers = await askPython(questions)
    const found = answers.map(async (answer, at) => {
      const { fields, text } = answer as { readonly fields: readonly string[]; readonly text: string }
      return text === '' ? verify(`${fields.join('')}${questions[at]?.message}`) : [text]
    })
    expect(await Promise.all(found)).toEqual(questions.map(() => ['pass']))
  })
})

/** PEM by PKCS#1, or the 32 octets of the seed in base64. */
function keyForPython(algorithm: SignatureAlgorithm): string {
  const { privateKey } = keys[algorithm]
  if (algorithm === 'rsa-sha256') return privateKey.export({ format: 'pem', type: 'pkcs1' }).toString()
  return privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64')
}

const mailauth = mailauthPackage()
test.skipIf('missing' in mailauth)(
  'DKIM-050, DKIM-051 mailauth verifies what we sign (needs a Node that it runs on)',
  async () => {
    const { dkimVerify } = await import('mailauth/lib/dkim/verify.js')
    const options = { resolver: resolverForMailauth(resolver), strict: true, curTime: new Date(now * 1000) }
    const found = await Promise.all(samples.map(({ message }) => dkimVerify(Buffer.from(message, 'latin1'), options)))
    expect(found.map(({ results }) => results[0]?.status.result === 'pass')).toEqual(expected)
  },
)
