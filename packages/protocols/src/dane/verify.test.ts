import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hasOpenssl, type Issued, makeCertificate } from '../../../../test/certificates.ts'
import { readCertificate } from './certificate.ts'
import type { TlsaData } from './tlsa.ts'
import { chainLimit, type DaneInput, verifyDane } from './verify.ts'

const authority = (name: string, issuer: Issued | null, extra: readonly string[] = []): Issued =>
  makeCertificate({
    subject: `/CN=${name}`,
    issuer,
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', ...extra],
  })
const server = (name: string, issuer: Issued | null, extra: readonly string[] = [], subject = '/CN=server'): Issued =>
  makeCertificate({ subject, issuer, extensions: [`subjectAltName=DNS:${name}`, ...extra] })

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest()
const sha512 = (octets: Uint8Array) => createHash('sha512').update(octets).digest()
const tlsa = (usage: number, selector: number, matchingType: number, data: Uint8Array): TlsaData => ({
  usage,
  selector,
  matchingType,
  data,
})

const day = 86_400_000

describe.skipIf(!hasOpenssl())('DANE verification of certificates made by openssl', () => {
  const root = authority('Root', null)
  const middle = authority('Middle', root)
  const leaf = server('mx.example.com', middle)
  const stranger = authority('Stranger', null)
  const chain = [leaf.der, middle.der, root.der]
  const verify = (records: readonly TlsaData[], over: Partial<DaneInput> = {}) =>
    verifyDane({ records, chain, referenceNames: ['mx.example.com'], now: Date.now(), ...over })
  const failureOf = (records: readonly TlsaData[], over: Partial<DaneInput> = {}) => {
    const verdict = verify(records, over)
    return verdict.authenticated ? null : verdict.failure
  }

  test.each([
    ['3 0 0', tlsa(3, 0, 0, leaf.der)],
    ['3 0 1', tlsa(3, 0, 1, sha256(leaf.der))],
    ['3 0 2', tlsa(3, 0, 2, sha512(leaf.der))],
    ['3 1 0', tlsa(3, 1, 0, leaf.publicKeyInfo)],
    ['3 1 1', tlsa(3, 1, 1, sha256(leaf.publicKeyInfo))],
    ['3 1 2', tlsa(3, 1, 2, sha512(leaf.publicKeyInfo))],
  ])('DANE-030 %s of the certificate matches whatever its name and date', (_, record) => {
    expect(verify([record], { referenceNames: ['other.example'], now: Date.now() + 400 * day })).toMatchObject({
      authenticated: true,
      depth: 0,
    })
  })

  test('DANE-030 a usage 3 record of an authority in the chain does not match', () => {
    expect(failureOf([tlsa(3, 1, 1, sha256(middle.publicKeyInfo))])).toBe('dane-no-match')
  })

  test.each([
    ['2 0 1 of the intermediate', tlsa(2, 0, 1, sha256(middle.der)), 1],
    ['2 1 1 of the intermediate', tlsa(2, 1, 1, sha256(middle.publicKeyInfo)), 1],
    ['2 0 1 of the root', tlsa(2, 0, 1, sha256(root.der)), 2],
    ['2 1 2 of the root', tlsa(2, 1, 2, sha512(root.publicKeyInfo)), 2],
  ])('DANE-031 %s anchors the chain', (_, record, depth) => {
    expect(verify([record])).toMatchObject({ authenticated: true, depth })
  })

  test('DANE-031 a usage 2 record of the server certificate itself anchors nothing', () => {
    expect(failureOf([tlsa(2, 0, 1, sha256(leaf.der))])).toBe('dane-anchor-not-in-chain')
  })

  test('DANE-031 the chain must be unexpired, and the name must fit', () => {
    const record = tlsa(2, 0, 1, sha256(root.der))
    expect(failureOf([record], { now: Date.now() + 31 * day })).toBe('dane-chain-expired')
    expect(failureOf([record], { now: Date.now() - day })).toBe('dane-chain-expired')
    expect(failureOf([record], { referenceNames: ['example.com'] })).toBe('dane-name-mismatch')
  })

  test('DANE-033 any of the reference names is enough', () => {
    expect(failureOf([tlsa(2, 0, 1, sha256(root.der))], { referenceNames: ['example.com', 'mx.example.com'] })).toBe(
      null,
    )
  })

  test('DANE-031 a matching certificate that did not sign the chain anchors nothing', () => {
    expect(failureOf([tlsa(2, 0, 1, sha256(stranger.der))], { chain: [leaf.der, stranger.der] })).toBe(
      'dane-anchor-not-in-chain',
    )
    const imposter = authority('Middle', null)
    expect(failureOf([tlsa(2, 0, 1, sha256(imposter.der))], { chain: [leaf.der, imposter.der] })).toBe(
      'dane-anchor-not-in-chain',
    )
  })

  test('DANE-031 the order of the presented certificates does not matter, strangers among them neither', () => {
    expect(
      failureOf([tlsa(2, 0, 1, sha256(root.der))], { chain: [leaf.der, root.der, stranger.der, middle.der] }),
    ).toBe(null)
  })

  test('DANE-031 the path length of an anchor and critical extensions that are not understood are kept', () => {
    const bounded = authority('Bounded', null, [])
    const tight = makeCertificate({
      subject: '/CN=Tight',
      issuer: null,
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
    })
    const below = authority('Below', tight)
    const deep = server('mx.example.com', below)
    expect(failureOf([tlsa(2, 0, 1, sha256(tight.der))], { chain: [deep.der, below.der, tight.der] })).toBe(
      'dane-chain-constraint',
    )
    const direct = server('mx.example.com', tight)
    expect(failureOf([tlsa(2, 0, 1, sha256(tight.der))], { chain: [direct.der, tight.der] })).toBe(null)
    const odd = server('mx.example.com', bounded, ['1.2.3.4=critical,ASN1:NULL'])
    expect(failureOf([tlsa(2, 0, 1, sha256(bounded.der))], { chain: [odd.der, bounded.der] })).toBe(
      'dane-chain-constraint',
    )
  })

  test('DANE-031 what signs must be an authority, and the leaf must be for servers', () => {
    const plain = makeCertificate({ subject: '/CN=Plain', issuer: root, extensions: ['basicConstraints=CA:FALSE'] })
    const forged = server('mx.example.com', plain)
    expect(failureOf([tlsa(2, 0, 1, sha256(root.der))], { chain: [forged.der, plain.der, root.der] })).not.toBe(null)
    const client = server('mx.example.com', root, ['extendedKeyUsage=clientAuth'])
    expect(failureOf([tlsa(2, 0, 1, sha256(root.der))], { chain: [client.der, root.der] })).toBe(
      'dane-chain-constraint',
    )
    const both = server('mx.example.com', root, ['extendedKeyUsage=clientAuth,serverAuth'])
    expect(failureOf([tlsa(2, 0, 1, sha256(root.der))], { chain: [both.der, root.der] })).toBe(null)
  })

  test('DANE-032 2 0 0 works though the server omits the anchor, 2 1 0 though no certificate carries the key', () => {
    expect(failureOf([tlsa(2, 0, 0, root.der)], { chain: [leaf.der, middle.der] })).toBe(null)
    expect(verify([tlsa(2, 1, 0, root.publicKeyInfo)], { chain: [leaf.der, middle.der] })).toMatchObject({
      authenticated: true,
      depth: null,
    })
    expect(failureOf([tlsa(2, 1, 0, stranger.publicKeyInfo)], { chain: [leaf.der, middle.der] })).toBe(
      'dane-anchor-not-in-chain',
    )
    expect(failureOf([tlsa(2, 1, 1, sha256(root.publicKeyInfo))], { chain: [leaf.der, middle.der] })).toBe(
      'dane-anchor-not-in-chain',
    )
  })

  test('DANE-034 the common name counts only without alternative names, a wildcard for one label', () => {
    const record = tlsa(2, 0, 1, sha256(root.der))
    const named = server('other.example', root, [], '/CN=mx.example.com')
    expect(failureOf([record], { chain: [named.der, root.der] })).toBe('dane-name-mismatch')
    const common = makeCertificate({
      subject: '/CN=mx.example.com',
      issuer: root,
      extensions: ['keyUsage=digitalSignature'],
    })
    expect(failureOf([record], { chain: [common.der, root.der] })).toBe(null)
    const wild = server('*.example.com', root)
    const withName = (name: string) => failureOf([record], { chain: [wild.der, root.der], referenceNames: [name] })
    expect(withName('mx.example.com')).toBe(null)
    expect(withName('a.mx.example.com')).toBe('dane-name-mismatch')
    expect(withName('example.com')).toBe('dane-name-mismatch')
    const partial = server('m*.example.com', root)
    expect(failureOf([record], { chain: [partial.der, root.der] })).toBe('dane-name-mismatch')
  })

  test('DANE-035 any usable record is enough, unusable ones authenticate nobody', () => {
    const wrong = tlsa(3, 1, 1, sha256(Buffer.from('another key')))
    expect(failureOf([wrong, tlsa(2, 0, 1, sha256(root.der))])).toBe(null)
    expect(failureOf([wrong])).toBe('dane-no-match')
    expect(failureOf([tlsa(1, 1, 1, sha256(leaf.publicKeyInfo))])).toBe('dane-no-usable-record')
    expect(failureOf([])).toBe('dane-no-usable-record')
  })

  test('a chain at the limit is followed to its end, one above is not', () => {
    const authorities = [authority('Top', null)]
    while (authorities.length < chainLimit) {
      const [top] = authorities.slice(-1)
      authorities.push(authority(`A${authorities.length}`, top ?? null))
    }
    const upTo = (count: number) => authorities.slice(authorities.length - count).reverse()
    const [bottom] = upTo(1)
    const end = server('mx.example.com', bottom ?? null)
    const failureWith = (count: number) => {
      const above = upTo(count)
      const [top] = above.slice(-1)
      return failureOf([tlsa(2, 0, 1, sha256(top?.der ?? root.der))], {
        chain: [end, ...above].map(issued => issued.der),
      })
    }
    expect(failureWith(chainLimit - 1)).toBe(null)
    expect(failureWith(chainLimit)).toBe('dane-anchor-not-in-chain')
  })

  test('garbage, cut and changed certificates authenticate nobody and throw nothing', () => {
    const record = tlsa(3, 0, 1, sha256(leaf.der))
    expect(failureOf([record], { chain: [] })).toBe('dane-no-certificate')
    for (let length = 0; length < leaf.der.length; length += 7)
      expect(failureOf([record], { chain: [leaf.der.subarray(0, length)] })).toBe('dane-certificate-malformed')
    for (let at = 0; at < leaf.der.length; at += 1) {
      const changed = Buffer.from(leaf.der)
      changed[at] = (changed[at] ?? 0) ^ 0xff
      expect(failureOf([record], { chain: [changed] })).not.toBe(null)
    }
    expect(readCertificate(new Uint8Array(100_000))).toBe(null)
  })
})
