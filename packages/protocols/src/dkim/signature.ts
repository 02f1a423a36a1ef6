import { parseNameText } from '../dns/name.ts'
import { normaliseDomain } from '../domain-name.ts'
import { excerpt, type Fault, type Result } from '../fault.ts'
import { decodeBase64, parseTagList, type TagList, withoutBlanks } from './tag-list.ts'

/** Names in one `h=`; a signer lists what a message has, and a message has tens of fields. */
export const signedNamesLimit = 1000

/** Octets of one signature field that are read; with all of z= filled real ones stay under a tenth. */
export const signatureOctetsLimit = 65_536

export type Canonicalization = 'simple' | 'relaxed'

export type SignatureAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

export type SignatureFault =
  | 'dkim-field-long'
  | 'dkim-tags'
  | 'dkim-version'
  | 'dkim-tag-missing'
  | 'dkim-algorithm'
  | 'dkim-algorithm-sha1'
  | 'dkim-canonicalization'
  | 'dkim-base64'
  | 'dkim-domain'
  | 'dkim-selector'
  | 'dkim-identity'
  | 'dkim-signed-names'
  | 'dkim-from-unsigned'
  | 'dkim-body-length'
  | 'dkim-query'
  | 'dkim-time'

/** A signature field that keeps the rules of RFC 6376 s3.5. */
export interface DkimSignature {
  readonly algorithm: SignatureAlgorithm
  readonly signature: Buffer
  readonly bodyHash: Buffer
  readonly headerCanonicalization: Canonicalization
  readonly bodyCanonicalization: Canonicalization
  /** d= in lower case as A-labels. */
  readonly domain: string
  readonly selector: string
  /** i= decoded, `@d` by default, and its domain in lower case. */
  readonly identity: string
  readonly identityDomain: string
  /** h= in lower case, in the order of signing. */
  readonly signedNames: readonly string[]
  /** l=; null where the whole body is signed. */
  readonly bodyLength: bigint | null
  /** Seconds since 1970. */
  readonly signedAt: number | null
  readonly expiresAt: number | null
  /** Character offsets of the value of b= in the field's value, white space round it included (DKIM-037). */
  readonly signatureAt: number
  readonly signatureEnd: number
}

const required = ['a', 'b', 'bh', 'd', 'h', 's'] as const

/** `dkim` as RFC 6376 has it; `arc` without v=, as an ARC-Message-Signature is (RFC 8617 s4.1.2). */
export type SignatureKind = 'dkim' | 'arc'

/** Reads the value of a signature field, folds included; one character per octet. Any inconsistency is a fault. */
export function parseSignature(value: string, kind: SignatureKind): Result<DkimSignature, SignatureFault> {
  if (value.length > signatureOctetsLimit)
    return failed('dkim-field-long', signatureOctetsLimit, `the field exceeds ${signatureOctetsLimit} octets`)
  const list = parseTagList(value)
  if (!list.ok) return failed('dkim-tags', list.fault.at, list.fault.text)
  const tags = list.value
  if (kind === 'dkim') {
    const version = tags.get('v')
    if (version === undefined) return failed('dkim-tag-missing', 0, '"v=" is missing')
    if (version.value !== '1')
      return failed('dkim-version', version.at, `"v=${excerpt(version.value)}" is not version 1`)
  }
  for (const name of required) if (!tags.has(name)) return failed('dkim-tag-missing', 0, `"${name}=" is missing`)
  return readTags(tags, kind)
}

function readTags(tags: TagList, kind: SignatureKind): Result<DkimSignature, SignatureFault> {
  const algorithm = algorithmOf(tags)
  if (!algorithm.ok) return algorithm
  const canonicalizations = canonicalizationsOf(tags)
  if (!canonicalizations.ok) return canonicalizations
  const hashes = hashesOf(tags)
  if (!hashes.ok) return hashes
  const names = signerOf(tags, kind)
  if (!names.ok) return names
  const signedNames = signedNamesOf(tags, kind)
  if (!signedNames.ok) return signedNames
  const bodyLength = bodyLengthOf(tags)
  if (!bodyLength.ok) return bodyLength
  const times = timesOf(tags)
  if (!times.ok) return times
  const query = tags.get('q')
  // A literal of the grammar, so of any case (RFC 5234 s2.3). Erratum 4810: the argument of a method may hold a colon, so the one method there is comes first.
  if (query !== undefined && !/(?:^|:)dns\/txt(?:$|:)/i.test(withoutBlanks(query.value)))
    return failed('dkim-query', query.at, `"q=${excerpt(query.value)}" names no known way to the key`)
  return {
    ok: true,
    value: {
      algorithm: algorithm.value,
      ...hashes.value,
      ...canonicalizations.value,
      ...names.value,
      signedNames: signedNames.value,
      bodyLength: bodyLength.value,
      ...times.value,
    },
  }
}

function algorithmOf(tags: TagList): Result<SignatureAlgorithm, SignatureFault> {
  const tag = tags.get('a')
  const value = tag?.value ?? ''
  // Quoted literals of the grammar are compared without regard to case (RFC 5234 s2.3).
  const lower = value.toLowerCase()
  if (lower === 'rsa-sha256' || lower === 'ed25519-sha256') return { ok: true, value: lower }
  // RFC 8301 s3.1: must not be verified.
  if (lower === 'rsa-sha1') return failed('dkim-algorithm-sha1', tag?.at ?? 0, 'rsa-sha1 must not be used')
  return failed('dkim-algorithm', tag?.at ?? 0, `"a=${excerpt(value)}" is no known algorithm`)
}

function canonicalizationsOf(
  tags: TagList,
): Result<{ headerCanonicalization: Canonicalization; bodyCanonicalization: Canonicalization }, SignatureFault> {
  const tag = tags.get('c')
  const [header = '', body = 'simple', ...rest] = (tag?.value ?? 'simple/simple').toLowerCase().split('/')
  if (!isCanonicalization(header) || !isCanonicalization(body) || rest.length > 0)
    return failed(
      'dkim-canonicalization',
      tag?.at ?? 0,
      `"c=${excerpt(tag?.value ?? '')}" is no known canonicalization`,
    )
  return { ok: true, value: { headerCanonicalization: header, bodyCanonicalization: body } }
}

function isCanonicalization(value: string): value is Canonicalization {
  return value === 'simple' || value === 'relaxed'
}

function hashesOf(
  tags: TagList,
): Result<{ signature: Buffer; bodyHash: Buffer; signatureAt: number; signatureEnd: number }, SignatureFault> {
  const [b, bh] = [tags.get('b'), tags.get('bh')]
  const signature = decodeBase64(b?.value ?? '')
  const bodyHash = decodeBase64(bh?.value ?? '')
  if (b === undefined || signature === null || signature.length === 0)
    return failed('dkim-base64', b?.at ?? 0, '"b=" is not base64')
  if (bodyHash === null || bodyHash.length === 0) return failed('dkim-base64', bh?.at ?? 0, '"bh=" is not base64')
  return { ok: true, value: { signature, bodyHash, signatureAt: b.valueAt, signatureEnd: b.end } }
}

function signerOf(
  tags: TagList,
  kind: SignatureKind,
): Result<{ domain: string; selector: string; identity: string; identityDomain: string }, SignatureFault> {
  const [d, s, i] = [tags.get('d'), tags.get('s'), tags.get('i')]
  const domain = signingDomain(d?.value ?? '')
  if (domain === null)
    return failed('dkim-domain', d?.at ?? 0, `"d=${excerpt(d?.value ?? '')}" is no domain of two labels or more`)
  const selector = selectorOf(s?.value ?? '')
  if (selector === null) return failed('dkim-selector', s?.at ?? 0, `"s=${excerpt(s?.value ?? '')}" is no selector`)
  // In an ARC-Message-Signature i= is the instance (RFC 8617 s4.1.2).
  const identity = kind === 'dkim' && i !== undefined ? decodeQuotedPrintable(i.value) : `@${domain}`
  const at = identity.lastIndexOf('@')
  const identityDomain = signingDomain(identity.slice(at + 1))
  const isBelow = identityDomain === domain || identityDomain?.endsWith(`.${domain}`) === true
  if (at === -1 || identityDomain === null || !isBelow)
    return failed('dkim-identity', i?.at ?? 0, `"i=${excerpt(identity)}" is neither at d= nor below it`)
  if (!localPartForm.test(identity.slice(0, at)))
    return failed('dkim-identity', i?.at ?? 0, `"i=${excerpt(identity)}" has no local-part before the "@"`)
  return { ok: true, value: { domain, selector, identity, identityDomain } }
}

/** A dot-atom or a quoted string (RFC 5322 s3.4.1), or nothing; octets above ASCII are those of RFC 6532. */
const localPartForm =
  /^(?:[\w!#$%&'*+\-/=?^`{|}~\u0080-\u00ff]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\u0080-\u00ff]+)*|"(?:[ !#-[\]-~\u0080-\u00ff]|\\[ -~])*")?$/

/** dkim-quoted-printable (RFC 6376 s2.11, DKIM-022): white space is no part of it, hexadecimal digits are upper case. */
function decodeQuotedPrintable(value: string): string {
  return withoutBlanks(value).replace(/=([0-9A-F]{2})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** The name of d= in lower case as A-labels, two labels or more (DKIM-071); null where it is none. */
export function signingDomain(written: string): string | null {
  const name = asALabels(written)?.toLowerCase() ?? ''
  return name.includes('.') && isHostName(name) ? name : null
}

/** The name of s= as A-labels, by the syntax of host names (DKIM-001); null where it is none. */
export function selectorOf(written: string): string | null {
  const name = asALabels(written) ?? ''
  return isHostName(name) ? name : null
}

/** Messages of EAI hold U-labels as UTF-8; keys stand at A-labels (RFC 8616 s5, DKIM-040). Of ASCII nothing changes. */
function asALabels(written: string): string | null {
  return /[\x80-\xff]/.test(written) ? normaliseDomain(Buffer.from(written, 'latin1').toString('utf8')) : written
}

function isHostName(name: string): boolean {
  return /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(name) && parseNameText(name).ok
}

function signedNamesOf(tags: TagList, kind: SignatureKind): Result<readonly string[], SignatureFault> {
  const tag = tags.get('h')
  const list = withoutBlanks(tag?.value ?? '').toLowerCase()
  const names = list.split(':')
  const at = tag?.at ?? 0
  if (names.length > signedNamesLimit)
    return failed('dkim-signed-names', at, `"h=" names more than ${signedNamesLimit} fields`)
  if (!/^[!-9;-~]+(?::[!-9;-~]+)*$/.test(list))
    return failed('dkim-signed-names', at, '"h=" holds an empty or broken name')
  if (!names.includes('from')) return failed('dkim-from-unsigned', at, 'From is not signed')
  // ARC-019: an AMS that covers a seal is failed, one that covers other ARC fields is not.
  if (kind === 'arc' && names.includes('arc-seal'))
    return failed('dkim-signed-names', at, 'the signature covers ARC-Seal')
  return { ok: true, value: names }
}

function bodyLengthOf(tags: TagList): Result<bigint | null, SignatureFault> {
  const tag = tags.get('l')
  if (tag === undefined) return { ok: true, value: null }
  if (!/^[0-9]{1,76}$/.test(tag.value))
    return failed('dkim-body-length', tag.at, '"l=" is no number of up to 76 digits')
  return { ok: true, value: BigInt(tag.value) }
}

function timesOf(tags: TagList): Result<{ signedAt: number | null; expiresAt: number | null }, SignatureFault> {
  const [t, x] = [tags.get('t'), tags.get('x')]
  for (const tag of [t, x])
    if (tag !== undefined && !/^[0-9]{1,13}$/.test(tag.value))
      return failed('dkim-time', tag.at, `"${tag.name}=" is no time`)
  const signedAt = t === undefined ? null : Number(t.value)
  const expiresAt = x === undefined ? null : Number(x.value)
  if (signedAt !== null && expiresAt !== null && expiresAt <= signedAt)
    return failed('dkim-time', x?.at ?? 0, '"x=" is not after "t="')
  return { ok: true, value: { signedAt, expiresAt } }
}

function failed(code: SignatureFault, at: number, text: string): { ok: false; fault: Fault<SignatureFault> } {
  return { ok: false, fault: { code, at, text } }
}
