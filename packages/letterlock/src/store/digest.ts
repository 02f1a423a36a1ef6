import { createHash } from 'node:crypto'

/** Bytes of a set's or identity's digest: 128 bits keep accidental and sought-for equals out of reach here. */
const digestBytes = 16

/** Key of a set of results or reasons in its dictionary. */
export function setDigest(members: string): Uint8Array {
  return createHash('sha256').update(members).digest().subarray(0, digestBytes)
}

/** What a reporter would call the same report. Parts are told apart whatever they contain. */
export function identityDigest(parts: readonly (string | number)[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, digestBytes)
}
