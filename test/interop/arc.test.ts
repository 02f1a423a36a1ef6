import { createPrivateKey, createPublicKey, verify as verifySignature } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ArcSealer,
  ArcVerifier,
  type ChainStatus,
  generateDkimKey,
  type RawField,
  type Resolver,
  rawFieldsOf,
  readHeaderBlock,
  resolverFrom,
  type SealingOptions,
} from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { mailauthPackage, resolverForMailauth } from '../differential/mailauth-peer.ts'
import { askPython, pythonPackages } from '../differential/python-peer.ts'
import { canonicalField } from '../differential/signed-message.ts'
import { sampleMessages } from './sample-messages.ts'

/*
 * What we seal, others validate; what they seal, we validate. Among it the signing cases of the public ARC suite,
 * where the folder of vectors is there.
 */
const folder = process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../shared/vectors')
const file = join(folder, 'arc/valimail/arc-draft-sign-tests.json')

interface Section {
  readonly domain: string
  readonly sel: string
  readonly privatekey: string
  readonly 'txt-records': Readonly<Record<string, string>>
  readonly tests: Readonly<Record<string, SigningCase>>
}
interface SigningCase {
  readonly message: string
  readonly t: number
  readonly 'sig-headers': string
  /** Values without the names of their fields, folded for print; empty where nothing is to be added. */
  readonly AS: string
  readonly AMS: string
  readonly AAR: string
}

const sections: readonly Section[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const signingCases = sections.flatMap(section =>
  Object.entries(section.tests).map(([name, given]) => ({ name, section, given })),
)

interface Mail {
  readonly fields: readonly RawField[]
  readonly body: Buffer
}

function mailOf(message: string): Mail {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  return { fields: rawFieldsOf(bytes, block), body: bytes.subarray(block.bodyAt) }
}

async function statusOf(message: string, resolver: Resolver, now: number): Promise<ChainStatus> {
  const { fields, body } = mailOf(message)
  const verifier = new ArcVerifier(fields, { resolver, now })
  verifier.body(body)
  return (await verifier.end()).result
}

/** The message with one more set, or null where none is added. */
function seal(message: string, options: SealingOptions): { message: string; set: readonly string[] } | null {
  const { fields, body } = mailOf(message)
  const sealer = new ArcSealer(fields, options)
  sealer.body(body)
  const set = sealer.end()
  if (set === null) return null
  const lines = [set.seal, set.message, set.results]
  return { message: [...lines, message].join('\r\n'), set: lines }
}

/** Status of a chain by mailauth. */
async function askMailauth(message: string, resolver: Resolver, now: number): Promise<string> {
  const { arc } = await import('mailauth/lib/arc/index.js')
  const { dkimVerify } = await import('mailauth/lib/dkim/verify.js')
  const options = { resolver: resolverForMailauth(resolver), strict: true, curTime: new Date(now * 1000) }
  const verified = await dkimVerify(Buffer.from(message, 'latin1'), options)
  const { status } = await arc(verified.arc as Parameters<typeof arc>[0], options)
  return status.result
}

const python = pythonPackages()
const mailauth = mailauthPackage()

/** A signing case as we do it: the state on arrival, and the message with its new set. */
async function sealCase({ section, given }: (typeof signingCases)[number]) {
  const txt = Object.fromEntries(
    Object.entries(section['txt-records']).map(([owner, text]) => [owner, text.replaceAll('\n', '')]),
  )
  const resolver = resolverFrom({ txt })
  const message = given.message.replace(/\r?\n/g, '\r\n')
  const status = await statusOf(message, resolver, given.t)
  const sealed = seal(message, {
    domain: section.domain,
    selector: section.sel,
    key: createPrivateKey(section.privatekey),
    now: given.t,
    fields: given['sig-headers'].split(':'),
    results: given.AAR.trim()
      .replace(/^i=\d+; /, '')
      .replaceAll('\n', '\r\n '),
    status,
  })
  return { zone: { txt }, resolver, status, sealed }
}

const sealedCases = signingCases.map(sealCase)

/** What dkimpy says of all of them; asked once. */
let validations: Promise<unknown[]> | undefined
async function validation(at: number): Promise<unknown> {
  validations ??= Promise.all(sealedCases).then(cases =>
    askPython(
      cases.map(({ zone, sealed }, index) => ({
        kind: 'arc',
        zone,
        message: sealed?.message ?? '',
        now: signingCases[index]?.given.t,
      })),
    ),
  )
  return (await validations)[at]
}

const others = 'missing' in python || 'missing' in mailauth
describe.skipIf(signingCases.length === 0)(
  'ARC-004 the signing cases of the suite (needs the conformance vectors, mailauth, and the Debian packages of Python)',
  () => {
    test('there are 17 of them', () => expect(signingCases).toHaveLength(17))

    for (const [at, { name, section, given }] of signingCases.entries())
      test.skipIf(others)(`${name} is sealed, and validated by dkimpy and mailauth`, async () => {
        const found = await sealedCases[at]
        if (found === undefined) throw new RangeError('there is no such case')
        const { resolver, status, sealed } = found
        if (given.AS.trim() === '') {
          expect(sealed).toBeNull()
          return
        }
        // The state of the chain, its place, and the hash of the body as the suite has them.
        const [sealField = '', messageField = '', results = ''] = sealed?.set ?? []
        expect(tagOf(sealField, 'cv')).toBe(tagOf(given.AS, 'cv'))
        expect(tagOf(sealField, 'i')).toBe(tagOf(given.AS, 'i'))
        expect(tagOf(messageField, 'bh')).toBe(tagOf(given.AMS, 'bh'))
        expect(tagOf(messageField, 'h')).toBe(tagOf(given.AMS, 'h'))
        const wanted = status === 'fail' ? 'fail' : 'pass'
        const answer = await validation(at)
        expect(answer).toMatchObject({ result: wanted })
        expect(await askMailauth(sealed?.message ?? '', resolver, given.t)).toBe(wanted)
        if (status !== 'fail') return
        // A seal that says fail covers its own set alone: others stop there, so the signature is held against that.
        expect(answer).toMatchObject({ text: expect.stringContaining('reported failure') })
        const covered = [results, messageField].map(field => `${canonicalField(field, 'relaxed')}\r\n`).join('')
        const unsigned = canonicalField(sealField.replace(/(;\s*b=)[^;]*$/, '$1'), 'relaxed')
        const signature = Buffer.from(tagOf(sealField, 'b'), 'base64')
        const key = createPublicKey(section.privatekey)
        expect(verifySignature('sha256', Buffer.from(covered + unsigned), key, signature)).toBe(true)
      })
  },
)

function tagOf(field: string, name: string): string {
  return (new RegExp(`(?:^|[:;])\\s*${name}=([^;]*)`).exec(field)?.[1] ?? '').replace(/\s+/g, '')
}

describe('ARC-011 chains of our own', () => {
  const now = 1_700_000_000
  const pairs = { rsa: generateDkimKey('rsa'), ed25519: generateDkimKey('ed25519') }
  const txt = Object.fromEntries(
    Object.entries(pairs).map(([kind, pair]) => [`arc._domainkey.${kind}.example`, pair.record]),
  )
  const resolver = resolverFrom({ txt })

  /** Three handlers, the second of which adds a footer. */
  async function chain(message: string, kinds: readonly (keyof typeof pairs)[]): Promise<string> {
    let text = message
    for (const [at, kind] of kinds.entries()) {
      const status = await statusOf(text, resolver, now)
      if (at === 1) text = `${text}footer\r\n`
      const results = 'lists.example;\r\n spf=pass smtp.mailfrom=example.org'
      const options = { domain: `${kind}.example`, selector: 'arc', key: pairs[kind].privateKey, now, results, status }
      text = seal(text, options)?.message ?? ''
    }
    return text
  }

  test.skipIf('missing' in mailauth)('mailauth validates both algorithms (needs a Node that it runs on)', async () => {
    for (const message of Object.values(sampleMessages)) {
      expect(await askMailauth(await chain(message, ['rsa', 'ed25519', 'rsa']), resolver, now)).toBe('pass')
      const broken = (await chain(message, ['rsa', 'ed25519'])).replace('spf=pass', 'spf=fail')
      expect(await askMailauth(broken, resolver, now)).toBe('fail')
    }
  })

  test.skipIf('missing' in python)(
    'dkimpy validates rsa-sha256, and what it seals we validate (needs its package)',
    async () => {
      const samples = Object.values(sampleMessages)
      const chains = await Promise.all(samples.map(message => chain(message, ['rsa', 'rsa', 'rsa'])))
      const validated = await askPython(chains.map(message => ({ kind: 'arc', zone: { txt }, message, now })))
      expect(validated.map(answer => (answer as { result: string }).result)).toEqual(samples.map(() => 'pass'))
      const noted = samples.map(
        message => `Authentication-Results: lists.example; spf=pass smtp.mailfrom=x.example\r\n${message}`,
      )
      const key = pairs.rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString()
      const signer = { domain: 'rsa.example', selector: 'arc', key, service: 'lists.example', now }
      const answers = await askPython(noted.map(message => ({ kind: 'arc-sign', zone: {}, message, ...signer })))
      const found = answers.map(async (answer, at) => {
        const { fields, text } = answer as { readonly fields: readonly string[]; readonly text: string }
        return text === '' ? statusOf(`${fields.join('')}${noted[at]}`, resolver, now) : text
      })
      expect(await Promise.all(found)).toEqual(samples.map(() => 'pass'))
    },
  )
})
