import type { RawField } from '../dkim/canonical-header.ts'
import {
  type DkimSignature,
  parseSignature,
  type SignatureAlgorithm,
  type SignatureFault,
  selectorOf,
  signingDomain,
} from '../dkim/signature.ts'
import { decodeBase64, parseTagList, withoutBlanks } from '../dkim/tag-list.ts'
import { excerpt, type Fault, type Result } from '../fault.ts'

/** Sets of one chain (RFC 8617 s4.2.1); more is a broken chain (ARC-010). */
export const arcSetsLimit = 50

export type ChainStatus = 'none' | 'pass' | 'fail'

export type ArcSetFault =
  | 'arc-instance'
  | 'arc-set-incomplete'
  | 'arc-set-repeated'
  | 'arc-seal-tags'
  | 'arc-seal-tag-missing'
  | 'arc-seal-signed-names'
  | 'arc-seal-algorithm'
  | 'arc-seal-signer'
  | 'arc-chain-status'
  | 'arc-message-signature'

/** An ARC-Seal that keeps the rules of RFC 8617 s4.1.3. */
export interface ArcSeal {
  readonly algorithm: SignatureAlgorithm
  readonly signature: Buffer
  readonly domain: string
  readonly selector: string
  readonly identityDomain: string
  readonly status: ChainStatus
  /** Character offsets of the value of b= in the field's value. */
  readonly signatureAt: number
  readonly signatureEnd: number
}

/** The three fields of one instance. */
export interface ArcSet {
  readonly instance: number
  readonly results: RawField
  /** Only the newest one has to be readable: older ones are what the seals cover (RFC 8617 s5.2, ARC-012). */
  readonly message: { readonly field: RawField; readonly signature: Result<DkimSignature, SignatureFault> }
  readonly seal: { readonly field: RawField; readonly seal: ArcSeal }
}

const kinds = ['arc-authentication-results', 'arc-message-signature', 'arc-seal'] as const
type Kind = (typeof kinds)[number]

/** The sets of a message by instance from 1 on; an empty list where there are none (RFC 8617 s5.2 step 1 to 3). */
export function readArcSets(fields: readonly RawField[]): Result<readonly ArcSet[], ArcSetFault> {
  const found = new Map<number, Partial<Record<Kind, RawField>>>()
  for (const field of fields) {
    const kind = kinds.find(name => name === field.name)
    if (kind === undefined) continue
    const instance = instanceOf(kind, fieldValue(field))
    if (instance === null) return failed('arc-instance', `${kind} has no instance from 1 to ${arcSetsLimit}`)
    const set = found.get(instance) ?? {}
    if (set[kind] !== undefined)
      return failed('arc-set-repeated', `${kind} of instance ${instance} stands more than once`)
    found.set(instance, { ...set, [kind]: field })
  }
  const sets: ArcSet[] = []
  for (let instance = 1; instance <= found.size; instance += 1) {
    const set = readSet(instance, found.get(instance) ?? {})
    if (!set.ok) return set
    sets.push(set.value)
  }
  return { ok: true, value: sets }
}

function instanceOf(kind: Kind, value: string): number | null {
  const text =
    kind === 'arc-authentication-results'
      ? /^[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*;/.exec(value)?.[1]
      : tagInstance(value)
  const instance = text === undefined || !/^[0-9]{1,2}$/.test(text) ? 0 : Number(text)
  return instance >= 1 && instance <= arcSetsLimit ? instance : null
}

function tagInstance(value: string): string | undefined {
  const list = parseTagList(value)
  return list.ok ? list.value.get('i')?.value : undefined
}

function readSet(instance: number, fields: Partial<Record<Kind, RawField>>): Result<ArcSet, ArcSetFault> {
  const [results, message, seal] = kinds.map(kind => fields[kind])
  if (results === undefined || message === undefined || seal === undefined)
    return failed('arc-set-incomplete', `instance ${instance} is not complete`)
  if (coversSeal(fieldValue(message)))
    return failed('arc-message-signature', `ARC-Message-Signature of instance ${instance} covers a seal`)
  const read = readSeal(instance, fieldValue(seal))
  if (!read.ok) return read
  return {
    ok: true,
    value: {
      instance,
      results,
      message: { field: message, signature: parseSignature(fieldValue(message), 'arc') },
      seal: { field: seal, seal: read.value },
    },
  }
}

/** ARC-019: such a signature fails the chain wherever it stands. */
function coversSeal(value: string): boolean {
  const list = parseTagList(value)
  const names = list.ok ? list.value.get('h')?.value : undefined
  return names !== undefined && withoutBlanks(names).toLowerCase().split(':').includes('arc-seal')
}

function readSeal(instance: number, value: string): Result<ArcSeal, ArcSetFault> {
  const list = parseTagList(value)
  if (!list.ok) return failed('arc-seal-tags', list.fault.text)
  const tags = list.value
  for (const name of ['a', 'b', 'cv', 'd', 's'])
    if (!tags.has(name))
      return failed('arc-seal-tag-missing', `"${name}=" is missing in the seal of instance ${instance}`)
  if (tags.has('h')) return failed('arc-seal-signed-names', `the seal of instance ${instance} has "h="`)
  const algorithm = tags.get('a')?.value.toLowerCase()
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256')
    return failed('arc-seal-algorithm', `"a=${excerpt(algorithm ?? '')}" must not seal`)
  const status = tags.get('cv')?.value.toLowerCase()
  if (status !== 'none' && status !== 'pass' && status !== 'fail')
    return failed('arc-chain-status', `"cv=${excerpt(status ?? '')}" is no status`)
  const time = tags.get('t')
  if (time !== undefined && !/^[0-9]{1,13}$/.test(time.value))
    return failed('arc-seal-tags', `"t=${excerpt(time.value)}" in the seal of instance ${instance} is no time`)
  const b = tags.get('b')
  const signature = decodeBase64(b?.value ?? '')
  const domain = signingDomain(tags.get('d')?.value ?? '')
  const selector = selectorOf(tags.get('s')?.value ?? '')
  if (b === undefined || signature === null || signature.length === 0 || domain === null || selector === null)
    return failed('arc-seal-signer', `the seal of instance ${instance} has no usable b=, d= or s=`)
  return {
    ok: true,
    value: {
      algorithm,
      signature,
      domain,
      selector,
      identityDomain: domain,
      status,
      signatureAt: b.valueAt,
      signatureEnd: b.end,
    },
  }
}

function fieldValue(field: RawField): string {
  return field.text.slice(field.text.indexOf(':') + 1)
}

function failed(code: ArcSetFault, text: string): { ok: false; fault: Fault<ArcSetFault> } {
  return { ok: false, fault: { code, at: 0, text } }
}
