import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DkimVerifier, normaliseDomain, rawFieldsOf, readHeaderBlock, resolverFrom } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { registeredDomain } from '../../packages/letterlock/src/authentication/read-message.ts'
import { organizationalDomains } from '../../packages/letterlock/src/store/attribution.ts'

/*
 * That the conformance vectors are all there, so that the suites that run them beside the code run every case; and the
 * two sets that belong to no folder there. Where the folder is missing, all of it is skipped and says so.
 */
const folder = process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../shared/vectors')
const isHere = existsSync(folder)

function read(path: string): string {
  return readFileSync(join(folder, path), 'utf8')
}

interface Section {
  readonly tests: Readonly<Record<string, { readonly explanation?: string }>>
}

function casesOf(path: string): (readonly [name: string, given: { readonly explanation?: string }])[] {
  const sections: readonly Section[] = JSON.parse(read(path))
  return sections.flatMap(section => Object.entries(section.tests))
}

describe.skipIf(!isHere)('how many cases the suites have (needs the conformance vectors)', () => {
  test('SPF-020 RFC 7208: 203 results, 22 of them with an explanation', () => {
    const cases = casesOf('spf/rfc7208-tests.json')
    expect(cases).toHaveLength(203)
    expect(cases.filter(([, { explanation }]) => explanation !== undefined)).toHaveLength(22)
  })

  test('ARC-010 171 to validate, among them the six that follow early drafts, and 17 to sign', () => {
    const names = casesOf('arc/valimail/arc-draft-validation-tests.json').map(([name]) => name)
    expect(names).toHaveLength(171)
    expect(names).toEqual(
      expect.arrayContaining([
        'ams_fields_c_na',
        'ams_fields_h_empty',
        'ams_fields_h_mis_hdr',
        'cv_fail_i1_as_cv_fail',
        'cv_fail_i2_as2_fail',
        'cv_fail_i2_as1_fail',
      ]),
    )
    expect(casesOf('arc/valimail/arc-draft-sign-tests.json')).toHaveLength(17)
  })

  test('DMARC-030 28 walks', () => expect(JSON.parse(read('dmarc/dmarc-walk-vectors.json'))).toHaveLength(28))

  test('DKIM-034 two messages with three signatures', () => {
    const messages: readonly { readonly signatures: readonly unknown[] }[] = JSON.parse(read('dkim/vectors.json'))
    expect(messages).toHaveLength(2)
    expect(messages.flatMap(({ signatures }) => signatures)).toHaveLength(3)
  })
})

describe.skipIf(!isHere)('DCHG-001 the public suffix list as it is used (needs the conformance vectors)', () => {
  const cases = isHere
    ? [...read('psl/test_psl.txt').matchAll(/^checkPublicSuffix\((?:null|'(.*?)'), (?:null|'(.*?)')\);/gm)].map(
        ([, name, domain]) => ({ name, domain: domain ?? null }),
      )
    : []

  test('78 cases by the whole list, which counts for naming senders', () => {
    expect(cases).toHaveLength(78)
    const organizationOf = organizationalDomains()
    // A name that is a suffix, or none, stands for itself.
    const wrong = cases.filter(
      ({ name, domain }) => name !== undefined && isDomain(name) && organizationOf(name) !== (domain ?? name),
    )
    expect(wrong).toEqual([])
  })

  test('by its ICANN part, which counts for DMARC, all but four below a suffix of the private part', () => {
    const differing = cases.filter(
      ({ name, domain }) => name !== undefined && isDomain(name) && registeredDomain(name) !== domain,
    )
    expect(differing.map(({ name }) => name)).toEqual([
      'uk.com',
      'example.uk.com',
      'b.example.uk.com',
      'a.b.example.uk.com',
    ])
    for (const { name } of differing) expect(registeredDomain(name ?? '')).toBe('uk.com')
  })

  test('the four with a leading dot are no domains, so nobody asks for them', () => {
    const none = cases.filter(({ name }) => name !== undefined && !isDomain(name))
    expect(none.map(({ name, domain }) => [name, domain])).toEqual([
      ['.com', null],
      ['.example', null],
      ['.example.com', null],
      ['.example.example', null],
    ])
  })
})

function isDomain(name: string): boolean {
  return normaliseDomain(name) !== null
}

describe.skipIf(!isHere)('DKIM-088 limit cases (needs the conformance vectors)', () => {
  /** After all of them were signed; none has an expiry. */
  const now = 1_650_000_000
  /** What is wrong with each signature where DNS has no key: the form comes first, then the key. */
  const expected = {
    'dkim_broken_key.eml': ['dkim-key-none'],
    'dkim_huge_hlist.eml': ['dkim-signed-names'],
    'dkim_key_too_long.eml': ['dkim-key-none'],
    'dkim_key_too_wide.eml': ['dkim-key-none'],
    'dkim_key_wide_ok.eml': ['dkim-key-none'],
    'dkim_large_hlist.eml': ['dkim-base64'],
    'dkim_many_sigs.eml': [...Array.from({ length: 5 }, () => 'dkim-tag-missing'), 'dkim-key-none'],
    'dkim_revoked_key.eml': ['dkim-key-none'],
    'dkim_sigs_at_limit.eml': [...Array.from({ length: 4 }, () => 'dkim-tag-missing'), 'dkim-key-none'],
    'dkim_unknown_tags.eml': ['dkim-key-none'],
    'ed25519-broken.eml': ['dkim-key-none', 'dkim-key-none'],
    'ed25519.eml': ['dkim-key-none', 'dkim-key-none'],
    'ed25519_from.eml': [],
  }

  test('13 messages, each signature with its reason', async () => {
    const files = ['dkim/rspamd', 'dkim/rspamd/dmarc'].flatMap(path =>
      readdirSync(join(folder, path))
        .filter(name => name.endsWith('.eml'))
        .map(name => `${path}/${name}`),
    )
    const found = await Promise.all(
      files.map(async file => [file.slice(file.lastIndexOf('/') + 1), await codesOf(file, now)]),
    )
    expect(found).toHaveLength(13)
    expect(Object.fromEntries(found)).toEqual(expected)
  })
})

async function codesOf(path: string, now: number): Promise<readonly string[]> {
  const bytes = Buffer.from(readFileSync(join(folder, path), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
  const block = readHeaderBlock(bytes)
  const verifier = new DkimVerifier(rawFieldsOf(bytes, block), { resolver: resolverFrom({}), now })
  verifier.body(bytes.subarray(block.bodyAt))
  return (await verifier.end()).map(({ code }) => code)
}
