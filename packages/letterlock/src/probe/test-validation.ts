import type { Answer, RecordType } from '@letterlock/protocols'
import type { Validation } from './known-server.ts'

/** A name and a type whose answer is known to be signed well, or badly on purpose. */
export interface ValidationName {
  readonly name: string
  readonly type: RecordType
}

export interface ValidationNames {
  readonly signed: ValidationName
  /** Each is tried until one tells something. */
  readonly bogus: readonly ValidationName[]
}

/** The root, which is signed, and two domains that are kept wrongly signed for tests. */
export const publicValidationNames: ValidationNames = {
  signed: { name: '.', type: 'SOA' },
  bogus: [
    { name: 'dnssec-failed.org', type: 'A' },
    { name: 'rhybar.cz', type: 'A' },
  ],
}

type Ask = (name: ValidationName, checkingDisabled: boolean) => Promise<Answer>

/**
 * Whether a resolver validates (RFC 4035 s4.9.3): it sets AD on what is signed well, and keeps back what is signed badly
 * though it has it, which it shows when told not to check. Anything short of both, or of neither, is unknown.
 */
export async function testValidation(ask: Ask, names: ValidationNames): Promise<Validation> {
  const signed = await ask(names.signed, false)
  if (!hasData(signed)) return unknown(`${shown(names.signed)} was not answered: ${described(signed)}`)
  const found: Validation[] = []
  for (const name of names.bogus) {
    const verdict = await testWith(name, signed.authenticData, ask)
    if (verdict.kind !== 'unknown') return verdict
    found.push(verdict)
  }
  const doubt = found.find(verdict => verdict.kind === 'unknown' && verdict.isAdDoubtful === true)
  return doubt ?? found.at(-1) ?? unknown('no bogus name was given')
}

async function testWith(name: ValidationName, showsAd: boolean, ask: Ask): Promise<Validation> {
  const checked = await ask(name, false)
  if (hasData(checked)) {
    if (!checked.authenticData && !showsAd) return { kind: 'does-not-validate' }
    const how = checked.authenticData ? 'answered with AD' : 'not kept back, though AD is set on what is signed'
    return { kind: 'unknown', reason: `${shown(name)} is ${how}`, isAdDoubtful: true }
  }
  const isRefused = checked.outcome.kind === 'bogus' || checked.rcode === 2
  if (!isRefused) return unknown(`${shown(name)} was not answered: ${described(checked)}`)
  const unchecked = await ask(name, true)
  if (!hasData(unchecked))
    return unknown(`${shown(name)} cannot be had without checking either: ${described(unchecked)}`)
  return showsAd ? { kind: 'validates' } : unknown(`${shown(name)} is kept back, but AD is not set on what is signed`)
}

function hasData({ outcome }: Answer): boolean {
  return outcome.kind === 'records'
}

function unknown(reason: string): Validation {
  return { kind: 'unknown', reason }
}

function shown({ name, type }: ValidationName): string {
  return `${name} ${type}`
}

function described({ outcome }: Answer): string {
  return outcome.kind === 'temporary' ? outcome.cause : outcome.kind
}
